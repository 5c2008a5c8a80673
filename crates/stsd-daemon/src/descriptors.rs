//! What the compiler cannot know of a descriptor: that a bare number is ours to own, and that a
//! listener keeps its number while the runtime waits for it.
//!
//! The only `unsafe` of the daemon. The rest of it speaks of [`OwnedFd`] and of the types of std.

#![expect(unsafe_code, reason = "who owns a descriptor is a promise that no type can check")]

use std::io;
use std::net::TcpListener;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixListener;
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Takes over a descriptor that came with exec, and closes it to programs started from here.
///
/// # Errors
/// `EBADF` if there is none with this number, or if this process has opened or taken it itself.
pub(crate) fn take(number: RawFd) -> Result<OwnedFd, Errno> {
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

/// A listener that the runtime waits for, and that stays what it was.
///
/// # Errors
/// If the system has no room for one more thing to wait for.
pub(crate) fn watch<L: Listening>(listener: L) -> io::Result<AsyncFd<L>> {
    // SAFETY: std's listeners, and nothing else is `Listening`, own their descriptor, name the same
    // one each time, and close it when they are dropped, which the `AsyncFd` does after it has taken
    // it out of epoll.
    let registered = unsafe { AsyncFd::register_with_interest(listener, Interest::READABLE) };
    Ok(registered?)
}

/// The listeners of std; nobody else can say so of a type.
pub(crate) trait Listening: AsRawFd + sealed::Sealed {}

impl Listening for TcpListener {}
impl Listening for UnixListener {}

mod sealed {
    pub(crate) trait Sealed {}

    impl Sealed for super::TcpListener {}
    impl Sealed for super::UnixListener {}
}

static TAKING: Mutex<()> = Mutex::new(());

#[cfg(test)]
mod tests {
    use super::take;
    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
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
}
