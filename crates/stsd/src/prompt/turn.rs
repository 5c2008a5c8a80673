//! One question at a time on each terminal: a file beside the daemon's socket, locked by whoever
//! asks. The kernel lets go of it when the process ends, however it ends. In it stands when a
//! question was declined, so that those who have waited for it do not ask again.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::libc::O_NOFOLLOW;
use nix::unistd::{Pid, Uid};

/// A place in the queue of one terminal. Dropping it lets the next one ask.
#[derive(Debug)]
pub(super) struct Turn {
    path: PathBuf,
    file: File,
}

impl Turn {
    /// Nothing, if the socket's folder is not the user's own and closed to everybody else. One
    /// session of processes has one terminal.
    pub(super) fn beside(socket: &Path, session: Pid) -> Option<Self> {
        let folder = socket.parent()?;
        let found = fs::symlink_metadata(folder).ok()?;
        let own = found.uid() == Uid::effective().as_raw() && found.mode() & 0o077 == 0;
        let path = folder.join(format!("prompt-{session}"));
        let file = if found.is_dir() && own { open(&path).ok()? } else { return None };
        Some(Self { path, file })
    }

    /// Whether it is this process's turn now. Does not wait.
    pub(super) fn take(&mut self) -> io::Result<bool> {
        match self.file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let current = fs::symlink_metadata(&self.path).ok().map(|found| found.ino());
        if current == Some(self.file.metadata()?.ino()) {
            return Ok(true);
        }
        // Removed after an answer. The next try is with the file that others lock now.
        self.file = open(&self.path)?;
        Ok(false)
    }

    /// Whether a no to this identity's question holds for a process that began at this moment: it was
    /// said after that, or just before it to a process of the same command line.
    pub(super) fn was_declined(&self, identity: &str, began: Duration, group: Pid) -> bool {
        declined(&self.text(), identity).is_some_and(|(moment, of)| {
            moment >= began || of == group && began.saturating_sub(moment) < AT_ONCE
        })
    }

    /// Notes that a process of this group was told no at this moment.
    pub(super) fn decline(&self, identity: &str, now: Duration, group: Pid) {
        let others: String = self
            .text()
            .lines()
            .filter(|line| line.split_once(' ').is_some_and(|(other, _)| other != identity))
            .map(|line| format!("{line}\n"))
            .collect();
        // On a full disk the others ask again, and are declined one by one.
        let _ = self.write(&format!("{others}{identity} {} {group}\n", now.as_nanos()));
    }

    /// The question was answered, so there is nothing to remember.
    pub(super) fn close(self) {
        let _ = fs::remove_file(&self.path);
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let mut file = &self.file;
        let read = file
            .seek(SeekFrom::Start(0))
            .and_then(|_| file.take(LONGEST).read_to_string(&mut text));
        read.map_or(String::new(), |_| text)
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(text.as_bytes())
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.custom_flags(O_NOFOLLOW).open(path)
}

/// When, since boot, and to which group of processes.
fn declined(text: &str, identity: &str) -> Option<(Duration, Pid)> {
    let line = text.lines().find_map(|line| line.strip_prefix(identity)?.strip_prefix(' '))?;
    let (moment, group) = line.split_once(' ')?;
    Some((Duration::from_nanos(moment.parse().ok()?), Pid::from_raw(group.parse().ok()?)))
}

/// What one command line starts is not all there when the first of it asks.
const AT_ONCE: Duration = Duration::from_secs(10);

/// Some hundred identities.
const LONGEST: u64 = 8 * 1024;

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::time::Duration;

    use nix::unistd::Pid;
    use tempfile::TempDir;

    use super::Turn;

    fn own_folder() -> TempDir {
        tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir().unwrap()
    }

    fn turn(folder: &TempDir, session: i32) -> Turn {
        Turn::beside(&folder.path().join("stsd.sock"), Pid::from_raw(session)).unwrap()
    }

    #[test]
    fn one_has_the_turn_and_its_end_gives_it_to_the_next() {
        let folder = own_folder();
        let (mut first, mut second) = (turn(&folder, 1), turn(&folder, 1));
        assert!(first.take().unwrap());
        assert!(!second.take().unwrap());
        assert!(turn(&folder, 2).take().unwrap(), "another terminal has a question of its own");
        drop(first);
        assert!(second.take().unwrap());
    }

    #[test]
    fn a_no_is_for_those_who_had_begun_before_it_and_for_that_identity() {
        let folder = own_folder();
        let moment = Duration::from_secs;
        let (one, another) = (Pid::from_raw(100), Pid::from_raw(200));
        turn(&folder, 1).decline("AKIA1", moment(10), one);
        turn(&folder, 1).decline("AKIA2", moment(20), one);
        turn(&folder, 1).decline("AKIA1", moment(30), one);
        let next = turn(&folder, 1);
        assert!(next.was_declined("AKIA1", moment(29), another));
        assert!(!next.was_declined("AKIA1", moment(31), another));
        assert!(next.was_declined("AKIA2", moment(19), another));
        assert!(!next.was_declined("AKIA", moment(1), another));
        assert!(!turn(&folder, 2).was_declined("AKIA1", moment(1), one));
    }

    #[test]
    fn for_the_same_command_line_it_holds_ten_seconds() {
        let folder = own_folder();
        let moment = Duration::from_secs;
        let (one, another) = (Pid::from_raw(100), Pid::from_raw(200));
        let turn = turn(&folder, 1);
        turn.decline("AKIA1", moment(30), one);
        assert!(turn.was_declined("AKIA1", moment(39), one));
        assert!(!turn.was_declined("AKIA1", moment(40), one));
        assert!(!turn.was_declined("AKIA1", moment(31), another));
    }

    #[test]
    fn after_an_answer_the_file_is_gone_and_those_who_wait_still_take_turns() {
        let folder = own_folder();
        let (mut first, mut second, mut third) =
            (turn(&folder, 1), turn(&folder, 1), turn(&folder, 1));
        assert!(first.take().unwrap());
        first.close();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(
            !second.take().unwrap() && !third.take().unwrap(),
            "the old file's lock is no turn"
        );
        assert!(second.take().unwrap());
        assert!(!third.take().unwrap());
    }

    #[test]
    fn nothing_is_locked_in_a_folder_that_others_reach_or_through_a_link() {
        let folder = own_folder();
        let beside = || Turn::beside(&folder.path().join("stsd.sock"), Pid::from_raw(1));
        let target = folder.path().join("target");
        symlink(&target, folder.path().join("prompt-1")).unwrap();
        assert!(beside().is_none());
        assert!(!target.exists());
        fs::remove_file(folder.path().join("prompt-1")).unwrap();
        for mode in [0o710, 0o701, 0o777] {
            fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            assert!(beside().is_none(), "{mode:o}");
        }
        assert!(!folder.path().join("prompt-1").exists());
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
        assert!(beside().is_some());
        let mode = fs::metadata(folder.path().join("prompt-1")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
