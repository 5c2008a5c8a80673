//! All doors together, in a directory of their own.

use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use stsd_protocol::Places;

use super::{Inherited, Listeners, ListenersError, PortSettings};

fn places(home: &Path) -> Places {
    let variable = |name: &str| match name {
        "HOME" | "XDG_RUNTIME_DIR" => Some(home.into()),
        _ => None,
    };
    Places::find(variable, uid()).unwrap()
}

fn uid() -> u32 {
    nix::unistd::getuid().as_raw()
}

fn open(places: &Places, inherited: Inherited) -> Result<Listeners, ListenersError> {
    let flag = Some("127.0.0.1:0".parse().unwrap());
    Listeners::open(places, uid(), inherited, &PortSettings { flag, ..PortSettings::default() })
}

#[tokio::test]
async fn a_second_daemon_leaves_the_first_ones_sockets_alone() {
    let home = tempfile::tempdir().unwrap();
    let places = places(home.path());
    let first = open(&places, Inherited::default()).unwrap();
    let error = open(&places, Inherited::default()).unwrap_err();
    let text = format!("another stsd-daemon is running (process {})", std::process::id());
    assert_eq!(error.to_string(), text);
    let _client = UnixStream::connect(places.control_socket()).unwrap();
    first.control.accept().await.unwrap();
    let _client = UnixStream::connect(places.credentials_socket()).unwrap();
    first.credentials.accept().await.unwrap();
}

#[tokio::test]
async fn a_second_daemon_with_another_runtime_directory_does_not_share_the_state() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let places = places(home.path());
    std::fs::create_dir_all(&places.state).unwrap();
    let elsewhere = Places { runtime: other.path().join("stsd"), ..places.clone() };
    let _first = open(&places, Inherited::default()).unwrap();
    let error = open(&elsewhere, Inherited::default()).unwrap_err();
    assert!(matches!(error, ListenersError::AlreadyRunning { .. }), "{error}");
}

#[tokio::test]
async fn a_clean_end_removes_the_sockets_and_lets_the_next_daemon_start() {
    let home = tempfile::tempdir().unwrap();
    let places = places(home.path());
    drop(open(&places, Inherited::default()).unwrap());
    assert!(!places.control_socket().exists());
    assert!(!places.credentials_socket().exists());
    open(&places, Inherited::default()).unwrap();
}

