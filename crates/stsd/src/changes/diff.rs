//! What an edit changes, as a person reads it: a unified diff without the lines around it, which are
//! the user's and may hold secrets.

use std::path::Path;

use crate::show::{printable, shown_path};

/// What lies between the lines that two texts have in common at either end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Middle<'a> {
    /// Where it begins, in both.
    pub(super) offset: usize,
    /// What the first has there.
    pub(super) removed: &'a [u8],
    /// What the second has there.
    pub(super) inserted: &'a [u8],
}

/// Compares line by line. Where the second text is the first and more, nothing is removed, although
/// the last line of the first may have had no end.
pub(super) fn middle<'a>(before: &'a [u8], after: &'a [u8]) -> Middle<'a> {
    if let Some(inserted) = after.strip_prefix(before) {
        return Middle { offset: before.len(), removed: b"", inserted };
    }
    let (old, new) = (lines(before), lines(after));
    let same = |(a, b): &(&&[u8], &&[u8])| a == b;
    let head = old.iter().zip(&new).take_while(same).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(same).count();
    let offset = length(&old[..head]);
    let end = length(&old[old.len() - tail..]);
    Middle {
        offset,
        removed: &before[offset..before.len() - end],
        inserted: &after[offset..after.len() - end],
    }
}

/// The diff of one file.
pub(super) fn unified(path: &Path, before: Option<&[u8]>, after: &[u8]) -> String {
    let name = shown_path(path);
    let old = before.map_or("/dev/null", |_| &name);
    let mut text = format!("--- {old}\n+++ {name}\n");
    let before = before.unwrap_or_default();
    let mut middle = middle(before, after);
    let is_open = !before.is_empty() && middle.offset == before.len() && !before.ends_with(b"\n");
    if is_open && let Some(added) = middle.inserted.strip_prefix(b"\n") {
        // All that the last line gets is an end; it may hold a secret like every other.
        middle.inserted = added;
    } else if is_open {
        middle.offset = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        middle.removed = &before[middle.offset..];
        middle.inserted = &after[middle.offset..];
    }
    let head = lines(&before[..middle.offset]).len();
    let (removed, inserted) = (lines(middle.removed), lines(middle.inserted));
    text.push_str(&format!("@@ -{} +{} @@\n", range(head, &removed), range(head, &inserted)));
    for (mark, lines) in [('-', removed), ('+', inserted)] {
        for line in lines {
            let shown = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line));
            let shown = shown.split('\t').map(printable).collect::<Vec<_>>().join("\t");
            text.push_str(&format!("{mark}{shown}\n"));
            if !line.ends_with(b"\n") {
                text.push_str("\\ No newline at end of file\n");
            }
        }
    }
    text
}

/// Line numbers count from 1, and an empty range names the line before it.
fn range(head: usize, lines: &[&[u8]]) -> String {
    match lines.len() {
        0 => format!("{head},0"),
        1 => format!("{}", head + 1),
        count => format!("{},{count}", head + 1),
    }
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

fn length(lines: &[&[u8]]) -> usize {
    lines.iter().map(|line| line.len()).sum()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{middle, unified};

    fn shown(before: Option<&str>, after: &str) -> String {
        let diff = unified(Path::new("/f"), before.map(str::as_bytes), after.as_bytes());
        diff.split_once("+++ /f\n").unwrap().1.to_owned()
    }

    #[test]
    fn only_the_lines_that_change_are_shown() {
        assert_eq!(shown(None, "a\nb\n"), "@@ -0,0 +1,2 @@\n+a\n+b\n");
        assert_eq!(shown(Some("secret\n"), "secret\na\n"), "@@ -1,0 +2 @@\n+a\n");
        assert_eq!(shown(Some("a\nb\nc\n"), "a\nB\nc\n"), "@@ -2 +2 @@\n-b\n+B\n");
        assert_eq!(shown(Some("a\nb\n"), "b\n"), "@@ -1 +0,0 @@\n-a\n");
    }

    #[test]
    fn a_last_line_that_only_gets_an_end_is_not_shown() {
        assert_eq!(shown(Some("a\nsecret"), "a\nsecret\nc\n"), "@@ -2,0 +3 @@\n+c\n");
        let diff = shown(Some("a\nb"), "a\nbb\n");
        assert_eq!(diff, "@@ -2 +2 @@\n-b\n\\ No newline at end of file\n+bb\n");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(shown(Some(""), "\u{1b}[2J\tx\n"), "@@ -0,0 +1 @@\n+?[2J\tx\n");
        assert!(unified(Path::new("/\u{1b}f"), None, b"").starts_with("--- /dev/null\n+++ /?f\n"));
    }

    #[test]
    fn the_middle_is_whole_lines_and_an_addition_removes_nothing() {
        let found = middle(b"x = 1\ny = 2\n", b"x = 1\ny = 22\n");
        assert_eq!(
            (found.offset, found.removed, found.inserted),
            (6, &b"y = 2\n"[..], &b"y = 22\n"[..])
        );
        let found = middle(b"a", b"a\nb\n");
        assert_eq!((found.offset, found.removed, found.inserted), (1, &b""[..], &b"\nb\n"[..]));
        let found = middle(b"a\na\n", b"a\na\na\n");
        assert_eq!((found.removed, found.inserted), (&b""[..], &b"a\n"[..]));
    }
}
