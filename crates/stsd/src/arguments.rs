//! The command line: commands, flags and their help. What stands here is parsed once and handed
//! on; nothing here talks to the daemon.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use stsd_protocol::{RefusalCode, VERSION, parse_length};

use crate::failure::Failure;
use crate::{profile, show};

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
    /// Start a session with a token code; it feeds every profile that leads back to its keys
    Unlock(UnlockArguments),
    /// Forget the sessions; without a profile, all of them
    Lock(ListArguments),
    /// Show sessions, profiles and mistakes in the configuration
    Status(PlainArguments),
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
}

/// A profile, as a word or as a flag.
#[derive(Debug, Args)]
pub(crate) struct ProfileArguments {
    /// A profile's name in the AWS config
    #[arg(value_name = "PROFILE", value_parser = NonEmptyStringValueParser::new())]
    word: Option<String>,
    /// The same as a flag
    #[arg(short = 'p', long = "profile", value_name = "PROFILE")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    flag: Option<String>,
}

impl ProfileArguments {
    /// The profile on the command line, and no variable.
    pub(crate) fn named(&self) -> Result<Option<String>, Failure> {
        profile::named(self.word.as_deref(), self.flag.as_deref())
    }

    /// The profile on the command line, else the shell's; nothing leaves it to the daemon.
    pub(crate) fn chosen(&self) -> Result<Option<String>, Failure> {
        Ok(profile::or_by_variable(self.named()?, profile::OF_THE_SHELL))
    }
}

#[derive(Debug, Args)]
pub(crate) struct PlainArguments {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    pub(crate) profile: ProfileArguments,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UnlockArguments {
    /// A profile's name in the AWS config [default: $STSD_PROFILE, $AWS_PROFILE, else the default]
    #[arg(value_name = "PROFILE")]
    pub(crate) first: Option<String>,
    /// Six digits, also without a profile; `-` reads them from standard input
    #[arg(value_name = "CODE")]
    pub(crate) second: Option<String>,
    /// The profile as a flag
    #[arg(short = 'p', long = "profile", value_name = "PROFILE", conflicts_with = "all")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) profile: Option<String>,
    /// The code as a flag
    #[arg(long, value_name = "CODE", visible_aliases = ["token-code", "otp"])]
    #[arg(allow_hyphen_values = true)]
    pub(crate) mfa_token: Option<String>,
    /// How long the session lasts: 12h, 90m or seconds, from 15 minutes to 36 hours
    #[arg(short, long, value_name = "LENGTH", visible_alias = "duration-seconds")]
    #[arg(value_parser = session_length)]
    pub(crate) duration: Option<Duration>,
    /// The device, if not the configured one
    #[arg(long, value_name = "ARN", visible_alias = "serial-number", conflicts_with = "all")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) mfa_serial: Option<String>,
    /// Every identity in the AWS config, one code each
    #[arg(long)]
    pub(crate) all: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

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

/// Says what clap has to say: help and version on standard output with success, everything else on
/// standard error with our code for wrong usage (clap's own is 2).
pub(crate) fn explain(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp => said(&text),
        // One version for the program, and not one for each command, as clap would have it.
        ErrorKind::DisplayVersion => said(&format!("stsd {VERSION}\n")),
        _ => {
            let text = match text.strip_prefix("error: ") {
                Some(message) => format!("stsd: error: {message}"),
                None => text,
            };
            let _ = io::stderr().write_all(text.as_bytes());
            ExitCode::from(RefusalCode::BadRequest.exit_code())
        }
    }
}

fn said(text: &str) -> ExitCode {
    show::print(text).map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}

/// GetSessionToken's limits, from its API reference.
fn session_length(text: &str) -> Result<Duration, String> {
    let length = parse_length(text).map_err(|error| error.to_string())?;
    let fits = (900..=129_600).contains(&length.as_secs());
    fits.then_some(length)
        .ok_or_else(|| "a session lasts from 15 minutes to 36 hours (900 to 129600)".to_owned())
}

const EXIT_CODES: &str = "\
Without a profile: $STSD_PROFILE, else $AWS_PROFILE, else the configured default.
Exit codes: 0 done, 1 refused, 64 wrong usage, 69 no daemon, 70 broken installation,
            75 try later, 77 locked, 78 configuration, 126 and 127 from exec, 130 ctrl-C.";

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Arguments, Command};

    fn unlock(words: &[&str]) -> super::UnlockArguments {
        let all = ["stsd", "unlock"].iter().chain(words);
        match Arguments::try_parse_from(all).unwrap().command {
            Command::Unlock(arguments) => arguments,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_holds_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_spelling_of_a_code_a_length_and_a_device_is_understood() {
        for flag in ["--mfa-token", "--token-code", "--otp"] {
            assert_eq!(unlock(&[flag, "123456"]).mfa_token.as_deref(), Some("123456"));
            assert_eq!(unlock(&[flag, "-"]).mfa_token.as_deref(), Some("-"));
        }
        for words in [["-d", "12h"], ["--duration", "43200"], ["--duration-seconds", "43200"]] {
            assert_eq!(unlock(&words).duration.unwrap().as_secs(), 43_200);
        }
        for flag in ["--mfa-serial", "--serial-number"] {
            assert_eq!(unlock(&[flag, "arn:x"]).mfa_serial.as_deref(), Some("arn:x"));
        }
        assert_eq!(unlock(&["-"]).first.as_deref(), Some("-"));
    }

    /// So the view writes it: the path form of a name without a single ASCII letter.
    #[test]
    fn a_profile_may_look_like_an_option_behind_two_dashes() {
        for name in ["--", "-", "-prod"] {
            let words = ["stsd", "credential-process", "--", name];
            match Arguments::try_parse_from(words).unwrap().command {
                Command::CredentialProcess(arguments) => {
                    assert_eq!(arguments.named().unwrap().as_deref(), Some(name));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_length_that_sts_refuses_is_refused_here() {
        for length in ["899", "129601", "14m", "37h", "soon"] {
            let error = Arguments::try_parse_from(["stsd", "unlock", "-d", length]).unwrap_err();
            assert!(error.to_string().contains(length), "{error}");
        }
    }
}
