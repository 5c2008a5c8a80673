//! The files of the audit, oldest first: the last lines of all, and what comes at the end of the newest.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufReader, Seek};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use stsd_protocol::{Refusal, RefusalCode};

use super::lines::Lines;
use crate::failure::Failure;

/// The last lines.
pub(super) struct Tail {
    pub(super) lines: VecDeque<String>,
    /// Whether there was anything at all.
    pub(super) is_any: bool,
    /// Lines that are none of the audit's: torn by a kill, or of another version.
    pub(super) unreadable: usize,
}

/// Reads on where the tail ended, over rotations.
pub(super) struct Follower {
    path: PathBuf,
    open: Option<BufReader<File>>,
    lines: Lines,
}

impl Tail {
    /// Reads the last `most` lines that are wanted.
    ///
    /// # Errors
    /// If a file that is there cannot be read.
    pub(super) fn read(
        path: &Path,
        most: usize,
        wants: impl Fn(&str) -> Option<bool>,
    ) -> Result<(Self, Follower), Failure> {
        let mut tail = Self { lines: VecDeque::new(), is_any: false, unreadable: 0 };
        let mut follower = Follower::of(path);
        let mut readers = open_all(path).map_err(unreadable)?;
        let newest = readers.pop();
        for reader in readers {
            let mut old = Follower { open: Some(reader), ..Follower::of(path) };
            tail.take(old.rest().map_err(unreadable)?, most, &wants);
        }
        follower.open = newest;
        tail.take(follower.rest().map_err(unreadable)?, most, &wants);
        Ok((tail, follower))
    }

    fn take(&mut self, lines: Vec<String>, most: usize, wants: impl Fn(&str) -> Option<bool>) {
        for line in lines {
            self.is_any = true;
            match wants(&line) {
                None => self.unreadable += 1,
                Some(false) => {}
                Some(true) => {
                    self.lines.push_back(line);
                    if self.lines.len() > most {
                        self.lines.pop_front();
                    }
                }
            }
        }
    }
}

impl Follower {
    fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), open: None, lines: Lines::default() }
    }

    /// The lines that have come since the last look.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(super) fn next_lines(&mut self) -> io::Result<Vec<String>> {
        let mut lines = Vec::new();
        loop {
            // What is there now, before the file at hand is read to its end: whatever is written later
            // into a file that was moved away by then is not missed.
            let moved = self.has_moved()?;
            lines.extend(self.rest()?);
            if !moved {
                return Ok(lines);
            }
            self.lines = Lines::default();
            self.open = after(&self.path, self.open.as_ref())?;
            if self.open.is_none() {
                return Ok(lines);
            }
        }
    }

    fn has_moved(&self) -> io::Result<bool> {
        let there = match fs::metadata(&self.path) {
            Ok(there) => (there.dev(), there.ino()),
            Err(error) if is_missing(&error) => return Ok(false),
            Err(error) => return Err(error),
        };
        Ok(self.open.as_ref().is_none_or(|open| identity(open.get_ref()).ok() != Some(there)))
    }

    fn rest(&mut self) -> io::Result<Vec<String>> {
        let Some(reader) = &mut self.open else { return Ok(Vec::new()) };
        if reader.get_ref().metadata()?.len() < reader.stream_position()? {
            // Somebody has emptied it, and the daemon goes on from its beginning.
            reader.rewind()?;
            self.lines = Lines::default();
        }
        self.lines.whole(reader)
    }
}

/// Every file that there is, oldest first. Opened newest first, so that a rotation in between shows some
/// lines twice and misses none; a file that was opened under two names counts once.
fn open_all(path: &Path) -> io::Result<Vec<BufReader<File>>> {
    let mut files: Vec<BufReader<File>> = Vec::new();
    for age in 0.. {
        match File::open(aged(path, age)) {
            Ok(file) => {
                let same = identity(&file)?;
                if files.iter().all(|known| identity(known.get_ref()).ok() != Some(same)) {
                    files.push(BufReader::new(file));
                }
            }
            Err(error) if is_missing(&error) && age > 0 => break,
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(error),
        }
    }
    files.reverse();
    Ok(files)
}

/// The file that was begun after this one; the newest if that is not to be told.
fn after(path: &Path, open: Option<&BufReader<File>>) -> io::Result<Option<BufReader<File>>> {
    let mut files = open_all(path)?;
    let known = open.map(|open| identity(open.get_ref())).transpose()?;
    let same = |file: &BufReader<File>| identity(file.get_ref()).ok() == known;
    match files.iter().position(same) {
        Some(at) if at + 1 < files.len() => Ok(Some(files.swap_remove(at + 1))),
        _ => Ok(files.pop()),
    }
}

fn aged(path: &Path, age: u32) -> PathBuf {
    if age == 0 {
        return path.to_owned();
    }
    let mut name = OsString::from(path);
    name.push(format!(".{age}"));
    name.into()
}

fn identity(file: &File) -> io::Result<(u64, u64)> {
    let metadata = file.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// Says that the audit cannot be read.
pub(super) fn unreadable(error: io::Error) -> Failure {
    Refusal::new(RefusalCode::Internal, format!("cannot read the audit: {error}"))
        .with_hint("look at the folder `audit` in stsd's state directory")
        .into()
}
