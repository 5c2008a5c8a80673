//! Listeners that launchd holds, from the `Sockets` of the agent's plist. It passes none of them by
//! number or environment: a C function hands them out, once each.

#![expect(unsafe_code, reason = "launchd hands out sockets through a C function alone")]

use std::ffi::CStr;
use std::os::fd::{FromRawFd, OwnedFd};
use std::{ptr, slice};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc::{self, c_char, c_int, size_t};

/// The sockets of this name; none if the plist has no such name, launchd could not bind it, or the
/// process was started by somebody else.
///
/// # Errors
/// `EALREADY` at the second call with a name, and whatever else the system says.
pub(super) fn activate(name: &CStr) -> Result<Vec<OwnedFd>, Errno> {
    let (mut list, mut count) = (ptr::null_mut(), 0);
    // SAFETY: the name is a C string that outlives the call; the other two are places of this frame
    // that the function writes to, and keeps no pointer to.
    let error = unsafe { launch_activate_socket(name.as_ptr(), &raw mut list, &raw mut count) };
    match Errno::from_raw(error) {
        _ if error == 0 => {}
        Errno::ENOENT | Errno::ESRCH => return Ok(Vec::new()),
        other => return Err(other),
    }
    if list.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: after success `list` points to `count` initialised numbers (launch(3)), and nothing
    // else knows of it.
    let numbers = unsafe { slice::from_raw_parts(list, count) }.to_vec();
    // SAFETY: launch(3): the list was allocated for the caller, who is to free it. The copy above is
    // the last that was read of it.
    unsafe { libc::free(list.cast()) };
    numbers.into_iter().map(own).collect()
}

/// Closes it to programs started from here, too: launch(3) does not say whether it is.
fn own(number: c_int) -> Result<OwnedFd, Errno> {
    if number < 0 {
        return Err(Errno::EBADF);
    }
    // SAFETY: open, and handed to this process to own. A name is activated once, so nobody here has
    // this descriptor yet.
    let owned = unsafe { OwnedFd::from_raw_fd(number) };
    fcntl(&owned, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(owned)
}

// SAFETY: as `launch.h` declares it, in libSystem since OS X 10.9.
unsafe extern "C" {
    fn launch_activate_socket(name: *const c_char, fds: *mut *mut c_int, cnt: *mut size_t)
    -> c_int;
}
