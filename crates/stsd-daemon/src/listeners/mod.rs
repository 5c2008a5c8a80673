//! The doors: two Unix sockets and the endpoint's port, passed by the service manager or bound here,
//! behind a lock that lets one daemon of a user have them.
//!
//! What this room refuses: a runtime directory that others can enter, an address that is not
//! loopback, a second daemon. It writes no file but the lock; the port to record is a return value.

mod address;
mod descriptor_limit;
mod directory;
mod inherited;
mod lock;
mod loopback;
mod owner;
mod port;

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::{Path, PathBuf};

use stsd_protocol::Places;
use tokio::net::{TcpListener, UnixListener};
use tracing::warn;

pub use address::{ListenAddress, ListenAddressError};
pub use descriptor_limit::raise_descriptor_limit;
pub use inherited::{Inherited, InheritedError, LAUNCHD_SOCKETS};
pub use loopback::{Cause, Loopback, Obstacle};
pub use owner::{Owner, Process};
pub use port::{DEFAULT_PORT, PortSettings};

use lock::LockFile;

/// All that callers can come through.
#[derive(Debug)]
pub struct Listeners {
    /// `stsd.sock`: unlock, lock, status.
    pub control: UnixListener,
    /// `creds.sock`: the credentials endpoint.
    pub credentials: UnixListener,
    /// The credentials endpoint on loopback TCP.
    pub loopback: Loopback,
    /// To be dropped last.
    pub claim: Claim,
}

impl Listeners {
    /// Opens every door. Needs a tokio runtime, since that will wait at them.
    ///
    /// # Errors
    /// If a door cannot be had; except that a port which is taken is an [`Obstacle`] and no error.
    pub fn open(
        places: &Places,
        uid: u32,
        inherited: Inherited,
        port: &PortSettings,
    ) -> Result<Self, ListenersError> {
        let (control, credentials) = (places.control_socket(), places.credentials_socket());
        // The longer of the two; said before anything is made.
        directory::check_length(&credentials)?;
        directory::prepare(&places.runtime, uid)?;
        let locks = Locks::take(places)?;
        let (places, bound) = (places.clone(), Vec::new());
        let mut claim = Claim { places, uid, bound, passed: Vec::new(), locks };
        let control = claim.door(inherited.control, &control)?;
        let credentials = claim.door(inherited.credentials, &credentials)?;
        let endpoint: io::Result<_> = inherited.endpoint.into_iter().map(watched).collect();
        let loopback = Loopback::open(port, endpoint.map_err(ListenersError::Loopback)?)
            .map_err(ListenersError::Loopback)?;
        Ok(Self { control, credentials, loopback, claim })
    }
}

/// What the daemon holds for life: the lock, and the socket files that it made itself.
///
/// Dropping it removes those files, and then lets go of the lock. Inherited sockets stay: they are
/// the service manager's.
#[derive(Debug)]
pub struct Claim {
    places: Places,
    uid: u32,
    bound: Vec<(PathBuf, FileId)>,
    /// Those of the service manager whose files were there when it passed them.
    passed: Vec<(PathBuf, FileId)>,
    locks: Locks,
}

/// One daemon a user: of those with the same runtime directory, and of those with the same state
/// directory.
#[derive(Debug)]
struct Locks {
    runtime: LockFile,
    _state: Option<LockFile>,
}

impl Locks {
    fn take(places: &Places) -> Result<Self, ListenersError> {
        let runtime = LockFile::take(&places.lock_file())?;
        let state = match LockFile::take(&places.state_lock_file()) {
            // A state directory that nobody can write to is no place to be in each other's way.
            Err(ListenersError::Lock { source, .. }) => {
                warn!(error = %source, "could not lock the state directory");
                None
            }
            taken => Some(taken?),
        };
        Ok(Self { runtime, _state: state })
    }
}

impl Claim {
    fn door(
        &mut self,
        inherited: Option<StdUnixListener>,
        path: &Path,
    ) -> Result<UnixListener, ListenersError> {
        if let Some(inherited) = inherited {
            // A daemon that was killed may have left another one in its place.
            if !directory::is_dead(path) {
                let file = fs::symlink_metadata(path).ok().map(|found| FileId::of(&found));
                self.passed.extend(file.map(|file| (path.to_owned(), file)));
            }
            let watch = || {
                inherited.set_nonblocking(true)?;
                UnixListener::from_std(inherited)
            };
            return watch().map_err(|source| ListenersError::Socket { path: path.into(), source });
        }
        let bound = directory::bind(path)?;
        self.made(path)?;
        Ok(bound)
    }

