//! What many commands take: a profile, and `--json`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use crate::failure::Failure;
use crate::profile;

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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::arguments::{Arguments, Command};

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
}
