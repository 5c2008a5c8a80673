//! Who is calling: decided once per connection, before a byte of it is read.
//!
//! An authorization token alone can be stolen, and a user id alone is shared with every browser and
//! forwarded port of that user, so stsd demands both; this room knows the user ids. Whatever cannot
//! be told for certain is refused, and root is a stranger like any other.

use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;

use tokio::net::TcpStream;

#[cfg(all(target_os = "linux", any(test, fuzzing)))]
pub(crate) mod fuzzing;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(target_os = "linux")]
mod sock_diag;
#[cfg(any(target_os = "macos", test))]
mod socket_fdinfo;
#[cfg(test)]
mod tests;

#[cfg(target_os = "linux")]
pub(crate) use linux::SocketTable;
#[cfg(target_os = "macos")]
pub(crate) use macos::SocketTable;

/// Tells which user is at the other end of a TCP connection on this machine.
///
/// One query costs a microsecond on Linux, however many sockets there are.
#[derive(Debug)]
pub struct TcpCallers {
    sockets: SocketTable,
    uid: u32,
}

impl TcpCallers {
    /// Gets ready to accept `uid`, and nobody else.
    ///
    /// # Errors
    /// If the system does not say who owns a socket. The daemon then serves no TCP.
    pub fn open(uid: u32) -> Result<Self, CallersError> {
        let sockets = SocketTable::open(uid).map_err(CallersError)?;
        Ok(Self { sockets, uid })
    }

    /// Looks at an accepted connection: `peer` is the caller's address, `local` is ours.
    ///
    /// # Errors
    /// If it is not certain that the caller is our user and still there. Answer with [`refuse`].
    pub fn check(&self, peer: SocketAddr, local: SocketAddr) -> Result<Caller, Refused> {
        let (peer, local) = (canonical(peer), canonical(local));
        if !peer.ip().is_loopback() || !local.ip().is_loopback() {
            return Err(Refused::NotLoopback);
        }
        let owner = self.sockets.connected(peer, local).map_err(Refused::Unanswered)?;
        let owner = owner.ok_or(Refused::Unknown)?;
        // An orphan: kernels before 6.17 report it as root's.
        if owner.handle == 0 {
            return Err(Refused::Closed);
        }
        check_uid(owner.uid, self.uid)?;
        Ok(Caller { uid: owner.uid, socket: Socket::of_tcp(owner.handle), cgroup: owner.cgroup })
    }
}

/// Who is at the other end of an admitted connection, as far as the system tells at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    /// Our user's, as nobody else is admitted.
    pub uid: u32,
    /// What leads to the process.
    pub socket: Socket,
    /// The id of the control group that the socket was made in, which is that of a unit, where the
    /// kernel says so for TCP.
    pub cgroup: Option<u64>,
}

/// What leads from a connection to the process behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Socket {
    /// The process that connected; it may have ended since, or have passed the socket on.
    Process(u32),
    /// The inode of its socket, which some process of the user holds.
    Inode(u32),
}

impl Socket {
    /// The process, where the connection itself tells.
    pub fn pid(self) -> Option<u32> {
        match self {
            Self::Process(pid) => Some(pid),
            Self::Inode(_) => None,
        }
    }

    #[cfg(not(target_os = "macos"))]
    fn of_tcp(handle: u32) -> Self {
        Self::Inode(handle)
    }

    #[cfg(target_os = "macos")]
    fn of_tcp(handle: u32) -> Self {
        Self::Process(handle)
    }
}

/// Looks at an accepted connection of a Unix socket: its other end must have been opened by `uid`.
///
/// # Errors
/// If it was not, or if the system does not say.
pub fn check_unix_peer(stream: &UnixStream, uid: u32) -> Result<Caller, Refused> {
    let peer = unix_peer(stream).map_err(|errno| Refused::Unanswered(errno.into()))?;
    check_uid(peer.uid, uid)?;
    Ok(peer)
}

#[cfg(not(target_os = "macos"))]
fn unix_peer(stream: &UnixStream) -> nix::Result<Caller> {
    use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
    let peer = getsockopt(stream, PeerCredentials)?;
    let socket = Socket::Process(peer.pid().unsigned_abs());
    Ok(Caller { uid: peer.uid(), socket, cgroup: None })
}

#[cfg(target_os = "macos")]
fn unix_peer(stream: &UnixStream) -> nix::Result<Caller> {
    use nix::sys::socket::{getsockopt, sockopt::LocalPeerPid};
    let (uid, _) = nix::unistd::getpeereid(stream)?;
    let socket = Socket::Process(getsockopt(stream, LocalPeerPid)?.unsigned_abs());
    Ok(Caller { uid: uid.as_raw(), socket, cgroup: None })
}

/// Ends a connection with a reset: the caller learns at once, and nothing of it lingers here.
pub fn refuse(stream: TcpStream) {
    // A failure leaves an ordinary close, which tells the caller no more than the reset does.
    let _ = stream.set_zero_linger();
}

/// Why a connection was turned away.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// One of the two addresses is not this machine's own: forwarded, or `route_localnet`.
    #[error("not a connection within this machine")]
    NotLoopback,
    /// The system knows no such connection: reset, or translated on the way.
    #[error("the caller's socket is unknown")]
    Unknown,
    /// The caller has closed its socket, and with that nobody owns it.
    #[error("the caller has closed its socket")]
    Closed,
    /// Another user's connection, root's included.
    #[error("the caller is another user (uid {uid})")]
    OtherUser {
        /// Whose it is.
        uid: u32,
    },
    /// The system gave no answer.
    #[error("the system does not say who the caller is")]
    Unanswered(#[source] io::Error),
}

/// The system does not say who owns a TCP connection.
#[derive(Debug, thiserror::Error)]
#[error("cannot tell who calls over TCP")]
pub struct CallersError(#[source] io::Error);

/// Whose socket it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SocketOwner {
    pub(crate) uid: u32,
    /// Leads to the process that holds it: an inode on Linux, the process on macOS. Zero when none
    /// does.
    pub(crate) handle: u32,
    /// The control group that it was made in, where the kernel says.
    pub(crate) cgroup: Option<u64>,
}

fn check_uid(uid: u32, ours: u32) -> Result<(), Refused> {
    if uid == ours { Ok(()) } else { Err(Refused::OtherUser { uid }) }
}

/// An IPv4 address that travels as IPv6 counts as what it is.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
