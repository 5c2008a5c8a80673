//! The arguments of what connects shells and commands: `env` and `exec`.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

use super::ProfileArguments;

#[derive(Debug, Args)]
pub(crate) struct EnvArguments {
    #[command(flatten)]
    pub(crate) profile: ProfileArguments,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Env)]
    pub(crate) format: Format,
    /// Only the endpoint, for programs that stop at a `credential_process`
    #[arg(long)]
    pub(crate) no_view: bool,
}

/// The AWS CLI's words for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// `export` and `unset` lines for sh, bash and zsh
    Env,
    /// Assignments alone
    EnvNoExport,
    /// One object; null means: unset it
    Json,
}

#[derive(Debug, Args)]
#[command(override_usage = "stsd exec [OPTIONS] [PROFILE] -- CMD...")]
pub(crate) struct ExecArguments {
    #[command(flatten)]
    pub(crate) profile: ProfileArguments,
    /// Only the endpoint, for programs that stop at a `credential_process`
    #[arg(long)]
    pub(crate) no_view: bool,
    /// The command and its arguments, after `--`
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}
