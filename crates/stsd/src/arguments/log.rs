//! The arguments of `stsd log`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

#[derive(Debug, Args)]
pub(crate) struct LogArguments {
    /// Show this profile's records alone
    #[arg(short, long, value_name = "PROFILE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) profile: Option<String>,
    /// Go on with what comes
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// How many records
    #[arg(short = 'n', long, value_name = "N", default_value_t = 100)]
    pub(crate) lines: usize,
    /// Print the records as they are written: a line of JSON each
    #[arg(long)]
    pub(crate) json: bool,
}
