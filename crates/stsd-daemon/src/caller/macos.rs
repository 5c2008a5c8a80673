//! Asks macOS who owns a TCP socket.
//!
//! An unprivileged process sees the descriptors of its own user's processes only, so the question is
//! turned round: a socket that none of them holds is a stranger's, or nobody's.

use std::ffi::c_int;
use std::io;
use std::net::SocketAddr;

use stsd_secret::macos::{processes, sockets};

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

/// What stands behind a descriptor, if it is a TCP socket and still open.
fn socket(pid: c_int, descriptor: c_int) -> Option<TcpSocket> {
    let mut room = [0; socket_fdinfo::SIZE];
    socket_fdinfo::decode(stsd_secret::macos::socket_fdinfo(pid, descriptor, &mut room))
}
