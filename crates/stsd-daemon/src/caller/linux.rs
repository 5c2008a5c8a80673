//! Asks Linux who owns a TCP socket, over one netlink socket that stays open.
//!
//! Unlike a look into `/proc/net/tcp` this finds IPv4 callers on IPv6 sockets and costs the same with
//! fifty thousand connections as with one. It needs no privilege.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recvfrom, sendto,
    socket,
};

use super::SocketOwner;
use super::sock_diag::{self, Answer, Query};

/// The kernel's table of TCP sockets.
#[derive(Debug)]
pub(crate) struct SocketTable {
    // Asking is sending and receiving at once, without waiting: never held across an await.
    channel: Mutex<Channel>,
    loopback: u32,
}

impl SocketTable {
    /// Opens the table and tries it: where a sandbox or a kernel without `inet_diag` is in the way,
    /// this fails, and not the first caller. Every user may see all of it.
    pub(crate) fn open(_uid: u32) -> io::Result<Self> {
        let socket = socket(
            AddressFamily::Netlink,
            SockType::Datagram,
            SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
            SockProtocol::NetlinkSockDiag,
        )?;
        // Without a loopback interface nothing is ever found, and nobody can connect either.
        let loopback = nix::net::if_::if_nametoindex("lo").unwrap_or(0);
        let table = Self { channel: Mutex::new(Channel { socket, sequence: 0 }), loopback };
        let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        table.connected(nobody, nobody)?;
        Ok(table)
    }

    /// Whose socket it is that has the address `local` and is connected to `remote`.
    pub(crate) fn connected(
        &self,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> io::Result<Option<SocketOwner>> {
        self.find(Query { local, remote, interface: self.loopback })
    }

    /// Whose socket it is that listens at `local`, or at all addresses with that port.
    pub(crate) fn listening(&self, local: SocketAddr) -> io::Result<Option<SocketOwner>> {
        let remote = sock_diag::nowhere(local);
        self.find(Query { local, remote, interface: self.loopback })
    }

    fn find(&self, query: Query) -> io::Result<Option<SocketOwner>> {
        // What a panic left behind is at worst a stale answer, which is dropped by its number.
        let mut channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        channel.send(&query)?;
        match channel.receive(&query)? {
            Answer::Found(owner) => Ok(Some(owner)),
            Answer::Missing => Ok(None),
            Answer::Failed(error) => Err(io::Error::from_raw_os_error(error)),
        }
    }
}

#[derive(Debug)]
struct Channel {
    socket: OwnedFd,
    sequence: u32,
}

impl Channel {
    fn send(&mut self, query: &Query) -> io::Result<()> {
        self.sequence = self.sequence.wrapping_add(1);
        let request = sock_diag::encode(query, self.sequence);
        let kernel = NetlinkAddr::new(0, 0);
        sendto(self.socket.as_raw_fd(), &request, &kernel, MsgFlags::empty())?;
        Ok(())
    }

    /// The kernel has answered before `send` returns, so there is nothing to wait for: an empty
    /// queue means that there will be no answer. Whatever is not the kernel's answer to this very
    /// question is dropped.
    fn receive(&mut self, query: &Query) -> io::Result<Answer> {
        let mut datagram = [0; DATAGRAM];
        loop {
            let (length, sender) = recvfrom::<NetlinkAddr>(self.socket.as_raw_fd(), &mut datagram)?;
            if sender.is_none_or(|sender| sender.pid() != KERNEL) {
                continue;
            }
            let bytes = datagram.get(..length).ok_or(Errno::EMSGSIZE)?;
            let answer =
                sock_diag::decode(bytes, query, self.sequence).map_err(io::Error::other)?;
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
    }
}

/// The port id of the kernel itself.
const KERNEL: u32 = 0;
/// An answer takes 88 bytes, and some attributes that nobody asked for.
const DATAGRAM: usize = 1024;

#[cfg(test)]
mod tests {
    use super::{Query, SocketTable};
    use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

    #[test]
    fn an_answer_that_nobody_read_does_not_confuse_the_next_question() {
        let table = SocketTable::open(0).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let door = listener.local_addr().unwrap();
        let client = TcpStream::connect(door).unwrap();
        let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let stale = Query { local: nobody, remote: nobody, interface: 0 };
        for _ in 0..3 {
            table.channel.lock().unwrap().send(&stale).unwrap();
        }
        let owner = table.connected(client.local_addr().unwrap(), door).unwrap().unwrap();
        assert_eq!(owner.uid, nix::unistd::getuid().as_raw());
        assert_eq!(table.connected(nobody, door).unwrap(), None);
    }

    #[test]
    fn finds_who_listens() {
        let table = SocketTable::open(0).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let owner = table.listening((Ipv4Addr::LOCALHOST, port).into()).unwrap().unwrap();
        assert_eq!(owner.uid, nix::unistd::getuid().as_raw());
        assert_ne!(owner.handle, 0);
    }

    #[tokio::test]
    async fn a_port_that_is_bound_but_does_not_listen_has_no_listener() {
        let table = SocketTable::open(0).unwrap();
        let bound = tokio::net::TcpSocket::new_v4().unwrap();
        bound.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        assert_eq!(table.listening(bound.local_addr().unwrap()).unwrap(), None);
    }
}
