//! The runtime directory and the socket files in it: nobody but the user gets past the directory.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;

use nix::errno::Errno;
use nix::sys::socket::{UnixAddr, connect};
use tokio::net::{UnixListener, UnixSocket};

use super::{BACKLOG, ListenersError};

/// Makes the directory if it is not there, and accepts it if it is `uid`'s own and closed to others.
///
/// Without `XDG_RUNTIME_DIR` it stands in `/tmp`, where another user may have made it first.
///
/// # Errors
/// If it is somebody else's, a symbolic link, open to others, or cannot be made.
pub(super) fn prepare(path: &Path, uid: u32) -> Result<(), ListenersError> {
    let failed = |source| ListenersError::Directory { path: path.into(), source };
    match DirBuilder::new().recursive(true).mode(0o700).create(path) {
        // Something stands there; what it is is said below.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made.map_err(failed)?,
    }
    let found = fs::symlink_metadata(path).map_err(failed)?;
    let mode = found.mode() & 0o777;
    if !found.is_dir() {
        Err(ListenersError::NotADirectory { path: path.into() })
    } else if found.uid() != uid {
        Err(ListenersError::Foreign { path: path.into(), uid: found.uid() })
    } else if mode & 0o077 != 0 {
        Err(ListenersError::OpenToOthers { path: path.into(), mode })
    } else {
        Ok(())
    }
}

/// Binds a socket file of mode 0600. The caller holds the lock, so a socket that is there already
/// was left behind by a daemon that is gone; nobody connects to it to find out, since that is a race
/// and would start a daemon that the service manager has ready.
///
/// # Errors
/// If the service manager listens there, or if it is no socket.
pub(super) fn bind(path: &Path) -> Result<UnixListener, ListenersError> {
    remove_stale(path)?;
    bind_new(path)
}

/// The same where a daemon runs, this one, and where nothing stands, or a socket that [`is_dead`].
///
/// The service manager's table is not asked: a socket that it has passed is listed under this name for
/// as long as it lives, though its file may be gone.
///
/// # Errors
/// If it cannot be made.
pub(super) fn replace(path: &Path) -> Result<UnixListener, ListenersError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(ListenersError::Socket { path: path.into(), source })
        }
        _ => bind_new(path),
    }
}

/// Whether a socket's file stands there at which nobody listens any more. Somebody whose queue is full
/// does.
pub(super) fn is_dead(path: &Path) -> bool {
    let refuses = || {
        let (socket, address) = (UnixSocket::new_stream().ok()?, UnixAddr::new(path).ok()?);
        // Does not wait, as no socket of tokio's does.
        Some(connect(socket.as_raw_fd(), &address) == Err(Errno::ECONNREFUSED))
    };
    let is_socket = |found: fs::Metadata| found.file_type().is_socket();
    fs::symlink_metadata(path).is_ok_and(is_socket) && refuses().unwrap_or(false)
}

fn bind_new(path: &Path) -> Result<UnixListener, ListenersError> {
    let failed = |source| ListenersError::Socket { path: path.into(), source };
    let socket = UnixSocket::new_stream().map_err(failed)?;
    socket.bind(path).map_err(failed)?;
    // Nobody can connect before it listens.
    let closed = fs::set_permissions(path, Permissions::from_mode(0o600));
    closed.and_then(|()| socket.listen(BACKLOG)).map_err(|source| {
        // If it stays it is dead, and is replaced.
        let _ = fs::remove_file(path);
        failed(source)
    })
}

/// Says so before the system would, which only knows "invalid argument".
pub(super) fn check_length(path: &Path) -> Result<(), ListenersError> {
    if path.as_os_str().as_bytes().len() > LONGEST_PATH {
        return Err(ListenersError::PathTooLong { path: path.into(), longest: LONGEST_PATH });
    }
    Ok(())
}

fn remove_stale(path: &Path) -> Result<(), ListenersError> {
    let failed = |source| ListenersError::Socket { path: path.into(), source };
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            Err(ListenersError::NotASocket { path: path.into() })
        }
        Ok(_) if somebody_listens_at(path) => {
            Err(ListenersError::HeldByTheServiceManager { path: path.into() })
        }
        Ok(_) => fs::remove_file(path).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

/// Whether the socket file is alive although no daemon is: a unit of systemd's holds it, and would go
/// on to listen at a file that is gone.
#[cfg(target_os = "linux")]
fn somebody_listens_at(path: &Path) -> bool {
    fs::read("/proc/net/unix").is_ok_and(|table| listens(&table, path))
}

#[cfg(not(target_os = "linux"))]
fn somebody_listens_at(_path: &Path) -> bool {
    false
}

/// The columns of `/proc/net/unix` are number, references, protocol, flags, type, state, inode and
/// path.
#[cfg(target_os = "linux")]
fn listens(table: &[u8], path: &Path) -> bool {
    const LISTENING: &[u8] = b"00010000";
    table.split(|byte| *byte == b'\n').any(|line| {
        let at_path = line
            .strip_suffix(path.as_os_str().as_bytes())
            .is_some_and(|columns| columns.ends_with(b" "));
        at_path && line.split(|byte| *byte == b' ').nth(3) == Some(LISTENING)
    })
}

