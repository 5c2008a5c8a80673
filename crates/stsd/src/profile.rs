//! Which profile a command is about: the command line, then the variables that the command heeds.

use std::env;

use crate::failure::Failure;

/// The variables by which a shell has a profile, the first one that is set and not empty.
pub(crate) const OF_THE_SHELL: &[&str] = &["STSD_PROFILE", "AWS_PROFILE"];

/// For `credential-process`, which the view's `[default]` calls without a name: `AWS_PROFILE` is
/// the tool's business there, and must not redirect what `[default]` means.
pub(crate) const OF_STSD_ALONE: &[&str] = &["STSD_PROFILE"];

/// The profile that is named on the command line, as a word or with `-p`.
pub(crate) fn named(word: Option<&str>, flag: Option<&str>) -> Result<Option<String>, Failure> {
    match (word, flag) {
        (Some(word), Some(flag)) if word != flag => Err(Failure::usage(
            format!("two profiles are named: {word} and {flag}"),
            "name one, as a word or with -p",
        )),
        (named, None) | (_, named) => Ok(named.map(str::to_owned)),
    }
}

/// What is named, else what the first of these variables says; nothing leaves it to the daemon.
pub(crate) fn or_by_variable(named: Option<String>, variables: &[&str]) -> Option<String> {
    or_by(named, variables, |name| Some(env::var_os(name)?.to_string_lossy().into_owned()))
}

fn or_by(
    named: Option<String>,
    variables: &[&str],
    value: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let set = |name: &&str| value(name).filter(|value| !value.is_empty());
    named.or_else(|| variables.iter().find_map(set))
}

#[cfg(test)]
mod tests {
    use super::{OF_STSD_ALONE, OF_THE_SHELL, named, or_by};

    fn chosen(name: Option<&str>, variables: &[&str], set: &[(&str, &str)]) -> Option<String> {
        or_by(name.map(str::to_owned), variables, |wanted| {
            set.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_command_line_wins_then_stsd_profile_then_aws_profile() {
        let both = [("STSD_PROFILE", "s"), ("AWS_PROFILE", "a")];
        assert_eq!(chosen(Some("p"), OF_THE_SHELL, &both).as_deref(), Some("p"));
        assert_eq!(chosen(None, OF_THE_SHELL, &both).as_deref(), Some("s"));
        assert_eq!(chosen(None, OF_THE_SHELL, &both[1..]).as_deref(), Some("a"));
        assert_eq!(chosen(None, OF_THE_SHELL, &[]), None);
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let blank = [("STSD_PROFILE", ""), ("AWS_PROFILE", "a")];
        assert_eq!(chosen(None, OF_THE_SHELL, &blank).as_deref(), Some("a"));
    }

    #[test]
    fn aws_profile_does_not_redirect_credential_process() {
        assert_eq!(chosen(None, OF_STSD_ALONE, &[("AWS_PROFILE", "a")]), None);
    }

    #[test]
    fn a_word_and_a_flag_may_agree_and_not_differ() {
        assert_eq!(named(Some("prod"), Some("prod")).unwrap().as_deref(), Some("prod"));
        assert_eq!(named(None, Some("prod")).unwrap().as_deref(), Some("prod"));
        assert_eq!(named(Some("prod"), None).unwrap().as_deref(), Some("prod"));
        assert_eq!(named(None, None).unwrap(), None);
        assert_eq!(named(Some("prod"), Some("dev")).unwrap_err().exit_code(), 64);
    }
}
