//! The arguments of `stsd status`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// A few words about this shell's profile, for a prompt; nothing where stsd is not in use
    #[arg(long, conflicts_with = "json")]
    pub(crate) short: bool,
}
