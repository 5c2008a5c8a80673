//! What a person reads: tables, lengths of time, and text that cannot steer the terminal.

mod report;
mod table;
mod time;

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

pub(crate) use report::{profiles_table, sessions_table, tokens_table, unlocked};
pub(crate) use time::{length, short_length, until};

use crate::failure::Failure;

/// The text with every control character replaced: names and messages come from files and from
/// servers, and an escape sequence in one must not reach the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || turns_the_line(c) { '?' } else { c }).collect()
}

/// The same of a line of JSON, which still says the same: such characters stand in strings alone, but for
/// those two that JSON takes for blanks, and has in no string.
pub(crate) fn printable_json(line: &str) -> String {
    let escaped = |c: char| format!("\\u{:04x}", u32::from(c));
    let steers = |c: char| c.is_control() || turns_the_line(c);
    let plain = |c: char| match c {
        '\t' | '\r' => " ".to_owned(),
        c if steers(c) => escaped(c),
        c => c.to_string(),
    };
    line.chars().map(plain).collect()
}

/// The marks by which a text from right to left begins and ends: in a name, they would show the rest
/// of the line in another order than it has.
fn turns_the_line(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A path as a message shows it.
pub(crate) fn shown_path(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

/// Writes all of it at once, so that what is piped is whole or nothing.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(Failure::Output)
}

/// The same for what came as bytes, and may hold secrets: they are wiped with the buffer.
pub(crate) fn print_bytes(bytes: Vec<u8>) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    output.write_all(&bytes).and_then(|()| output.flush()).map_err(Failure::Output)
}

/// Says on standard error what is wrong and does not end the command.
pub(crate) fn complain(message: &str) {
    let _ = io::stderr().write_all(format!("stsd: error: {}\n", printable(message)).as_bytes());
}

/// Says on standard error what could be better.
pub(crate) fn warn(message: &str) {
    let _ = io::stderr().write_all(format!("stsd: warning: {}\n", printable(message)).as_bytes());
}

/// Says on standard error what a person may want to know.
pub(crate) fn note(message: &str) {
    let _ = io::stderr().write_all(format!("stsd: note: {}\n", printable(message)).as_bytes());
}

/// Writes one line of JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::Output(error.into()))?;
    print(&(text + "\n"))
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn no_control_character_comes_through() {
        assert_eq!(printable("a\u{1b}[31m\u{9b}b\r\n\tc\u{7f}é"), "a?[31m?b???c?é");
    }

    #[test]
    fn no_name_turns_the_order_of_the_line_around_it() {
        assert_eq!(printable("prod\u{202e}ecila\u{2069} עברית"), "prod?ecila? עברית");
    }
}
