//! The few things that are ever done to the user's files, one system call or one whole file each, so
//! that a test can end the world at every one of them.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// What a new file is to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Looks {
    /// Its permissions, whatever the umask is.
    pub(crate) mode: u32,
    /// Its group, where it takes the place of a file that has one.
    pub(crate) group: Option<u32>,
}

/// Where changes are made.
pub(crate) trait Disk {
    /// Makes one directory, for its owner alone.
    fn make_directory(&self, path: &Path) -> io::Result<()>;
    /// Makes a new file, and comes back when the disk has it.
    fn create(&self, path: &Path, bytes: &[u8], looks: Looks) -> io::Result<()>;
    /// Puts a file in the place of another, and comes back when the disk has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file; one that is not there is no error.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory that is empty; any other stays, and is no error.
    fn remove_directory(&self, path: &Path) -> io::Result<()>;
    /// Removes a file, or a directory with all that is in it; links are not followed.
    fn remove_tree(&self, path: &Path) -> io::Result<()>;

    /// Writes a file whole or not at all.
    fn write(&self, path: &Path, bytes: &[u8], looks: Looks) -> io::Result<()> {
        let draft = draft(path);
        // Of a run that was killed.
        self.remove(&draft)?;
        let written = self.create(&draft, bytes, looks).and_then(|()| self.rename(&draft, path));
        if written.is_err() {
            let _ = self.remove(&draft);
        }
        written
    }
}

/// Where a file stands until it is whole. One name for each file, so that what a killed run left is
/// found again.
pub(super) fn draft(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.stsd-new"))
}

/// The disk itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn make_directory(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(path)?;
        sync_folder_of(path)
    }

    fn create(&self, path: &Path, bytes: &[u8], looks: Looks) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(bytes)?;
        if looks.group.is_some() {
            fchown(&file, None, looks.group)?;
        }
        // After the owner: chown takes the set-id bits away.
        file.set_permissions(Permissions::from_mode(looks.mode))?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        sync_folder_of(to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(()) => sync_folder_of(path),
        }
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        const NO_ERROR: &[io::ErrorKind] =
            &[io::ErrorKind::NotFound, io::ErrorKind::DirectoryNotEmpty];
        match fs::remove_dir(path) {
            Err(error) if NO_ERROR.contains(&error.kind()) => Ok(()),
            outcome => outcome,
        }
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        match fs::symlink_metadata(path)?.is_dir() {
            true => fs::remove_dir_all(path),
            false => fs::remove_file(path),
        }
    }
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
