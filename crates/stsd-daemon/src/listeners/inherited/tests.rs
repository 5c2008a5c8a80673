//! The announcement by a table; descriptors by real sockets, as a service manager would pass them.

use std::fs::File;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;

use super::{Announcement, Inherited, InheritedError, Passed};

const OURS: u32 = 4711;

fn read(
    pid: Option<&str>,
    descriptors: Option<&str>,
    names: Option<&str>,
) -> Result<Vec<Passed>, String> {
    let [pid, descriptors, names] = [pid, descriptors, names].map(|value| value.map(str::to_owned));
    Announcement { pid, descriptors, names }.read(OURS).map_err(|error| error.to_string())
}

fn passed(all: &[(i32, &str)]) -> Vec<Passed> {
    all.iter().map(|&(number, name)| Passed { number, name: name.to_owned() }).collect()
}

fn add(descriptor: impl Into<OwnedFd>) -> Result<Inherited, InheritedError> {
    let mut inherited = Inherited::default();
    inherited.add(descriptor.into(), "stsd.socket".to_owned()).map(|()| inherited)
}

#[test]
fn an_announcement_counts_only_for_the_process_that_it_names() {
    for (pid, descriptors) in
        [(None, None), (None, Some("2")), (Some("4711"), None), (Some("4712"), Some("2"))]
    {
        assert_eq!(read(pid, descriptors, None), Ok(Vec::new()), "{pid:?} {descriptors:?}");
    }
    assert_eq!(read(Some("4711"), Some("0"), None), Ok(Vec::new()));
}

#[test]
fn descriptors_are_counted_from_three_and_named() {
    let unnamed = passed(&[(3, "unknown"), (4, "unknown")]);
    assert_eq!(read(Some("4711"), Some("2"), None), Ok(unnamed));
    let named = passed(&[(3, "stsd.socket"), (4, ""), (5, "http")]);
    assert_eq!(read(Some("4711"), Some("3"), Some("stsd.socket::http")), Ok(named));
}

#[test]
fn a_garbled_announcement_is_an_error() {
    let table = [
        (read(Some("x"), Some("1"), None), "LISTEN_PID"),
        (read(Some("4711"), Some("-1"), None), "LISTEN_FDS"),
        (read(Some("4711"), Some("many"), None), "LISTEN_FDS"),
        (read(Some("4711"), Some("99999999999"), None), "LISTEN_FDS"),
        (read(Some("4711"), Some("2"), Some("a")), "LISTEN_FDNAMES"),
        (read(Some("4711"), Some("1"), Some("a:b")), "LISTEN_FDNAMES"),
    ];
    for (answer, variable) in table {
        assert_eq!(answer, Err(format!("{variable} is garbled")));
    }
}

#[test]
fn a_socket_goes_where_its_address_belongs() {
    let home = tempfile::tempdir().unwrap();
    let unix = |name: &str| UnixListener::bind(home.path().join(name)).unwrap();
    assert!(add(unix("stsd.sock")).unwrap().control.is_some());
    assert!(add(unix("creds.sock")).unwrap().credentials.is_some());
    assert_eq!(
        add(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()).unwrap().endpoint.len(),
        1
    );
    assert_eq!(
        add(TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap()).unwrap().endpoint.len(),
        1
    );
}

#[test]
fn a_file_under_the_name_of_the_record_is_let_through_and_a_socket_is_not() {
    let mut inherited = Inherited::default();
    for file in ["/dev/null", "/proc/self/status"] {
        inherited.add(File::open(file).unwrap().into(), "sessions".to_owned()).unwrap();
    }
    assert_eq!(inherited.records.len(), 2);
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let error = inherited.add(socket.into(), "sessions".to_owned()).unwrap_err();
    assert!(matches!(error, InheritedError::NotADoor { .. }), "{error:?}");
}

#[test]
fn what_is_no_door_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let connected = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let strangers: [OwnedFd; 5] = [
        File::open("/dev/null").unwrap().into(),
        UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().into(),
        connected.into(),
        UnixListener::bind(home.path().join("other.sock")).unwrap().into(),
        UnixListener::bind(home.path().join("notstsd.sock")).unwrap().into(),
    ];
    for stranger in strangers {
        let error = add(stranger).unwrap_err();
        assert!(matches!(error, InheritedError::NotADoor { .. }), "{error:?}");
    }
}

#[test]
fn a_port_that_others_can_reach_is_an_error() {
    let error = add(TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap()).unwrap_err();
    assert!(matches!(error, InheritedError::Elsewhere { .. }), "{error:?}");
}

#[test]
fn a_door_that_is_passed_twice_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    let socket = UnixListener::bind(home.path().join("stsd.sock")).unwrap();
    let mut inherited = add(socket.try_clone().unwrap()).unwrap();
    let error = inherited.add(socket.into(), "stsd.socket".to_owned()).unwrap_err();
    assert!(matches!(error, InheritedError::Twice { .. }), "{error:?}");
}
