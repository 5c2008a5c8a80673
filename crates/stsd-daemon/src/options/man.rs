//! `man/stsd-daemon.1`, made from the text of `--help`, and behind it what that does not say.

use std::path::Path;
use std::{env, fs};

use super::HELP;

fn page() -> String {
    let (about, rest) = HELP.split_once("\n\n").unwrap();
    let (description, rest) = rest.split_once("\n\nUsage: ").unwrap();
    let (usage, rest) = rest.split_once("\n\nOptions:\n").unwrap();
    let (options, sections) = rest.split_once("\n\n").unwrap();
    let name = about.trim_end_matches('.');
    let (first, lower) = name.split_at(1);
    let name = first.to_lowercase() + lower;
    [
        format!(".TH STSD\\-DAEMON 1 {DATE} \"stsd {}\"\n", env!("CARGO_PKG_VERSION")),
        format!(".SH NAME\nstsd\\-daemon \\- {}\n", plain(&name)),
        format!(".SH SYNOPSIS\n{}\n.SH DESCRIPTION\n{}\n", plain(usage), plain(about)),
        format!(".PP\n{}\n.SH OPTIONS\n{}", plain(description), entries(options)),
        sections.lines().map(section).collect(),
        include_str!("man.roff").to_owned(),
    ]
    .concat()
}

/// An option, two blanks or more, and what it does, on further lines too.
fn entries(options: &str) -> String {
    let entry = |line: &str| match line.trim_start() {
        text if text.starts_with('-') => {
            let (option, meaning) = text.split_once("  ").unwrap();
            format!(".TP\n\\fB{}\\fR\n{}\n", plain(option), plain(meaning.trim_start()))
        }
        more => plain(more) + "\n",
    };
    options.lines().map(entry).collect()
}

/// `Word: text` begins a section, and a line without one goes on with it.
fn section(line: &str) -> String {
    match line.split_once(": ") {
        Some((word, text)) if !word.contains(' ') => {
            format!(".SH {}\n{}\n", word.to_uppercase(), plain(text))
        }
        _ => plain(line) + "\n",
    }
}

fn plain(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq")
}

/// Of the words that stand in `man.roff`.
const DATE: &str = "2026-11-22";

#[test]
fn man_page_says_what_help_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../man/stsd-daemon.1");
    if env::var_os("STSD_MAN").is_some_and(|word| word == "write") {
        fs::write(&file, page()).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == page(),
        "man/stsd-daemon.1 is not what `stsd-daemon --help` says; write it anew:\n\
         STSD_MAN=write cargo test -p stsd -p stsd-daemon -p stsd-gateway man_page"
    );
}
