//! One edit of one file, in a form that can be taken back after other hands were at the file too.
//! Pure: contents come in, contents come out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::bytes::Bytes;
use super::diff::middle;

/// An edit, as the journal has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edit {
    /// Behind every symbolic link.
    pub(crate) path: PathBuf,
    /// Whether it belongs to the service, and goes with it.
    pub(crate) of_service: bool,
    /// What is done.
    pub(super) change: Change,
}

/// What is done to a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    /// The file is stsd's own.
    Whole { before: Option<Bytes>, after: Bytes },
    /// Some lines in a file of the user's.
    Part { existed: bool, offset: usize, removed: Bytes, inserted: Bytes },
}

/// How an edit is taken back, from what the file holds now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reversal {
    /// There is nothing of it.
    Nothing,
    /// The file goes.
    Remove,
    /// The file becomes this.
    Write(Vec<u8>),
    /// The user has edited what was stsd's: it stays.
    Keep,
}

impl Change {
    /// A file that is written whole.
    pub(super) fn whole(before: Option<&[u8]>, after: &[u8]) -> Self {
        let bytes = |bytes: &[u8]| Bytes(bytes.to_vec());
        Self::Whole { before: before.map(bytes), after: bytes(after) }
    }

    /// Lines that differ.
    pub(super) fn part(before: Option<&[u8]>, after: &[u8]) -> Self {
        let existed = before.is_some();
        let before = before.unwrap_or_default();
        let middle = middle(before, after);
        let bytes = |bytes: &[u8]| Bytes(bytes.to_vec());
        Self::Part {
            existed,
            offset: middle.offset,
            removed: bytes(middle.removed),
            inserted: bytes(middle.inserted),
        }
    }

    /// Whether the file has the edit in it.
    pub(super) fn is_made(&self, now: Option<&[u8]>) -> bool {
        match self {
            Self::Whole { after, .. } => now == Some(&after.0),
            Self::Part { offset, inserted, .. } => {
                now.is_some_and(|now| place(now, &inserted.0, *offset).is_some())
            }
        }
    }

    /// How it is taken back.
    pub(super) fn reversal(&self, now: Option<&[u8]>) -> Reversal {
        let Some(now) = now else { return Reversal::Nothing };
        match self {
            Self::Whole { before, after } if now == after.0 => match before {
                Some(before) => Reversal::Write(before.0.clone()),
                None => Reversal::Remove,
            },
            Self::Whole { before: Some(before), .. } if now == before.0 => Reversal::Nothing,
            Self::Whole { .. } => Reversal::Keep,
            Self::Part { existed, offset, removed, inserted } => {
                let Some(place) = place(now, &inserted.0, *offset) else {
                    let is_edited = has_a_line_of(now, &inserted.0);
                    return if is_edited { Reversal::Keep } else { Reversal::Nothing };
                };
                let rest = &now[place + inserted.0.len()..];
                let before = [&now[..place], &removed.0, rest].concat();
                if before.is_empty() && !existed {
                    return Reversal::Remove;
                }
                Reversal::Write(before)
            }
        }
    }
}

/// Where the piece stands: where it was put, else in the one place where it is.
fn place(text: &[u8], piece: &[u8], offset: usize) -> Option<usize> {
    if text.get(offset..).is_some_and(|rest| rest.starts_with(piece)) {
        return Some(offset);
    }
    let mut places = text.windows(piece.len().max(1)).enumerate().filter(|(_, at)| *at == piece);
    let first = places.next()?.0;
    places.next().is_none().then_some(first)
}

/// Whether something of the piece is left in a text that does not have all of it.
fn has_a_line_of(text: &[u8], piece: &[u8]) -> bool {
    let lines = |text| <[u8]>::split(text, |byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines(piece).any(|line| !line.is_empty() && lines(text).any(|other| other == line))
        || (contains(piece, MARK) && contains(text, MARK))
}

fn contains(text: &[u8], piece: &[u8]) -> bool {
    text.windows(piece.len()).any(|at| at == piece)
}

/// Stands in every line that goes into a file of the user's own.
const MARK: &[u8] = super::plan::MARK.as_bytes();

#[cfg(test)]
mod tests {
    use super::{Change, Reversal};

    fn written(text: &str) -> Reversal {
        Reversal::Write(text.as_bytes().to_vec())
    }

    #[test]
    fn a_part_is_taken_out_wherever_the_user_has_moved_it() {
        let change = Change::part(Some(b"a\nb"), b"a\nb\nline # stsd\n");
        for (now, before) in [
            ("a\nb\nline # stsd\n", "a\nb"),
            ("a\nb\nline # stsd\nc\n", "a\nbc\n"),
            ("new\na\nb\nline # stsd\n", "new\na\nb"),
        ] {
            assert!(change.is_made(Some(now.as_bytes())));
            assert_eq!(change.reversal(Some(now.as_bytes())), written(before), "{now}");
        }
        assert_eq!(change.reversal(Some(b"a\nb")), Reversal::Nothing);
        assert_eq!(change.reversal(None), Reversal::Nothing);
    }

    #[test]
    fn what_the_user_has_edited_since_stays() {
        let part = Change::part(Some(b""), b"one\ntwo\n");
        assert_eq!(part.reversal(Some(b"one\n2\n")), Reversal::Keep);
        let whole = Change::whole(None, b"unit\n");
        assert_eq!(whole.reversal(Some(b"unit\nmine\n")), Reversal::Keep);
    }

    #[test]
    fn a_file_that_was_not_there_goes_and_one_that_was_empty_stays() {
        for (before, reversal) in [(None, Reversal::Remove), (Some(&b""[..]), written(""))] {
            assert_eq!(Change::part(before, b"x\n").reversal(Some(b"x\n")), reversal);
            assert_eq!(Change::whole(before, b"x\n").reversal(Some(b"x\n")), reversal);
        }
        let change = Change::part(None, b"x\n");
        assert_eq!(change.reversal(Some(b"x\nuser's\n")), written("user's\n"));
    }

    #[test]
    fn whole_files_come_back_as_they_were() {
        let change = Change::whole(Some(b"\xff old"), b"new");
        assert_eq!(change.reversal(Some(b"new")), Reversal::Write(b"\xff old".to_vec()));
        assert_eq!(change.reversal(Some(b"\xff old")), Reversal::Nothing);
    }
}
