//! One `stsd setup` or `stsd service` at a time. The lock is handed down to the programs that are
//! started meanwhile: whoever is killed leaves a `systemctl` behind that goes on, and what it still
//! does must not cross what the next run wants.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use stsd_protocol::{Refusal, RefusalCode};

use crate::clock;
use crate::failure::Failure;

/// Locks this home while the value, or a program that was started meanwhile, lives. A home that cannot
/// be locked, as some over a network, is no obstacle.
///
/// # Errors
/// If another one is at it, and for so long.
pub(super) fn alone(home: &Path, patience: Duration) -> Result<Option<File>, Failure> {
    let Ok(home) = File::open(home) else { return Ok(None) };
    let end = clock::since_boot() + patience;
    loop {
        match home.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) if clock::since_boot() >= end => return Err(busy()),
            // A lock on a file can be waited for, but not for a time.
            Err(TryLockError::WouldBlock) => thread::sleep(NAP),
        }
    }
    // Without it the lock only ends a little early.
    let _ = fcntl(&home, FcntlArg::F_SETFD(FdFlag::empty()));
    Ok(Some(home))
}

fn busy() -> Failure {
    let message = "another `stsd setup` or `stsd service` is under way";
    Refusal::new(RefusalCode::Unavailable, message)
        .with_hint("wait for it, or end it, and run this again")
        .into()
}

/// Systemd gives a service that stops five seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(8);
const NAP: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::{PATIENCE, alone};

    #[test]
    fn what_a_killed_run_has_left_running_is_waited_for() {
        let home = tempfile::tempdir().unwrap();
        let lock = alone(home.path(), Duration::ZERO).unwrap();
        assert_eq!(alone(home.path(), Duration::ZERO).unwrap_err().exit_code(), 75);
        let mut left = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        drop(lock);
        assert_eq!(alone(home.path(), Duration::ZERO).unwrap_err().exit_code(), 75);
        drop(left.stdin.take());
        assert!(alone(home.path(), PATIENCE).unwrap().is_some());
        left.wait().unwrap();
    }
}