/// `sun_path` without the zero at its end.
#[cfg(target_os = "linux")]
const LONGEST_PATH: usize = 107;
#[cfg(not(target_os = "linux"))]
const LONGEST_PATH: usize = 103;

#[cfg(test)]
mod tests {
    use super::{bind, check_length, is_dead, prepare};
    use crate::listeners::ListenersError;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    fn uid() -> u32 {
        nix::unistd::getuid().as_raw()
    }

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn makes_a_directory_of_its_own_and_accepts_it_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("stsd");
        prepare(&path, uid()).unwrap();
        assert_eq!(mode(&path), 0o700);
        prepare(&path, uid()).unwrap();
    }

    #[test]
    fn refuses_a_directory_that_others_may_enter() {
        let home = tempfile::tempdir().unwrap();
        for mode in [0o777, 0o710, 0o701] {
            fs::set_permissions(home.path(), fs::Permissions::from_mode(mode)).unwrap();
            let error = prepare(home.path(), uid()).unwrap_err();
            assert!(error.to_string().contains(&format!("mode {mode:04o}")), "{error}");
        }
    }

    #[test]
    fn refuses_another_users_directory() {
        let home = tempfile::tempdir().unwrap();
        let error = prepare(home.path(), uid() + 1).unwrap_err();
        assert!(matches!(error, ListenersError::Foreign { uid: owner, .. } if owner == uid()));
    }

    #[test]
    fn refuses_a_symbolic_link_and_a_file() {
        let home = tempfile::tempdir().unwrap();
        let (real, link, file, dangling) = (
            home.path().join("real"),
            home.path().join("link"),
            home.path().join("file"),
            home.path().join("dangling"),
        );
        prepare(&real, uid()).unwrap();
        symlink(&real, &link).unwrap();
        symlink("/nowhere", &dangling).unwrap();
        fs::write(&file, "").unwrap();
        for path in [link, file, dangling] {
            let error = prepare(&path, uid()).unwrap_err();
            assert!(matches!(error, ListenersError::NotADirectory { .. }), "{error:?}");
        }
    }

    #[tokio::test]
    async fn replaces_a_socket_that_was_left_behind() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("stsd.sock");
        drop(bind(&path).unwrap());
        assert!(path.exists(), "the test would prove nothing");
        let listener = bind(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        let _client = std::os::unix::net::UnixStream::connect(&path).unwrap();
        listener.accept().await.unwrap();
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn leaves_a_socket_that_the_service_manager_listens_at() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("stsd.sock");
        let _unit = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let error = bind(&path).unwrap_err();
        assert!(matches!(error, ListenersError::HeldByTheServiceManager { .. }), "{error:?}");
        assert!(path.exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_a_listener_at_this_very_path_counts() {
        let line = |flags: &str, path: &str| {
            format!("Num RefCount\n0000: 00000002 00000000 {flags} 0001 01 47 {path}\n")
        };
        let table = [
            ("00010000", "/run/a b/stsd.sock", true),
            ("00000000", "/run/a b/stsd.sock", false),
            ("00010000", "/x/run/a b/stsd.sock", false),
            ("00010000", "/run/a b/stsd.sock2", false),
        ];
        for (flags, path, expected) in table {
            let found =
                super::listens(line(flags, path).as_bytes(), Path::new("/run/a b/stsd.sock"));
            assert_eq!(found, expected, "{flags} {path}");
        }
    }

    #[tokio::test]
    async fn a_socket_is_dead_when_nobody_listens_at_it_and_not_when_its_queue_is_full() {
        use std::os::unix::net::{UnixListener, UnixStream};
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        drop(UnixListener::bind(path("dead")).unwrap());
        symlink(path("dead"), path("link")).unwrap();
        fs::write(path("file"), "").unwrap();
        let full = tokio::net::UnixSocket::new_stream().unwrap();
        full.bind(path("full")).unwrap();
        let _full = full.listen(0).unwrap();
        let _waits = UnixStream::connect(path("full")).unwrap();
        for (name, dead) in
            [("dead", true), ("link", false), ("file", false), ("full", false), ("none", false)]
        {
            assert_eq!(is_dead(&path(name)), dead, "{name}");
        }
    }

    #[tokio::test]
    async fn keeps_a_file_that_is_no_socket() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("stsd.sock");
        fs::write(&path, "precious").unwrap();
        let error = bind(&path).unwrap_err();
        assert!(matches!(error, ListenersError::NotASocket { .. }), "{error:?}");
        assert_eq!(fs::read(&path).unwrap(), b"precious");
    }

    #[test]
    fn a_path_has_room_for_as_much_as_the_system_says() {
        let longest = if cfg!(target_os = "linux") { 107 } else { 103 };
        check_length(Path::new(&"x".repeat(longest))).unwrap();
        let error = check_length(Path::new(&"x".repeat(longest + 1))).unwrap_err();
        assert!(error.to_string().contains(&format!("longer than {longest} bytes")), "{error}");
    }

    #[tokio::test]
    async fn the_longest_path_that_is_allowed_can_be_bound() {
        let home = tempfile::tempdir().unwrap();
        let longest = if cfg!(target_os = "linux") { 107 } else { 103 };
        let name = "x".repeat(longest - home.path().as_os_str().len() - 1);
        bind(&home.path().join(name)).unwrap();
    }
}
