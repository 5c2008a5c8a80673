//! Real connections of this process, judged as if they were a stranger's. Other uids need root:
//! those stand in `tests/root`.

use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;

use super::{Caller, Refused, Socket, TcpCallers, check_unix_peer, refuse};

/// A client of ours and the connection that the daemon accepted from it.
struct Call {
    client: TcpStream,
    accepted: TcpStream,
}

impl Call {
    fn new(door: SocketAddr, called: SocketAddr) -> Self {
        let listener = TcpListener::bind(door).unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = TcpStream::connect((called.ip(), port)).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        Self { client, accepted }
    }

    fn v4() -> Self {
        let door = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::new(door, door)
    }

    fn check(&self, uid: u32) -> Result<Caller, Refused> {
        check(&self.accepted, uid)
    }
}

fn check(accepted: &TcpStream, uid: u32) -> Result<Caller, Refused> {
    let callers = TcpCallers::open(uid).unwrap();
    callers.check(accepted.peer_addr().unwrap(), accepted.local_addr().unwrap())
}

fn ours() -> u32 {
    nix::unistd::getuid().as_raw()
}

#[test]
fn our_own_connection_is_accepted() {
    let caller = Call::v4().check(ours()).unwrap();
    assert_eq!(caller.uid, ours());
}

#[cfg(target_os = "linux")]
#[test]
fn the_inode_of_a_caller_is_that_of_its_socket() {
    use std::os::fd::AsRawFd;
    let call = Call::v4();
    let Socket::Inode(inode) = call.check(ours()).unwrap().socket else { panic!("a process") };
    let link = std::fs::read_link(format!("/proc/self/fd/{}", call.client.as_raw_fd())).unwrap();
    assert_eq!(link.to_str(), Some(format!("socket:[{inode}]").as_str()));
}

#[test]
fn our_own_connection_is_accepted_over_ipv6() {
    let door = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
    Call::new(door, door).check(ours()).unwrap();
}

#[test]
fn a_client_that_calls_ipv4_from_an_ipv6_socket_is_accepted() {
    let door = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mapped = SocketAddr::from((Ipv4Addr::LOCALHOST.to_ipv6_mapped(), 0));
    Call::new(door, mapped).check(ours()).unwrap();
}

#[test]
fn a_client_that_has_sent_everything_but_still_reads_is_accepted() {
    let call = Call::v4();
    call.client.shutdown(Shutdown::Write).unwrap();
    call.check(ours()).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_bound_to_the_loopback_interface_is_accepted() {
    use nix::sys::socket::{setsockopt, sockopt::BindToDevice};
    let call = Call::v4();
    setsockopt(&call.client, BindToDevice, &"lo".into()).unwrap();
    call.check(ours()).unwrap();
}

#[test]
fn another_users_connection_is_refused() {
    let refused = Call::v4().check(ours() + 1).unwrap_err();
    assert!(matches!(refused, Refused::OtherUser { uid } if uid == ours()), "{refused:?}");
}

#[test]
fn a_client_that_has_hung_up_is_refused() {
    let Call { client, accepted } = Call::v4();
    drop(client);
    let refused = check(&accepted, ours()).unwrap_err();
    assert!(matches!(refused, Refused::Closed), "{refused:?}");
}

#[tokio::test]
async fn a_client_that_has_reset_is_refused() {
    let Call { client, accepted } = Call::v4();
    let (peer, local) = (accepted.peer_addr().unwrap(), accepted.local_addr().unwrap());
    client.set_nonblocking(true).unwrap();
    refuse(tokio::net::TcpStream::from_std(client).unwrap());
    let refused = TcpCallers::open(ours()).unwrap().check(peer, local).unwrap_err();
    assert!(matches!(refused, Refused::Unknown), "{refused:?}");
}

#[test]
fn a_listener_of_ours_on_the_callers_port_vouches_for_nobody() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let door = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let callers = TcpCallers::open(ours()).unwrap();
    let refused = callers.check(listener.local_addr().unwrap(), door).unwrap_err();
    assert!(matches!(refused, Refused::Unknown), "{refused:?}");
}

#[test]
fn an_address_from_elsewhere_is_refused() {
    let callers = TcpCallers::open(ours()).unwrap();
    let [here, there]: [SocketAddr; 2] =
        ["127.0.0.1:7873", "192.0.2.1:7873"].map(|address| address.parse().unwrap());
    for (peer, local) in [(there, here), (here, there)] {
        let refused = callers.check(peer, local).unwrap_err();
        assert!(matches!(refused, Refused::NotLoopback), "{refused:?}");
    }
}

#[tokio::test]
async fn a_refused_client_sees_a_reset() {
    let Call { mut client, accepted } = Call::v4();
    accepted.set_nonblocking(true).unwrap();
    refuse(tokio::net::TcpStream::from_std(accepted).unwrap());
    let error = client.read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_unix_peer_must_be_our_user() {
    let (near, _far) = UnixStream::pair().unwrap();
    let caller = check_unix_peer(&near, ours()).unwrap();
    assert_eq!(caller.socket, Socket::Process(std::process::id()));
    let refused = check_unix_peer(&near, ours() + 1).unwrap_err();
    assert!(matches!(refused, Refused::OtherUser { uid } if uid == ours()), "{refused:?}");
}
