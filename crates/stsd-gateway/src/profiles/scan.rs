//! The text of one AWS configuration file, as sections and settings with their lines. Knows the
//! syntax and nothing of what a setting means; never shows a line that it does not understand.
//!
//! The grammar is that of the AWS SDK for Rust (`aws_runtime::env_config`), which its tests compare
//! it with. That parser itself will not do: it keeps no lines, stops at the first mistake, cannot
//! list the keys of a profile, drops the profiles whose names AWS CLI quotes, takes a file that is
//! not UTF-8 for an empty one, and refuses a whole file for an indented comment, which botocore reads.

use super::header::{Header, parse_header};

/// Which of the two files: they write the names of profiles in different ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `~/.aws/config`: `[profile NAME]`, `[default]` and sections of other kinds.
    Config,
    /// `~/.aws/credentials`: `[NAME]`.
    Credentials,
}

/// What one file says.
pub(crate) struct Scan {
    /// In the order of the file; one name may stand several times.
    pub(crate) sections: Vec<Section>,
    /// Lines that are no configuration. The AWS SDKs refuse the whole file for one of them.
    pub(crate) mistakes: Vec<SyntaxMistake>,
}

/// One `[…]` and what stands below it.
pub(crate) struct Section {
    pub(crate) header: Header,
    pub(crate) line: u32,
    pub(crate) entries: Vec<Entry>,
}

/// One `key = value`. Has no `Debug`: the value may be a secret.
#[derive(Clone)]
pub(crate) struct Entry {
    /// In lower case.
    pub(crate) key: String,
    /// What stands behind the `=`, without a comment.
    pub(crate) value: String,
    /// The indented lines below it, without the indentation.
    pub(crate) continuation: Vec<String>,
    pub(crate) line: u32,
}

/// A line that is no configuration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SyntaxMistake {
    pub(crate) line: u32,
    pub(crate) message: &'static str,
}

impl Entry {
    /// The whole value as the SDKs have it.
    pub(crate) fn text(&self) -> String {
        let lines = std::iter::once(&self.value).chain(&self.continuation);
        lines.map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// The `key = value` lines of a nested block such as `s3 =`, comments taken off.
    pub(crate) fn nested(&self) -> impl Iterator<Item = (String, &str)> {
        let lines = if self.value.is_empty() { self.continuation.as_slice() } else { &[] };
        lines.iter().filter_map(|line| property(line).ok())
    }
}

/// Whether SDKs take the text as the name of a profile or key.
pub(crate) fn is_identifier(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-/.%@:+".contains(c);
    !text.is_empty() && text.chars().all(fits)
}

/// Reads the text of one file.
pub(crate) fn scan(text: &str, kind: FileKind) -> Scan {
    let mut scanner = Scanner { kind, sections: Vec::new(), mistakes: Vec::new(), lost: false };
    for (index, line) in text.lines().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        if let Err(message) = scanner.read(line, number) {
            scanner.mistakes.push(SyntaxMistake { line: number, message });
        }
    }
    Scan { sections: scanner.sections, mistakes: scanner.mistakes }
}

struct Scanner {
    kind: FileKind,
    sections: Vec<Section>,
    mistakes: Vec<SyntaxMistake>,
    /// Behind a broken header: whose settings these are is not known.
    lost: bool,
}

impl Scanner {
    fn read(&mut self, line: &str, number: u32) -> Result<(), &'static str> {
        let trimmed = line.trim_matches(BLANK);
        if trimmed.is_empty() || trimmed.starts_with(COMMENT) {
            return Ok(());
        }
        if line.starts_with('[') {
            let header = parse_header(without_comment(line, false), self.kind);
            self.lost = header.is_none();
            let header = header.ok_or("this section's name has no `]` behind it")?;
            self.sections.push(Section { header, line: number, entries: Vec::new() });
            return Ok(());
        }
        if self.lost {
            return Ok(());
        }
        let section =
            self.sections.last_mut().ok_or("a section such as `[default]` must come first")?;
        if line.starts_with(BLANK) {
            continuation(section, trimmed)
        } else {
            entry(section, line, number)
        }
    }
}

fn entry(section: &mut Section, line: &str, number: u32) -> Result<(), &'static str> {
    let (key, value) = property(line)?;
    let value = value.to_owned();
    section.entries.push(Entry { key, value, continuation: Vec::new(), line: number });
    Ok(())
}

fn continuation(section: &mut Section, trimmed: &str) -> Result<(), &'static str> {
    let entry =
        section.entries.last_mut().ok_or("this line is indented, and no key stands above it")?;
    if entry.value.is_empty() {
        property(trimmed)?;
    }
    entry.continuation.push(trimmed.to_owned());
    Ok(())
}

fn property(line: &str) -> Result<(String, &str), &'static str> {
    let (key, value) =
        without_comment(line, true).split_once('=').ok_or("there is no `=` in this line")?;
    let key = key.trim_matches(BLANK);
    if key.is_empty() {
        return Err("there is no key before the `=`");
    }
    Ok((key.to_ascii_lowercase(), value.trim_matches(BLANK)))
}

/// In a setting a comment begins behind a blank, since values may hold a `#`; in a header anywhere.
fn without_comment(line: &str, behind_a_blank: bool) -> &str {
    let line = line.trim_matches(BLANK);
    let mut blank = false;
    for (index, character) in line.char_indices() {
        if COMMENT.contains(&character) && (blank || !behind_a_blank) {
            return line[..index].trim_matches(BLANK);
        }
        blank = character.is_whitespace();
    }
    line
}

/// The specification of the files has only these two.
const BLANK: &[char] = &[' ', '\t'];
const COMMENT: &[char] = &['#', ';'];

#[cfg(test)]
mod tests {
    use super::{FileKind, Scan, SyntaxMistake, scan};
    use crate::profiles::header::Header;

    fn names(scan: &Scan) -> Vec<&str> {
        scan.sections
            .iter()
            .filter_map(|section| match &section.header {
                Header::Profile { name, .. } => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn an_indented_comment_is_one_as_for_botocore() {
        let text = "[default]\nregion = eu-west-1\n  # old\ns3 =\n  # note\n  a = 1\n  ; b = 2\n";
        let scan = scan(text, FileKind::Config);
        assert_eq!(scan.mistakes, []);
        let entries = &scan.sections[0].entries;
        assert_eq!(entries[0].text(), "eu-west-1");
        assert_eq!(entries[1].text(), "\na = 1");
        assert_eq!(entries[1].nested().collect::<Vec<_>>(), [("a".to_owned(), "1")]);
    }

    #[test]
    fn names_that_aws_cli_quotes_are_read_as_it_reads_them() {
        let config = "[profile 'my prod']\n[profile \"b c\"]\n[profile \u{65e5}]\n[profile a b]\n[profile 'x]\n";
        assert_eq!(names(&scan(config, FileKind::Config)), ["my prod", "b c", "\u{65e5}"]);
        let credentials = "[my prod]\n[profile x]\n['q']\n";
        assert_eq!(names(&scan(credentials, FileKind::Credentials)), ["my prod"]);
    }

    #[test]
    fn every_broken_line_is_counted_and_none_is_repeated() {
        let scan = scan(
            "a = 1\n[default]\nsecret\n= x\n[broken\nlost\n[b]\nc = 1\n",
            FileKind::Credentials,
        );
        let lines: Vec<u32> =
            scan.mistakes.iter().map(|SyntaxMistake { line, .. }| *line).collect();
        assert_eq!(lines, [1, 3, 4, 5]);
        assert!(scan.mistakes.iter().all(|mistake| !mistake.message.contains("secret")));
    }
}
