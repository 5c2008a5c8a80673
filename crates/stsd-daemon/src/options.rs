//! The daemon's command line.

use std::path::PathBuf;

use clap::Parser;

use crate::listeners::ListenAddress;

/// Holds the AWS sessions of one user, refreshes them, and serves them to every AWS tool.
///
/// Runs in the foreground. `stsd unlock` starts a session; `stsd status` shows what there is.
#[derive(Debug, Parser)]
#[command(name = "stsd-daemon", version, disable_help_subcommand = true, after_help = AFTER)]
pub struct Options {
    /// Read this configuration instead of ~/.config/stsd/config.toml
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Serve the credentials endpoint here; port 0 is any free one, and is not recorded
    #[arg(long, value_name = "127.0.0.1:PORT")]
    pub listen: Option<ListenAddress>,
}

const AFTER: &str = "\
Signals: SIGTERM and SIGINT end it, SIGHUP reads the AWS files again, SIGUSR1 locks.
Environment: STSD_LOG filters the log on standard error (error, warn, info, debug, trace);
HOME, XDG_CONFIG_HOME, XDG_STATE_HOME and XDG_RUNTIME_DIR say where files are.";
