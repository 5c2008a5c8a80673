//! The arguments of `stsd token`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use stsd_protocol::{LONGEST_TOKEN_LIFE, parse_length};

use super::PlainArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make one that opens some profiles at the endpoint, and print it this once
    Create(CreateTokenArguments),
    /// Show their names, profiles and ends, and never a token
    List(PlainArguments),
    /// End some: who has them gets nothing from then on
    Revoke(RevokeTokensArguments),
}

#[derive(Debug, Args)]
pub(crate) struct CreateTokenArguments {
    /// A profile that it opens; several with commas or by repeating it
    #[arg(short = 'p', long = "profile", value_name = "PROFILE", value_delimiter = ',')]
    #[arg(value_parser = NonEmptyStringValueParser::new(), conflicts_with = "all_profiles")]
    pub(crate) profiles: Vec<String>,
    /// Every profile, also those to come
    #[arg(long)]
    pub(crate) all_profiles: bool,
    /// When it ends: 12h, 30d, seconds, or never
    #[arg(long, value_name = "LENGTH", default_value = "never", value_parser = lifetime)]
    pub(crate) expires: Lifetime,
    /// What to call it [default: its first profile]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Write it to a new file for AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, readable by you alone, and
    /// print nothing
    #[arg(long, value_name = "PATH", conflicts_with = "json")]
    pub(crate) file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RevokeTokensArguments {
    /// Their names, as `stsd token list` shows them
    #[arg(value_name = "TOKEN", required_unless_present = "all")]
    pub(crate) names: Vec<String>,
    /// All but your own, which connected shells have
    #[arg(long, conflicts_with = "names")]
    pub(crate) all: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// How long an authorization token lasts; without a length, until it is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime(pub(crate) Option<Duration>);

fn lifetime(text: &str) -> Result<Lifetime, String> {
    if text == "never" {
        return Ok(Lifetime(None));
    }
    let length = parse_length(text).map_err(|error| format!("{error}, or never"))?;
    if length.is_zero() {
        return Err("it would end before it began".to_owned());
    }
    if length > LONGEST_TOKEN_LIFE {
        return Err("the longest is 36500d, a hundred years; or write never".to_owned());
    }
    Ok(Lifetime(Some(length)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;
    use stsd_protocol::LONGEST_TOKEN_LIFE;

    use super::{CreateTokenArguments, Lifetime, TokenCommand};
    use crate::arguments::{Arguments, Command};

    fn create(words: &[&str]) -> Result<CreateTokenArguments, clap::Error> {
        let all = ["stsd", "token", "create"].iter().chain(words);
        match Arguments::try_parse_from(all)?.command {
            Command::Token(TokenCommand::Create(arguments)) => Ok(arguments),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn profiles_come_with_commas_and_by_repetition() {
        let made = create(&["--profile", "a,b c", "-p", "d", "--expires", "12h"]).unwrap();
        assert_eq!(made.profiles, ["a", "b c", "d"]);
        assert_eq!(made.expires, Lifetime(Some(Duration::from_secs(43_200))));
        assert_eq!(create(&["--all-profiles"]).unwrap().expires, Lifetime(None));
    }

    #[test]
    fn a_length_beyond_a_hundred_years_is_refused_and_the_longest_is_named() {
        let longest = create(&["-p", "a", "--expires", "36500d"]).unwrap();
        assert_eq!(longest.expires, Lifetime(Some(LONGEST_TOKEN_LIFE)));
        for length in ["36501d", "99999999999d", "3153600001"] {
            let said = create(&["-p", "a", "--expires", length]).unwrap_err().to_string();
            assert!(
                said.contains("the longest is 36500d, a hundred years; or write never"),
                "{said}"
            );
        }
    }

    #[test]
    fn what_means_two_things_or_nothing_is_wrong_usage() {
        for words in [
            &["-p", "a", "--all-profiles"][..],
            &["-p", "a", "--expires", "0"],
            &["-p", "a", "--expires", "soon"],
            &["-p", ""],
            &["-p", "a", "--file", "x", "--json"],
            &["a"],
        ] {
            assert!(create(words).is_err(), "{words:?}");
        }
    }
}
