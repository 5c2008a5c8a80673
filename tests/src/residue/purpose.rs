//! Which commands are there to print secrets, and of which kind.

use std::path::Path;
use std::process::Command;

use super::Kind;

/// What to call a command, and the kinds of secrets that its standard output is there to hold.
pub(crate) fn purpose(command: &Command) -> (String, &'static [Kind]) {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let program = program.to_string_lossy();
    let words: Vec<_> = command.get_args().filter_map(|word| word.to_str()).collect();
    if program == "sh" && words.iter().any(|word| word.contains(" credential-process ")) {
        // As an SDK runs the view's line.
        return ("`sh -c \"stsd credential-process\"`".to_owned(), ISSUED);
    }
    if program != "stsd" {
        return (format!("`{program}`"), &[]);
    }
    let name = match words[..] {
        [] => "`stsd`".to_owned(),
        ["token", word, ..] => format!("`stsd token {word}`"),
        ["env", ..] if words.contains(&"--static") => "`stsd env --static`".to_owned(),
        [word, ..] => format!("`stsd {word}`"),
    };
    let holds: &[Kind] = match words[..] {
        // What an SDK is to read.
        ["credential-process", ..] => ISSUED,
        // The keys themselves, for tools that know nothing else.
        ["env", ..] if words.contains(&"--static") => ISSUED,
        // It is shown this once.
        ["token", "create", ..] => &[Kind::OtherToken],
        _ => &[],
    };
    (name, holds)
}

const ISSUED: &[Kind] = &[Kind::IssuedKey, Kind::SessionToken];
