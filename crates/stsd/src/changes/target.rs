//! A file that is to be changed: where it really stands, what it holds, and whether it is one that a
//! change may replace.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::Uid;

use super::ChangeError;
use super::disk::Looks;

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Behind every symbolic link: people keep such files elsewhere, and link to them.
    pub(super) path: PathBuf,
    /// Nothing if there is no file.
    pub(super) content: Option<Vec<u8>>,
    /// As they are, or as they are to be.
    pub(super) looks: Looks,
    /// The directories above it that are not there yet, outermost first.
    pub(super) missing: Vec<PathBuf>,
}

impl Target {
    /// Looks at the file; `mode` is for a new one.
    ///
    /// # Errors
    /// If it is not the user's own plain file with one name, or cannot be read.
    pub(crate) fn look(path: &Path, mode: u32) -> Result<Self, ChangeError> {
        let fail = |reason: &str| Err(ChangeError::new(path, reason));
        let path = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return absent(path, mode),
            Err(error) => return Err(ChangeError::new(path, error)),
            Ok(found) if found.is_symlink() => match fs::canonicalize(path) {
                Ok(target) => target,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return fail("is a symbolic link to nothing");
                }
                Err(error) => return Err(ChangeError::new(path, error)),
            },
            Ok(_) => path.to_owned(),
        };
        let found = fs::metadata(&path).map_err(|error| ChangeError::new(&path, error))?;
        if !found.is_file() {
            return fail("is no plain file");
        }
        if found.uid() != Uid::effective().as_raw() {
            return fail("belongs to another user");
        }
        if found.nlink() > 1 {
            return fail("has a second name (a hard link), which a change would cut off");
        }
        if found.len() > LONGEST {
            return fail("is longer than 4 MiB");
        }
        let content = fs::read(&path).map_err(|error| ChangeError::new(&path, error))?;
        let looks = Looks { mode: found.mode() & 0o7777, group: Some(found.gid()) };
        Ok(Self { path, content: Some(content), looks, missing: Vec::new() })
    }
}

fn absent(path: &Path, mode: u32) -> Result<Target, ChangeError> {
    let mut missing = Vec::new();
    for folder in path.ancestors().skip(1) {
        match fs::metadata(folder) {
            Ok(found) if found.is_dir() => break,
            Ok(_) => return Err(ChangeError::new(folder, "is no directory")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if fs::symlink_metadata(folder).is_ok() {
                    return Err(ChangeError::new(folder, "is a symbolic link to nothing"));
                }
                missing.insert(0, folder.to_owned());
            }
            Err(error) => return Err(ChangeError::new(folder, error)),
        }
    }
    let looks = Looks { mode, group: None };
    Ok(Target { path: path.to_owned(), content: None, looks, missing })
}

/// No file that is written by hand is longer.
const LONGEST: u64 = 4 << 20;
