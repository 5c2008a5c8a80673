//! The words behind `stsd doctor`.

use clap::Args;

use super::ProfileArguments;

#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// As if each tool were told this profile: `aws --profile prod`
    #[command(flatten)]
    pub(crate) profile: ProfileArguments,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
