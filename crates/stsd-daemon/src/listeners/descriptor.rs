//! Descriptors by their number: those that were handed to this process, and how many it may have.

#![expect(unsafe_code, reason = "a service manager passes descriptors as bare numbers")]

use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Takes over a descriptor that came with exec, and closes it to programs started from here.
///
/// # Errors
/// `EBADF` if there is none with this number, or if this process has opened or taken it itself.
pub(super) fn take(number: RawFd) -> Result<OwnedFd, Errno> {
    // 0, 1 and 2 are the standard library's.
    if number <= 2 {
        return Err(Errno::EBADF);
    }
    // From the look at the flag until it is set.
    let _one_at_a_time = TAKING.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: `F_GETFD` reads a flag, and answers EBADF for a number that is not open.
    let flags = Errno::result(unsafe { libc::fcntl(number, libc::F_GETFD) })?;
    // What came with exec has this flag off, or exec had closed it. What this process opens has it
    // on: the standard library, tokio and nix's calls as used here all set it, and so does this
    // function below, hence a second call ends here.
    if FdFlag::from_bits_retain(flags).contains(FdFlag::FD_CLOEXEC) {
        return Err(Errno::EBADF);
    }
    // SAFETY: open, and by the flag nobody in this process owns it.
    let owned = unsafe { OwnedFd::from_raw_fd(number) };
    fcntl(&owned, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(owned)
}

/// Raises the soft limit of descriptors, so that 2,048 callers at once find room, and says what it
/// is now.
///
/// The soft limit is 1,024 on most systems, for the sake of programs that use select(2).
pub fn raise_descriptor_limit() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 0 };
    // macOS says "unlimited" and then refuses more than the last of these.
    for wanted in [hard.min(ENOUGH), hard.min(MACOS_OPEN_MAX)] {
        if wanted > soft && setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_ok() {
            return wanted;
        }
    }
    soft
}

static TAKING: Mutex<()> = Mutex::new(());
const ENOUGH: u64 = 65_536;
const MACOS_OPEN_MAX: u64 = 10_240;

#[cfg(test)]
mod tests {
    use super::{raise_descriptor_limit, take};
    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
    use nix::sys::resource::{Resource, getrlimit};
    use std::fs::File;
    use std::os::fd::{AsRawFd, IntoRawFd};

    #[test]
    fn a_descriptor_is_taken_once_and_then_closed_to_children() {
        let file = File::open("/dev/null").unwrap();
        // As it is after exec.
        fcntl(&file, FcntlArg::F_SETFD(FdFlag::empty())).unwrap();
        let number = file.into_raw_fd();
        let taken = take(number).unwrap();
        assert_eq!(taken.as_raw_fd(), number);
        let flags = fcntl(&taken, FcntlArg::F_GETFD).unwrap();
        assert_eq!(flags, FdFlag::FD_CLOEXEC.bits());
        assert_eq!(take(number).unwrap_err(), Errno::EBADF);
    }

    #[test]
    fn what_this_process_has_opened_is_not_taken() {
        let file = File::open("/dev/null").unwrap();
        assert_eq!(take(file.as_raw_fd()).unwrap_err(), Errno::EBADF);
        for number in [-1, 0, 1, 2, 1_000_000] {
            assert_eq!(take(number).unwrap_err(), Errno::EBADF, "{number}");
        }
    }

    #[test]
    fn the_soft_limit_of_descriptors_is_raised() {
        let limit = raise_descriptor_limit();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(limit, soft);
        assert!(soft >= hard.min(10_240), "{soft} of {hard}");
        assert_eq!(raise_descriptor_limit(), limit);
    }
}
