//! The control socket: where it is, and whose it is. Nothing is sent to a program of another
//! user: a token code in the wrong hands is a session in the wrong hands.

mod closed;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, setsockopt, socket, sockopt};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::unistd::Uid;
use stsd_protocol::{Places, Refusal, RefusalCode};

use crate::show::shown_path;

/// Where the daemon listens: `STSD_SOCKET`, else the runtime directory's, else the one that the
/// daemon recorded in the state directory, else `/tmp/stsd-UID`'s.
pub(crate) fn path() -> PathBuf {
    find(env_variable, Uid::effective().as_raw(), |record| fs::read_to_string(record).ok())
}

/// The places of this user, by the process's own variables.
pub(crate) fn places() -> Result<Places, Refusal> {
    Places::find(env_variable, Uid::effective().as_raw()).map_err(|error| {
        Refusal::new(RefusalCode::Configuration, error.to_string())
            .with_hint("set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME")
    })
}

/// Connects, and makes sure of who answers before a byte is sent.
pub(crate) fn connect(path: &Path) -> Result<UnixStream, Refusal> {
    checked(UnixStream::connect(path), path)
}

/// The same within this time: a daemon that hangs may have a queue that is full.
pub(crate) fn connect_within(path: &Path, patience: Duration) -> Result<UnixStream, Refusal> {
    let stream = (|| {
        let socket = socket(AddressFamily::Unix, SockType::Stream, SockFlag::empty(), None)?;
        let milliseconds = i64::try_from(patience.as_millis()).unwrap_or(i64::MAX);
        setsockopt(&socket, sockopt::SendTimeout, &TimeVal::milliseconds(milliseconds))?;
        nix::sys::socket::connect(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
        Ok(UnixStream::from(socket))
    })();
    checked(stream, path)
}

fn checked(stream: io::Result<UnixStream>, path: &Path) -> Result<UnixStream, Refusal> {
    let none = |detail: String| {
        let message = format!("no daemon answers at {}{detail}", shown_path(path));
        Refusal::new(RefusalCode::NoDaemon, message)
    };
    let stream = stream.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => none(String::new()),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            let message = format!("the daemon at {} does not answer", shown_path(path));
            Refusal::new(RefusalCode::Unavailable, message)
        }
        io::ErrorKind::PermissionDenied => {
            closed::refusal(path, Uid::effective().as_raw(), env_variable)
        }
        _ => none(format!(": {error}")),
    })?;
    let owner = platform::peer_uid(&stream).map_err(|error| none(format!(": {error}")))?;
    let own = Uid::effective();
    if owner == own {
        return Ok(stream);
    }
    let shown = shown_path(path);
    let message = format!("the program that answers at {shown} runs as uid {owner}, not {own}");
    Err(Refusal::new(RefusalCode::RequestRefused, message)
        .with_hint("nothing was sent to it; find out who made that socket, or set STSD_SOCKET"))
}

fn env_variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn find(
    variable: impl Fn(&str) -> Option<OsString>,
    uid: u32,
    read: impl Fn(&Path) -> Option<String>,
) -> PathBuf {
    if let Some(path) = variable("STSD_SOCKET") {
        return PathBuf::from(path);
    }
    // Where there is no HOME, the places that hang on it are not looked at below.
    let home_or_root = |name: &str| match name {
        "HOME" => Some(variable(name).unwrap_or_else(|| "/".into())),
        _ => variable(name),
    };
    if !has_runtime_folder(&variable)
        && let Ok(places) = Places::find(&variable, uid)
        && let Some(record) = read(&places.socket_record())
        && record.starts_with('/')
    {
        return PathBuf::from(record.trim_end_matches('\n'));
    }
    match Places::find(home_or_root, uid) {
        Ok(places) => places.control_socket(),
        // Only a relative HOME leads here.
        Err(_) => PathBuf::from(format!("/tmp/stsd-{uid}/stsd.sock")),
    }
}

/// A relative one is not heeded, as the rules for this variable have it.
fn has_runtime_folder(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    variable("XDG_RUNTIME_DIR").is_some_and(|folder| Path::new(&folder).is_absolute())
}

#[cfg(not(target_os = "macos"))]
mod platform {
    use std::os::unix::net::UnixStream;

    use nix::sys::socket::{getsockopt, sockopt};
    use nix::unistd::Uid;

    /// Who called `listen`, as the kernel noted it.
    pub(super) fn peer_uid(stream: &UnixStream) -> nix::Result<Uid> {
        Ok(Uid::from_raw(getsockopt(stream, sockopt::PeerCredentials)?.uid()))
    }
}

#[cfg(target_os = "macos")]
mod platform {
    use std::os::unix::net::UnixStream;

    use nix::unistd::{Uid, getpeereid};

    /// Who called `listen`, as the kernel noted it.
    pub(super) fn peer_uid(stream: &UnixStream) -> nix::Result<Uid> {
        Ok(getpeereid(stream)?.0)
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::net::UnixListener;
    use std::path::Path;
    use std::time::Duration;

    use super::{connect, connect_within, find};

    fn found(variables: &[(&str, &str)], record: Option<&str>) -> String {
        let variable = |name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        let path = find(variable, 1000, |_| record.map(str::to_owned));
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn the_variable_then_the_runtime_directory_then_the_record_then_tmp() {
        let home = ("HOME", "/home/alice");
        let runtime = ("XDG_RUNTIME_DIR", "/run/user/1000");
        let record = Some("/run/elsewhere/stsd.sock\n");
        assert_eq!(found(&[("STSD_SOCKET", "/s"), runtime, home], record), "/s");
        assert_eq!(found(&[runtime, home], record), "/run/user/1000/stsd/stsd.sock");
        assert_eq!(found(&[runtime], record), "/run/user/1000/stsd/stsd.sock");
        assert_eq!(found(&[home], record), "/run/elsewhere/stsd.sock");
        assert_eq!(found(&[("XDG_RUNTIME_DIR", "run"), home], record), "/run/elsewhere/stsd.sock");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn without_anything_the_socket_is_in_tmp() {
        assert_eq!(found(&[("HOME", "/home/alice")], None), "/tmp/stsd-1000/stsd.sock");
        assert_eq!(found(&[], None), "/tmp/stsd-1000/stsd.sock");
        assert_eq!(found(&[("HOME", "/h")], Some("relative")), "/tmp/stsd-1000/stsd.sock");
    }

    #[test]
    fn connects_to_a_daemon_of_the_same_user() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stsd.sock");
        let _listener = UnixListener::bind(&path).unwrap();
        assert!(connect(&path).is_ok());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_queue_that_is_full_is_not_waited_for() {
        use nix::sys::socket::{
            AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, listen, socket,
        };
        use std::os::fd::AsRawFd;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stsd.sock");
        let listener =
            socket(AddressFamily::Unix, SockType::Stream, SockFlag::empty(), None).unwrap();
        bind(listener.as_raw_fd(), &UnixAddr::new(&path).unwrap()).unwrap();
        listen(&listener, Backlog::new(0).unwrap()).unwrap();
        let patience = Duration::from_millis(50);
        let _first = connect_within(&path, patience).unwrap();
        let refusal = connect_within(&path, patience).unwrap_err();
        assert_eq!(refusal.code.exit_code(), 75);
    }

    #[test]
    fn a_socket_that_nobody_listens_on_is_no_daemon() {
        let refusal = connect(Path::new("/nonexistent/stsd.sock")).unwrap_err();
        assert_eq!(refusal.message, "no daemon answers at /nonexistent/stsd.sock");
        assert_eq!(refusal.code.exit_code(), 69);
    }
}
