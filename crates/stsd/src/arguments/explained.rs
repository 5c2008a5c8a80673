//! What clap has to say, in stsd's own form: help and version on standard output with success, a
//! mistake on standard error as one line that says what is wrong and one that says what to type.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;
use stsd_protocol::{RefusalCode, VERSION};

use super::Arguments;
use crate::failure::Failure;
use crate::{show, token_code};

/// Says it. Wrong usage ends with our own code; clap's is 2.
pub(crate) fn explain(error: &clap::Error, typed: &[OsString]) -> ExitCode {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp => said(&text),
        // One version for the program, and not one for each command, as clap would have it.
        ErrorKind::DisplayVersion => said(&format!("stsd {VERSION}\n")),
        // Nothing was typed but the name of a group of commands: the help is what to type.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = io::stderr().write_all(text.as_bytes());
            ExitCode::from(RefusalCode::BadRequest.exit_code())
        }
        _ => mistake(&text, &command_of(typed)).report(),
    }
}

fn said(text: &str) -> ExitCode {
    show::print(text).map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}

/// clap writes the mistake, its suggestions, the usage and a pointer to the help as paragraphs.
fn mistake(text: &str, command: &str) -> Failure {
    let text = without_codes(text);
    let mut paragraphs = text.split("\n\n").map(one_line);
    let message = paragraphs.next().unwrap_or_default();
    let (mut tips, mut usage) = (Vec::new(), None);
    for paragraph in paragraphs {
        if let Some(tip) = paragraph.strip_prefix("tip: ") {
            // That it can be passed as a value is not what was meant.
            let meant = tip.split(" tip: ").filter(|tip| !tip.starts_with("to pass "));
            tips.extend(meant.map(str::to_owned));
        } else if let Some(words) = paragraph.strip_prefix("Usage: ") {
            usage = Some(format!("the usage is: {words}"));
        }
    }
    if message.ends_with("unrecognized subcommand '…'") {
        tips.push("a token code belongs to `stsd unlock CODE`".to_owned());
    }
    // A suggestion says more than the usage, which is long.
    let mut hint = if tips.is_empty() { Vec::from_iter(usage) } else { tips };
    hint.push(format!("see `{command} --help`"));
    Failure::usage(message.strip_prefix("error: ").unwrap_or(&message), hint.join("; "))
}

/// clap quotes what it does not understand. A token code among it may still be good.
fn without_codes(text: &str) -> String {
    let hidden = |piece| if token_code::parse(piece).is_some() { "…" } else { piece };
    text.split('\'').map(hidden).collect::<Vec<_>>().join("'")
}

fn one_line(paragraph: &str) -> String {
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The command that was meant, as far as its words are commands: `stsd token create`.
fn command_of(typed: &[OsString]) -> String {
    let mut command = Arguments::command();
    let mut words = vec!["stsd".to_owned()];
    for word in typed.iter().skip(1) {
        let Some(next) = command.find_subcommand(word).cloned() else { break };
        words.push(next.get_name().to_owned());
        command = next;
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::Parser;

    use super::{command_of, mistake};
    use crate::arguments::Arguments;

    /// What is said to these words.
    fn told(words: &[&str]) -> String {
        let typed: Vec<OsString> = ["stsd"].iter().chain(words).map(Into::into).collect();
        let error = Arguments::try_parse_from(&typed).unwrap_err();
        mistake(&error.render().to_string(), &command_of(&typed)).text()
    }

    fn are_told(mistakes: &[(&[&str], &str, &str)]) {
        for (words, error, hint) in mistakes {
            let whole = format!("stsd: error: {error}\nstsd: hint: {hint}\n");
            assert_eq!(told(words), whole, "{words:?}");
        }
    }

    #[test]
    fn a_mistake_is_one_line_and_the_hint_says_what_is_similar() {
        are_told(&[
            (
                &["unlok"],
                "unrecognized subcommand 'unlok'",
                "a similar subcommand exists: 'unlock'; see `stsd --help`",
            ),
            (
                &["token", "crate"],
                "unrecognized subcommand 'crate'",
                "a similar subcommand exists: 'create'; see `stsd token --help`",
            ),
            (
                &["status", "--jsn"],
                "unexpected argument '--jsn' found",
                "a similar argument exists: '--json'; see `stsd status --help`",
            ),
            (
                &["completions", "ksh"],
                "invalid value 'ksh' for '<SHELL>' [possible values: bash, zsh, fish]",
                "a similar value exists: 'zsh'; see `stsd completions --help`",
            ),
        ]);
    }

    #[test]
    fn where_nothing_is_similar_the_hint_says_the_usage() {
        are_told(&[
            (
                &["exec"],
                "the following required arguments were not provided: <CMD>...",
                "the usage is: stsd exec [OPTIONS] [PROFILE] -- CMD...; see `stsd exec --help`",
            ),
            (
                &["log", "-n", "x"],
                "invalid value 'x' for '--lines <N>': invalid digit found in string",
                "see `stsd log --help`",
            ),
            (
                &["--frob", "unlock"],
                "unexpected argument '--frob' found",
                "the usage is: stsd <COMMAND>; see `stsd --help`",
            ),
            (
                &["unlock", "--force"],
                "unexpected argument '--force' found",
                "the usage is: stsd unlock [OPTIONS] [PROFILE] [CODE]; see `stsd unlock --help`",
            ),
            (
                &["exec", "prod", "--json"],
                "unexpected argument '--json' found",
                "the usage is: stsd exec [OPTIONS] [PROFILE] -- CMD...; see `stsd exec --help`",
            ),
        ]);
    }

    #[test]
    fn a_token_code_in_the_wrong_place_is_not_shown() {
        let unlock = "a token code belongs to `stsd unlock CODE`";
        for (words, says) in [
            (&["unlock", "my", "staging", "123456"][..], "unexpected argument '…' found"),
            (&["unlock", "my", "staging", "123 456"], "unexpected argument '…' found"),
            (&["123456"], unlock),
            (&["token", "123456"], unlock),
        ] {
            let text = told(words);
            assert!(text.contains(says) && !text.contains("456"), "{text}");
        }
    }

    #[test]
    fn what_was_typed_cannot_steer_the_terminal_or_forge_a_line() {
        let text = told(&["un\u{1b}[2Jlock\n\nstsd: all is well"]);
        assert_eq!(text.lines().count(), 2, "{text:?}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}
