//! The arguments of `stsd service`.

use clap::{Args, Subcommand};

use super::PlainArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum ServiceCommand {
    /// Have the daemon start with your session, and start it
    Install(InstallArguments),
    /// Stop it and take back what `install` wrote; ends the sessions
    Uninstall,
    /// Start it
    Start,
    /// Stop it until `start` or the next login; ends the sessions
    Stop,
    /// Start it anew, as after an upgrade; under systemd the sessions go on
    Restart,
    /// Show whether it is installed and runs, and which program it is
    Status(PlainArguments),
    /// Show the daemon's log
    Logs(LogsArguments),
}

#[derive(Debug, Args)]
pub(crate) struct InstallArguments {
    /// The port of the endpoint [default: the recorded one, else 7873 if it is free]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LogsArguments {
    /// Go on with what comes
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// How many lines
    #[arg(short = 'n', long, value_name = "N", default_value_t = 100)]
    pub(crate) lines: u32,
}