    /// A new socket at `path` if nothing is there any more, or what a daemon that was killed left behind:
    /// nobody finds the old one. Whoever else is there is left as they are. `watch` makes it wait for
    /// callers.
    ///
    /// Where the service manager passed the old one, it has lost it too.
    ///
    /// # Errors
    /// If it cannot be made, or if another daemon holds the lock of the new directory.
    pub fn restore<T>(
        &mut self,
        path: &Path,
        watch: impl FnOnce(UnixListener) -> io::Result<T>,
    ) -> Result<Option<T>, ListenersError> {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // Nobody connects to this daemon to find out.
            Ok(found) if !self.waits_at(FileId::of(&found)) && directory::is_dead(path) => {}
            _ => return Ok(None),
        }
        directory::prepare(&self.places.runtime, self.uid)?;
        let lock = self.places.lock_file();
        if !self.locks.runtime.is_at(&lock) {
            self.locks.runtime = LockFile::take(&lock)?;
        }
        // One that nobody can wait at is dead, and so it is tried again.
        let watched = watch(directory::replace(path)?)
            .map_err(|source| ListenersError::Socket { path: path.into(), source })?;
        self.made(path)?;
        Ok(Some(watched))
    }

    fn waits_at(&self, file: FileId) -> bool {
        self.passed.iter().chain(&self.bound).any(|(_, ours)| *ours == file)
    }

    fn made(&mut self, path: &Path) -> Result<(), ListenersError> {
        let found = fs::symlink_metadata(path)
            .map_err(|source| ListenersError::Socket { path: path.into(), source })?;
        // The number of a file that is gone may come back as another one's.
        self.passed.retain(|(passed, _)| passed != path);
        self.bound.retain(|(bound, _)| bound != path);
        self.bound.push((path.to_owned(), FileId::of(&found)));
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        for (path, made) in &self.bound {
            if fs::symlink_metadata(path).is_ok_and(|found| FileId::of(&found) == *made) {
                // One that cannot be removed is replaced by the next daemon.
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// Which file it is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId(u64, u64);

impl FileId {
    fn of(found: &Metadata) -> Self {
        Self(found.dev(), found.ino())
    }
}

/// Why a door could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenersError {
    /// The runtime directory could not be made or looked at.
    #[error("cannot use the runtime directory {}", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody may want us to follow it.
    #[error("{} is no directory, or a symbolic link to one", path.display())]
    NotADirectory {
        /// Which.
        path: PathBuf,
    },
    /// Its owner could replace the sockets in it.
    #[error("the runtime directory {} belongs to another user (uid {uid})", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// Others could reach the sockets in it.
    #[error("the runtime directory {} is open to others (mode {mode:04o})", path.display())]
    OpenToOthers {
        /// Which.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The system has no room for it in an address.
    #[error("the socket's path {} is longer than {longest} bytes", path.display())]
    PathTooLong {
        /// Which.
        path: PathBuf,
        /// How long it may be.
        longest: usize,
    },
    /// There is one daemon a user.
    #[error("another stsd-daemon is running{}", pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    AlreadyRunning {
        /// Its process, where it has signed already.
        pid: Option<u32>,
    },
    /// The lock could not be taken for another reason than a second daemon.
    #[error("cannot lock {}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something that we did not make, and do not remove.
    #[error("{} is in the way: it is no socket", path.display())]
    NotASocket {
        /// Which.
        path: PathBuf,
    },
    /// No daemon runs, but systemd's `stsd.socket` does.
    #[error("the service manager listens at {}", path.display())]
    HeldByTheServiceManager {
        /// Which.
        path: PathBuf,
    },
    /// A Unix socket could not be bound.
    #[error("cannot listen at {}", path.display())]
    Socket {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No port at all.
    #[error("cannot listen on loopback")]
    Loopback(#[source] io::Error),
}

impl ListenersError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Directory { .. } => {
                "make it: mkdir -m 700 DIRECTORY; or set XDG_RUNTIME_DIR".into()
            }
            Self::NotADirectory { .. } | Self::Foreign { .. } => {
                "move it away, or set XDG_RUNTIME_DIR to a directory of your own".into()
            }
            Self::OpenToOthers { path, .. } => format!("close it: chmod 700 {}", path.display()),
            Self::PathTooLong { .. } => "set XDG_RUNTIME_DIR to a shorter directory".into(),
            Self::AlreadyRunning { .. } => {
                "use that one, or end it first: `stsd service stop`, or kill it".into()
            }
            Self::Lock { .. } | Self::Socket { .. } => {
                "look at the directory's permissions and room".into()
            }
            Self::NotASocket { path } => format!("move it away: mv {0} {0}.old", path.display()),
            Self::HeldByTheServiceManager { .. } => {
                "start the daemon through it: `stsd service start`".into()
            }
            Self::Loopback(_) => "bring the loopback interface up: ip link set lo up".into(),
        }
    }
}

fn watched(listener: std::net::TcpListener) -> io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// As many connections as may wait for their turn; the system caps it.
const BACKLOG: u32 = 4096;

#[cfg(test)]
mod tests;
