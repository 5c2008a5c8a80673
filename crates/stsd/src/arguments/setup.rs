//! The arguments of `stsd setup`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

#[derive(Debug, Args)]
#[command(
    after_help = "~/.aws is never changed. What was changed is noted, and --undo takes it back."
)]
pub(crate) struct SetupArguments {
    /// Make the changes without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Show the changes, and make none
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Take back everything that setup has changed; ends the sessions
    #[arg(long, conflicts_with_all = ["yes", "mfa_serial", "mfa_token"])]
    pub(crate) undo: bool,
    /// The MFA device of the default identity, or `none`
    #[arg(long, value_name = "ARN", visible_alias = "serial-number")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) mfa_serial: Option<String>,
    /// A token code for the unlock at the end; `-` reads it from standard input
    #[arg(long, value_name = "CODE", visible_aliases = ["token-code", "otp"])]
    #[arg(allow_hyphen_values = true)]
    pub(crate) mfa_token: Option<String>,
    /// Only tools that are told to are to use stsd: no variables for sessions and shells
    #[arg(long)]
    pub(crate) no_variables: bool,
}
