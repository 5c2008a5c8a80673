//! The functions of macOS's C library that nothing else wraps, each behind one that is safe: no
//! debugger, the sockets of other processes, the listeners that launchd holds.
//!
//! It asks and passes on; what an answer means is the caller's business.

#![expect(unsafe_code, reason = "neither std nor nix has these functions")]

use std::ffi::{CStr, c_void};
use std::os::fd::{FromRawFd, OwnedFd};
use std::{io, ptr, slice};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc::{self, c_char, c_int, size_t};

/// Lets no debugger attach to this process; one that is attached ends it.
///
/// # Errors
/// If the system refuses.
pub(crate) fn deny_attach() -> Result<(), Errno> {
    // SAFETY: this request reads neither the pid, nor the address, nor the number; it changes a
    // flag of the calling process only.
    let answer = unsafe { libc::ptrace(libc::PT_DENY_ATTACH, 0, ptr::null_mut(), 0) };
    Errno::result(answer).map(drop)
}

/// The processes that run as `uid`.
///
/// # Errors
/// If the system does not say.
pub fn processes(uid: u32) -> io::Result<Vec<c_int>> {
    let pids = list(0, |buffer, size| {
        // SAFETY: `list` gives a buffer of `size` bytes, or null with 0 to ask for the size; the
        // call writes no more than `size` bytes.
        unsafe { libc::proc_listpids(PROC_UID_ONLY, uid, buffer, size) }
    });
    if pids.is_empty() { Err(io::Error::last_os_error()) } else { Ok(pids) }
}

/// The descriptors of a process that are sockets; none if it has ended.
pub fn sockets(pid: c_int) -> Vec<c_int> {
    let nothing = libc::proc_fdinfo { proc_fd: 0, proc_fdtype: 0 };
    let descriptors = list(nothing, |buffer, size| {
        // SAFETY: as in `processes`.
        unsafe { libc::proc_pidinfo(pid, libc::PROC_PIDLISTFDS, 0, buffer, size) }
    });
    let is_socket = |entry: &libc::proc_fdinfo| entry.proc_fdtype == SOCKET;
    descriptors.iter().filter(|entry| is_socket(entry)).map(|entry| entry.proc_fd).collect()
}

/// What the system tells of a socket of a process, a `struct socket_fdinfo`, as far as there is room
/// for it; nothing if it is closed, or no socket.
pub fn socket_fdinfo(pid: c_int, descriptor: c_int, room: &mut [u8]) -> &[u8] {
    let Ok(size) = c_int::try_from(room.len()) else { return &[] };
    let buffer = room.as_mut_ptr().cast::<c_void>();
    // SAFETY: the buffer is `size` bytes long, and every pattern of bytes is valid in it.
    let written =
        unsafe { libc::proc_pidfdinfo(pid, descriptor, PROC_PIDFDSOCKETINFO, buffer, size) };
    usize::try_from(written).ok().and_then(|written| room.get(..written)).unwrap_or_default()
}

/// The sockets of this name that launchd holds; none if the agent's plist has no such name, launchd
/// could not bind it, or the process was started by somebody else.
///
/// # Errors
/// `EALREADY` at the second call with a name, and whatever else the system says.
pub fn activate(name: &CStr) -> Result<Vec<OwnedFd>, Errno> {
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

/// Fills a list by a call that takes a buffer and its size in bytes, and answers how many bytes it
/// wrote, or needs when there is no buffer. Asks again with more room while the list is full.
fn list<T: Copy>(nothing: T, call: impl Fn(*mut c_void, c_int) -> c_int) -> Vec<T> {
    let needed = call(ptr::null_mut(), 0);
    let mut room = usize::try_from(needed).unwrap_or(0) / size_of::<T>() + SLACK;
    loop {
        let mut entries = vec![nothing; room];
        let Ok(size) = c_int::try_from(room * size_of::<T>()) else { return Vec::new() };
        let written = call(entries.as_mut_ptr().cast(), size);
        let filled = usize::try_from(written).unwrap_or(0) / size_of::<T>();
        if filled < room {
            entries.truncate(filled);
            return entries;
        }
        room *= 2;
    }
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

/// From `sys/proc_info.h`.
const PROC_UID_ONLY: u32 = 4;
const PROC_PIDFDSOCKETINFO: c_int = 3;
const SOCKET: u32 = libc::PROX_FDTYPE_SOCKET as u32;
/// Room for what is opened between the two calls.
const SLACK: usize = 16;

// SAFETY: as `launch.h` declares it, in libSystem since OS X 10.9.
unsafe extern "C" {
    fn launch_activate_socket(name: *const c_char, fds: *mut *mut c_int, cnt: *mut size_t)
    -> c_int;
}
