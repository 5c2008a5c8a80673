//! The command line: commands, flags and their help, a file for each group of commands. What stands
//! here is parsed once and handed on; nothing here talks to the daemon.

mod doctor;
mod explained;
mod log;
#[cfg(test)]
mod man;
mod profile;
mod service;
mod setup;
mod shell;
mod status;
mod token;
mod unlock;

use clap::{Parser, Subcommand};

pub(crate) use doctor::DoctorArguments;
pub(crate) use explained::explain;
pub(crate) use log::LogArguments;
pub(crate) use profile::{ListArguments, PlainArguments, ProfileArguments};
pub(crate) use service::{InstallArguments, LogsArguments, ServiceCommand};
pub(crate) use setup::SetupArguments;
pub(crate) use shell::{CompletionsArguments, EnvArguments, ExecArguments, Format, Shell};
pub(crate) use status::StatusArguments;
pub(crate) use token::{CreateTokenArguments, RevokeTokensArguments, TokenCommand};
pub(crate) use unlock::UnlockArguments;

/// One code a day, and every AWS tool on this machine has fresh credentials.
#[derive(Debug, Parser)]
#[command(name = "stsd", version, propagate_version = true)]
#[command(arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Set everything up on this machine, from an access key to tools that work
    Setup(SetupArguments),
    /// Start a session with a token code; it feeds every profile that leads back to its keys
    Unlock(UnlockArguments),
    /// Forget the sessions; without a profile, all of them
    Lock(ListArguments),
    /// Show sessions, profiles and mistakes in the configuration
    Status(StatusArguments),
    /// Say which credentials each tool takes in this shell, and what is wrong
    Doctor(DoctorArguments),
    /// Print the variables that connect a shell: eval "$(stsd env prod)"
    Env(EnvArguments),
    /// Run a command with those variables
    Exec(ExecArguments),
    /// Print credentials as `credential_process` in an AWS config wants them
    CredentialProcess(ProfileArguments),
    /// Ask AWS who the profile is
    Whoami(ListArguments),
    /// List the profiles
    Profiles(PlainArguments),
    /// Renew credentials now and wait for it; without a profile, all that are in use
    Refresh(ListArguments),
    /// Authorization tokens that open some profiles at the endpoint, for containers and CI
    #[command(subcommand)]
    Token(TokenCommand),
    /// Show who was handed credentials and who was refused
    Log(LogArguments),
    /// The daemon as a service of your own: install, start, stop, look at it
    #[command(subcommand)]
    Service(ServiceCommand),
    /// Print a script that completes commands and profiles in a shell
    Completions(CompletionsArguments),
}

const EXIT_CODES: &str = "\
Without a profile: $STSD_PROFILE, else $AWS_PROFILE, else the configured default.
Exit codes: 0 done, 1 refused, 64 wrong usage, 69 no daemon, 70 broken installation,
            75 try later, 77 locked, 78 configuration, 126 and 127 from exec, 130 ctrl-C.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_definition_holds_together() {
        Arguments::command().debug_assert();
    }
}