#[tokio::test]
async fn a_daemon_that_was_killed_leaves_sockets_that_the_next_one_replaces() {
    let home = tempfile::tempdir().unwrap();
    let places = places(home.path());
    std::fs::create_dir(&places.runtime).unwrap();
    std::fs::set_permissions(&places.runtime, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .unwrap();
    drop(UnixListener::bind(places.control_socket()).unwrap());
    let listeners = open(&places, Inherited::default()).unwrap();
    let _client = UnixStream::connect(places.control_socket()).unwrap();
    listeners.control.accept().await.unwrap();
}

#[tokio::test]
async fn an_inherited_socket_is_served_and_stays_when_the_daemon_ends() {
    let home = tempfile::tempdir().unwrap();
    let places = places(home.path());
    // The service manager made the directory, closed to others, and the socket in it.
    drop(open(&places, Inherited::default()).unwrap());
    let socket = UnixListener::bind(places.control_socket()).unwrap();
    let mut inherited = Inherited::default();
    inherited.add(socket.into(), "stsd.socket".to_owned()).unwrap();

    let listeners = open(&places, inherited).unwrap();
    let _client = UnixStream::connect(places.control_socket()).unwrap();
    listeners.control.accept().await.unwrap();
    let error = open(&places, Inherited::default()).unwrap_err();
    assert!(matches!(error, ListenersError::AlreadyRunning { .. }), "{error:?}");
    drop(listeners);
    assert!(places.control_socket().exists());
    assert!(!places.credentials_socket().exists());
}

#[tokio::test]
async fn a_path_that_is_too_long_is_said_before_anything_is_made() {
    let home = tempfile::tempdir().unwrap();
    let places = places(&home.path().join("x".repeat(120)));
    let error = open(&places, Inherited::default()).unwrap_err();
    assert!(matches!(error, ListenersError::PathTooLong { .. }), "{error:?}");
    assert!(!places.runtime.exists());
}

#[tokio::test]
async fn sockets_whose_directory_was_removed_are_made_again_and_only_ours_removed_at_the_end() {
    let home = tempfile::tempdir().unwrap();
    let places = places(home.path());
    let (control, credentials) = (places.control_socket(), places.credentials_socket());
    let mut first = open(&places, Inherited::default()).unwrap();
    assert!(first.claim.restore(&control, Ok).unwrap().is_none(), "nothing was removed");
    std::fs::remove_dir_all(&places.runtime).unwrap();
    let again = first.claim.restore(&control, Ok).unwrap().unwrap();
    let _client = UnixStream::connect(&control).unwrap();
    again.accept().await.unwrap();
    let error = open(&places, Inherited::default()).unwrap_err();
    assert!(matches!(error, ListenersError::AlreadyRunning { pid: Some(_) }), "{error}");
    // Somebody else's is not ours to replace, nor to remove.
    let _others = UnixListener::bind(&credentials).unwrap();
    assert!(first.claim.restore(&credentials, Ok).unwrap().is_none());
    drop(first);
    assert!(credentials.exists() && !control.exists());
}

#[tokio::test]
async fn sockets_are_not_made_again_where_another_daemon_has_the_new_directory() {
    let home = tempfile::tempdir().unwrap();
    let places = places(home.path());
    let mut first = open(&places, Inherited::default()).unwrap();
    std::fs::remove_dir_all(&places.runtime).unwrap();
    let elsewhere = Places { state: home.path().join("another state"), ..places.clone() };
    let second = open(&elsewhere, Inherited::default()).unwrap();
    std::fs::remove_file(places.control_socket()).unwrap();
    let error = first.claim.restore(&places.control_socket(), Ok).unwrap_err();
    assert!(matches!(error, ListenersError::AlreadyRunning { .. }), "{error}");
    drop(first);
    assert!(places.credentials_socket().exists(), "the second one's");
    drop(second);
}

#[tokio::test]
async fn a_socket_that_a_killed_daemon_left_in_place_of_the_inherited_one_is_replaced() {
    let home = tempfile::tempdir().unwrap();
    let places = places(home.path());
    let control = places.control_socket();
    drop(open(&places, Inherited::default()).unwrap());
    let units = UnixListener::bind(&control).unwrap();
    let inherited = || {
        let mut inherited = Inherited::default();
        inherited.add(units.try_clone().unwrap().into(), "stsd.socket".to_owned()).unwrap();
        inherited
    };
    let mut healthy = open(&places, inherited()).unwrap();
    assert!(healthy.claim.restore(&control, Ok).unwrap().is_none(), "the unit's own is there");
    drop(healthy);
    // The directory was emptied, and the daemon that then made its own socket was killed.
    std::fs::remove_file(&control).unwrap();
    drop(UnixListener::bind(&control).unwrap());

    let mut next = open(&places, inherited()).unwrap();
    let again = next.claim.restore(&control, Ok).unwrap().expect("nobody is at the file");
    let _client = UnixStream::connect(&control).unwrap();
    again.accept().await.unwrap();
    assert!(next.claim.restore(&control, Ok).unwrap().is_none(), "now it is");
    drop(next);
    assert!(!control.exists(), "it was ours");
}

#[tokio::test]
async fn a_socket_that_could_not_be_waited_at_is_made_again_at_the_next_look() {
    let home = tempfile::tempdir().unwrap();
    let places = places(home.path());
    let control = places.control_socket();
    let mut first = open(&places, Inherited::default()).unwrap();
    std::fs::remove_file(&control).unwrap();
    let full = |_| Err::<(), _>(std::io::ErrorKind::OutOfMemory.into());
    first.claim.restore(&control, full).unwrap_err();
    let again = first.claim.restore(&control, Ok).unwrap().expect("nobody is at the file");
    let _client = UnixStream::connect(&control).unwrap();
    again.accept().await.unwrap();
}
