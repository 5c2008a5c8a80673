//! The audit's files: whole lines only, appended; four old ones beside the newest. Whatever stands in
//! its place and is not this user's own plain file is left alone, and refused.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::getuid;

/// The newest file and its older ones.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    longest: u64,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Its whole lines end here.
    length: u64,
    /// What stands at its end is no whole line, and could not be taken away.
    torn: bool,
}

/// Lines that could not be written.
#[derive(Debug)]
pub(super) struct Unwritten {
    pub(super) lines: u64,
    pub(super) error: io::Error,
}

impl LogFile {
    /// Nothing is opened before there is something to write.
    pub(super) fn new(path: PathBuf, longest: u64) -> Self {
        Self { path, longest, open: None }
    }

    /// Appends whole lines. Those before the first that does not fit are there afterwards; of that one
    /// nothing is.
    ///
    /// # Errors
    /// If not all of them could be written.
    pub(super) fn append(&mut self, lines: &[u8]) -> Result<(), Unwritten> {
        let mut left = lines;
        let written = self.append_all(&mut left);
        written.map_err(|error| {
            // Whatever it is, the next try begins with the name.
            self.open = None;
            Unwritten { lines: count(left), error }
        })
    }

    fn append_all(&mut self, left: &mut &[u8]) -> io::Result<()> {
        while !left.is_empty() {
            let longest = self.longest;
            let open = self.ready()?;
            let lines = fitting(left, longest.saturating_sub(open.length));
            if lines.is_empty() && open.length == 0 {
                return Err(io::Error::other("the line is longer than a file may be"));
            }
            if lines.is_empty() {
                self.rotate()?;
                continue;
            }
            let (whole, outcome) = open.append(lines);
            *left = &left[whole..];
            outcome?;
        }
        Ok(())
    }

    /// The file that the name means now: somebody may have removed or emptied the one that was open.
    fn ready(&mut self) -> io::Result<&mut Open> {
        let there = fs::symlink_metadata(&self.path).ok();
        let still = |open: &Open| {
            let ours = open.file.metadata().ok()?;
            let there = there.as_ref()?;
            let same = (ours.dev(), ours.ino()) == (there.dev(), there.ino());
            Some(same && ours.len() == open.length)
        };
        let open = match self.open.take().filter(|open| still(open) == Some(true)) {
            Some(open) => open,
            None => open(&self.path)?,
        };
        Ok(self.open.insert(open))
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.open = None;
        for age in (0..OLD).rev() {
            match fs::rename(aged(&self.path, age), aged(&self.path, age + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Open {
    /// How many bytes of whole lines were written, and what stopped it.
    fn append(&mut self, lines: &[u8]) -> (usize, io::Result<()>) {
        if self.torn {
            if let Err(error) = self.file.write_all(b"\n") {
                return (0, Err(error));
            }
            self.length += 1;
            self.torn = false;
        }
        let mut written = 0;
        let outcome = loop {
            match self.file.write(&lines[written..]) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
            if written == lines.len() {
                break Ok(());
            }
        };
        let whole = lines[..written].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        self.length += whole as u64;
        if whole != written {
            self.torn = self.file.set_len(self.length).is_err();
        }
        (whole, outcome)
    }
}

/// The name of the newest file (0) or of one that is older.
fn aged(path: &Path, age: u32) -> PathBuf {
    if age == 0 {
        return path.to_owned();
    }
    let mut name = OsString::from(path);
    name.push(format!(".{age}"));
    name.into()
}

fn open(path: &Path) -> io::Result<Open> {
    if let Some(folder) = path.parent() {
        own_folder(folder)?;
    }
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        // Nor does a pipe in its place keep us waiting for a reader.
        .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.uid() != getuid().as_raw() || metadata.nlink() != 1 {
        return Err(io::Error::other("it is not a plain file of this user's alone"));
    }
    if metadata.mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    let length = metadata.len();
    let mut last = [b'\n'];
    if length > 0 {
        file.seek(SeekFrom::Start(length - 1))?;
        file.read_exact(&mut last)?;
    }
    Ok(Open { file, length, torn: last != *b"\n" })
}

fn own_folder(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let metadata = fs::symlink_metadata(folder)?;
    if !metadata.is_dir() || metadata.uid() != getuid().as_raw() {
        return Err(io::Error::other("its folder is not this user's own"));
    }
    if metadata.mode() & 0o077 != 0 {
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// The lines that fit into so much room.
fn fitting(lines: &[u8], room: u64) -> &[u8] {
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(lines.len());
    let whole = lines[..room].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    &lines[..whole]
}

fn count(lines: &[u8]) -> u64 {
    lines.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// How many old files are kept.
const OLD: u32 = 4;

#[cfg(test)]
mod tests;
