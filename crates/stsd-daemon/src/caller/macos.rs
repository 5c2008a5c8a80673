//! Asks macOS who owns a TCP socket.
//!
//! An unprivileged process sees the descriptors of its own user's processes only, so the question is
//! turned round: a socket that none of them holds is a stranger's, or nobody's.

#![expect(unsafe_code, reason = "libproc has no safe wrapper")]

use std::ffi::{c_int, c_void};
use std::io;
use std::net::SocketAddr;

use nix::libc;

use super::SocketOwner;
use super::socket_fdinfo::{self, TcpSocket, TcpState};

/// The TCP sockets of one user's processes.
#[derive(Debug)]
pub(crate) struct SocketTable {
    uid: u32,
}

impl SocketTable {
    /// The table of `uid`'s processes; tries once whether it can be read.
    pub(crate) fn open(uid: u32) -> io::Result<Self> {
        processes(uid)?;
        Ok(Self { uid })
    }

    /// Whose socket it is that has the address `local` and is connected to `remote`.
    pub(crate) fn connected(
        &self,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> io::Result<Option<SocketOwner>> {
        self.find(|socket| {
            socket.state == TcpState::Connected && socket.local == local && socket.remote == remote
        })
    }

    /// Whose socket it is that listens at the port of `local`.
    pub(crate) fn listening(&self, local: SocketAddr) -> io::Result<Option<SocketOwner>> {
        self.find(|socket| {
            socket.state == TcpState::Listening && socket.local.port() == local.port()
        })
    }

    fn find(&self, wanted: impl Fn(&TcpSocket) -> bool) -> io::Result<Option<SocketOwner>> {
        for pid in processes(self.uid)? {
            let held = sockets(pid).into_iter().filter_map(|descriptor| socket(pid, descriptor));
            if held.into_iter().any(|socket| wanted(&socket)) {
                return Ok(Some(SocketOwner {
                    uid: self.uid,
                    handle: pid.unsigned_abs(),
                    cgroup: None,
                }));
            }
        }
        Ok(None)
    }
}

/// The processes that run as `uid`.
fn processes(uid: u32) -> io::Result<Vec<c_int>> {
    let pids = list(0, |buffer, size| {
        // SAFETY: `list` gives a buffer of `size` bytes, or null with 0 to ask for the size; the
        // call writes no more than `size` bytes.
        unsafe { libc::proc_listpids(PROC_UID_ONLY, uid, buffer, size) }
    });
    if pids.is_empty() { Err(io::Error::last_os_error()) } else { Ok(pids) }
}

/// The descriptors of a process that are sockets; none if it has ended.
fn sockets(pid: c_int) -> Vec<c_int> {
    let nothing = libc::proc_fdinfo { proc_fd: 0, proc_fdtype: 0 };
    let descriptors = list(nothing, |buffer, size| {
        // SAFETY: as in `processes`.
        unsafe { libc::proc_pidinfo(pid, libc::PROC_PIDLISTFDS, 0, buffer, size) }
    });
    let is_socket = |entry: &libc::proc_fdinfo| entry.proc_fdtype == SOCKET;
    descriptors.iter().filter(|entry| is_socket(entry)).map(|entry| entry.proc_fd).collect()
}

/// What stands behind a descriptor, if it is a TCP socket and still open.
fn socket(pid: c_int, descriptor: c_int) -> Option<TcpSocket> {
    let mut bytes = [0_u8; socket_fdinfo::SIZE];
    let buffer = bytes.as_mut_ptr().cast::<c_void>();
    let size = bytes.len() as c_int;
    // SAFETY: the buffer is `size` bytes long, and every pattern of bytes is valid in it.
    let written =
        unsafe { libc::proc_pidfdinfo(pid, descriptor, PROC_PIDFDSOCKETINFO, buffer, size) };
    let written = usize::try_from(written).ok()?;
    socket_fdinfo::decode(bytes.get(..written)?)
}

/// Fills a list by a call that takes a buffer and its size in bytes, and answers how many bytes it
/// wrote, or needs when there is no buffer. Asks again with more room while the list is full.
fn list<T: Copy>(nothing: T, call: impl Fn(*mut c_void, c_int) -> c_int) -> Vec<T> {
    let needed = call(std::ptr::null_mut(), 0);
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

/// From `sys/proc_info.h`.
const PROC_UID_ONLY: u32 = 4;
const PROC_PIDFDSOCKETINFO: c_int = 3;
const SOCKET: u32 = libc::PROX_FDTYPE_SOCKET as u32;
/// Room for what is opened between the two calls.
const SLACK: usize = 16;
