//! The arguments of `stsd unlock`, with the words that other tools have for the same.

use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use stsd_protocol::parse_length;

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

/// GetSessionToken's limits, from its API reference.
fn session_length(text: &str) -> Result<Duration, String> {
    let length = parse_length(text).map_err(|error| error.to_string())?;
    let fits = (900..=129_600).contains(&length.as_secs());
    fits.then_some(length)
        .ok_or_else(|| "a session lasts from 15 minutes to 36 hours (900 to 129600)".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::arguments::{Arguments, Command};

    fn unlock(words: &[&str]) -> super::UnlockArguments {
        let all = ["stsd", "unlock"].iter().chain(words);
        match Arguments::try_parse_from(all).unwrap().command {
            Command::Unlock(arguments) => arguments,
            other => panic!("{other:?}"),
        }
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

    #[test]
    fn a_length_that_sts_refuses_is_refused_here() {
        for length in ["899", "129601", "14m", "37h", "soon"] {
            let error = Arguments::try_parse_from(["stsd", "unlock", "-d", length]).unwrap_err();
            assert!(error.to_string().contains(length), "{error}");
        }
    }
}
