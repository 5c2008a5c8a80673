//! The places of a home: every stream, log, screen and file, and what each is there to hold.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;

use super::Kind;
use crate::said::Said;

/// Something to be searched.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) holds: Vec<Kind>,
    /// A stream to whose end nobody could wait: more may come.
    pub(super) open: bool,
}

/// All of them.
pub(super) fn all(home: &Path, folders: &[PathBuf], said: &Said) -> Vec<Place> {
    let mut places = Vec::new();
    for stream in &said.streams {
        let (name, bytes) = (stream.name.clone(), stream.bytes.clone());
        places.push(Place { name, bytes, holds: stream.holds.to_vec(), open: false });
    }
    for (number, log) in (1..).zip(&said.logs) {
        let open = !log.ended_within(LAST_WORDS);
        let name = format!("the log of daemon {number}");
        places.push(Place { name, bytes: log.text().into_bytes(), holds: Vec::new(), open });
    }
    for (stream, screen) in &said.screens {
        let bytes = screen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // A terminal shows what is typed.
        let holds = [stream.holds, &[Kind::TokenCode]].concat();
        places.push(Place { name: stream.name.clone(), bytes, holds, open: false });
    }
    let mut files = Vec::new();
    folders.iter().map(PathBuf::as_path).chain([home]).for_each(|folder| walk(folder, &mut files));
    // A copy of the daemon, which a test has made.
    let program = home.join("bin/stsd-daemon");
    for path in files.into_iter().filter(|path| *path != program) {
        // What goes away meanwhile leaves nothing.
        if let Ok(bytes) = fs::read(&path) {
            let name = path.strip_prefix(home).ok();
            let holds = name.map(by_right).unwrap_or_default().to_vec();
            let outside = || path.display().to_string();
            let name = name.map_or_else(outside, |name| format!("~/{}", name.display()));
            places.push(Place { name, bytes, holds, open: false });
        }
    }
    places
}

/// What stands in a file by right: each file one kind.
fn by_right(file: &Path) -> &'static [Kind] {
    if file.starts_with(".aws") || file == "keys.json" {
        // The test has written them, and stsd never does; the second is what its `credential_process` prints.
        return &[Kind::LongTermKey];
    }
    if file == "run/stsd/stsd.lock" || file == "state/stsd/lock" {
        // A bare process id, which may have six digits.
        return &[Kind::TokenCode];
    }
    let Ok(file) = file.strip_prefix("state/stsd") else { return &[] };
    let name = file.to_string_lossy();
    match &*name {
        "authorization-token" => &[Kind::OwnToken],
        _ if name.starts_with("authorization-tokens.json") => &[Kind::OtherToken],
        _ if file.starts_with("exec-tokens") => &[Kind::OtherToken],
        _ => &[],
    }
}

/// Every plain file, in order; no link is followed.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries: Vec<_> = entries.map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        match path.symlink_metadata() {
            Ok(kind) if kind.is_dir() => walk(&path, found),
            Ok(kind) if kind.is_file() => found.push(path),
            _ => {}
        }
    }
}

/// How long a daemon that was ended, or what it started, may still have its standard error.
const LAST_WORDS: Duration = Duration::from_secs(5);
