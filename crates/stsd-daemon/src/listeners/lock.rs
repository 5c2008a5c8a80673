//! One daemon a user: the lock that it holds for as long as it lives.
//!
//! The kernel lets go of it when the process ends, however it ends. The file stays, since removing
//! it would let two daemons lock two files of the same name.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;

use super::{FileId, ListenersError};

/// Held for life; dropping it lets another daemon start.
#[derive(Debug)]
pub(super) struct LockFile {
    file: File,
}

impl LockFile {
    /// Takes the lock and writes our process id into it.
    ///
    /// # Errors
    /// If another daemon of this user holds it.
    pub(super) fn take(path: &Path) -> Result<Self, ListenersError> {
        let failed = |source| ListenersError::Lock { path: path.into(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ListenersError::AlreadyRunning { pid: holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        sign(&mut file).map_err(failed)?;
        Ok(Self { file })
    }

    /// Whether it is this file that others would lock there.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        let ours = self.file.metadata().map(|ours| FileId::of(&ours));
        let there = fs::symlink_metadata(path).map(|there| FileId::of(&there));
        ours.ok().zip(there.ok()).is_some_and(|(ours, there)| ours == there)
    }
}

/// For the message of the daemon that comes second.
fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

/// Nobody known in the instant between another's lock and its signature.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(LONGEST_PID).read_to_string(&mut text).ok()?;
    text.strip_suffix('\n')?.parse().ok()
}

const LONGEST_PID: u64 = 16;

#[cfg(test)]
mod tests {
    use super::LockFile;
    use crate::listeners::ListenersError;

    #[test]
    fn the_second_daemon_hears_who_is_first_and_may_start_when_that_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("stsd.lock");
        std::fs::write(&path, "99999999999999\n").unwrap();
        let first = LockFile::take(&path).unwrap();
        for _ in 0..2 {
            let error = LockFile::take(&path).unwrap_err();
            let ours = std::process::id();
            assert!(
                matches!(error, ListenersError::AlreadyRunning { pid: Some(pid) } if pid == ours),
                "{error:?}"
            );
        }
        drop(first);
        LockFile::take(&path).unwrap();
    }

    #[test]
    fn a_symbolic_link_is_no_lock() {
        let home = tempfile::tempdir().unwrap();
        let (target, link) = (home.path().join("target"), home.path().join("stsd.lock"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let error = LockFile::take(&link).unwrap_err();
        assert!(matches!(error, ListenersError::Lock { .. }), "{error:?}");
        assert!(!target.exists());
    }
}
