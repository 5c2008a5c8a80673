//! Listeners that the service manager holds and passes on, so that the sockets outlive the daemon.
//!
//! By systemd's convention of `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`, and on a Mac by what
//! launchd hands out. What a listener is good for is read from its own address, never from its name;
//! what is no socket, and is called `sessions`, is passed on unread.

use std::env;
use std::ffi::CStr;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::sys::socket::{SockType, SockaddrStorage, getsockname, getsockopt, sockopt};

use crate::descriptors;

/// The listeners that this process was started with; none if it was started by hand.
#[derive(Debug, Default)]
pub struct Inherited {
    pub(super) control: Option<UnixListener>,
    pub(super) credentials: Option<UnixListener>,
    pub(super) endpoint: Vec<TcpListener>,
    /// Files under the name of the record of sessions; whoever reads it has to look what they are.
    pub records: Vec<OwnedFd>,
}

impl Inherited {
    /// Takes over what the service manager has. To be called once: a second call fails.
    ///
    /// # Errors
    /// If an announcement is garbled, or a descriptor is none of our doors.
    pub fn take_over() -> Result<Self, InheritedError> {
        let inherited = Self::from_environment()?;
        #[cfg(target_os = "macos")]
        let inherited = inherited.and_from_launchd()?;
        Ok(inherited)
    }

    #[cfg(target_os = "macos")]
    fn and_from_launchd(mut self) -> Result<Self, InheritedError> {
        for socket in LAUNCHD_SOCKETS {
            let name = socket.to_string_lossy().into_owned();
            let descriptors = stsd_secret::macos::activate(socket)
                .map_err(|source| InheritedError::Missing { name: name.clone(), source })?;
            for descriptor in descriptors {
                self.add(descriptor, name.clone())?;
            }
        }
        Ok(self)
    }

    fn from_environment() -> Result<Self, InheritedError> {
        let variable = |name: &'static str| match env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(env::VarError::NotPresent) => Ok(None),
            Err(env::VarError::NotUnicode(_)) => Err(InheritedError::Garbled(name)),
        };
        let announcement = Announcement {
            pid: variable("LISTEN_PID")?,
            descriptors: variable("LISTEN_FDS")?,
            names: variable("LISTEN_FDNAMES")?,
        };
        let mut inherited = Self::default();
        for Passed { number, name } in announcement.read(std::process::id())? {
            let descriptor = descriptors::take(number)
                .map_err(|source| InheritedError::Missing { name: name.clone(), source })?;
            inherited.add(descriptor, name)?;
        }
        Ok(inherited)
    }

    /// Puts a descriptor where its address says that it belongs.
    pub(super) fn add(&mut self, descriptor: OwnedFd, name: String) -> Result<(), InheritedError> {
        if name == RECORD && !is_socket(&descriptor) {
            self.records.push(descriptor);
            return Ok(());
        }
        let address = match listening_at(&descriptor) {
            Ok(Some(address)) => address,
            Ok(None) => return Err(InheritedError::NotADoor { name }),
            Err(source) => return Err(InheritedError::Missing { name, source }),
        };
        let door = match &address {
            Address::Unix(path) if path.ends_with("stsd.sock") => &mut self.control,
            Address::Unix(path) if path.ends_with("creds.sock") => &mut self.credentials,
            Address::Unix(_) => return Err(InheritedError::NotADoor { name }),
            Address::Tcp(address) if address.ip().is_loopback() => {
                self.endpoint.push(descriptor.into());
                return Ok(());
            }
            Address::Tcp(address) => {
                return Err(InheritedError::Elsewhere { name, address: *address });
            }
        };
        match door.replace(descriptor.into()) {
            None => Ok(()),
            Some(_) => Err(InheritedError::Twice { name }),
        }
    }
}

/// A descriptor that was passed could not be used.
#[derive(Debug, thiserror::Error)]
pub enum InheritedError {
    /// A variable of the announcement.
    #[error("{0} is garbled")]
    Garbled(&'static str),
    /// It was announced, and is not there.
    #[error("the descriptor {name:?} was announced and cannot be taken over")]
    Missing {
        /// By its unit, or as the plist calls it.
        name: String,
        /// What the system says.
        source: Errno,
    },
    /// No stream socket that listens at an address of ours.
    #[error("the descriptor {name:?} is neither stsd.sock, nor creds.sock, nor a loopback port")]
    NotADoor {
        /// By its unit.
        name: String,
    },
    /// Two of a kind.
    #[error("the descriptor {name:?} is a door that was passed already")]
    Twice {
        /// By its unit.
        name: String,
    },
    /// Others could reach it.
    #[error("the descriptor {name:?} listens at {address}, which is no loopback address")]
    Elsewhere {
        /// By its unit.
        name: String,
        /// Where.
        address: SocketAddr,
    },
}

/// The three variables, as they stand in the environment.
#[derive(Debug, Default)]
struct Announcement {
    pid: Option<String>,
    descriptors: Option<String>,
    names: Option<String>,
}

/// One descriptor of an announcement.
#[derive(Debug, PartialEq, Eq)]
struct Passed {
    number: RawFd,
    name: String,
}

impl Announcement {
    /// What is meant for the process `own`: a child inherits the variables, and not the sockets.
    fn read(self, own: u32) -> Result<Vec<Passed>, InheritedError> {
        let (Some(pid), Some(count)) = (self.pid, self.descriptors) else { return Ok(Vec::new()) };
        if pid.parse() != Ok(own) {
            return match pid.parse::<u32>() {
                Ok(_) => Ok(Vec::new()),
                Err(_) => Err(InheritedError::Garbled("LISTEN_PID")),
            };
        }
        let count = count.parse::<u16>().map_err(|_| InheritedError::Garbled("LISTEN_FDS"))?;
        let mut names = vec!["unknown".to_owned(); usize::from(count)];
        if let Some(given) = self.names {
            names = given.split(':').map(str::to_owned).collect();
            if names.len() != usize::from(count) {
                return Err(InheritedError::Garbled("LISTEN_FDNAMES"));
            }
        }
        let passed = |(number, name)| Passed { number, name };
        Ok((FIRST_DESCRIPTOR..).zip(names).map(passed).collect())
    }
}

/// Where a stream socket listens.
enum Address {
    Unix(PathBuf),
    Tcp(SocketAddr),
}

fn is_socket(descriptor: &OwnedFd) -> bool {
    getsockopt(descriptor, sockopt::SockType) != Err(Errno::ENOTSOCK)
}

/// `None` for what is no stream socket, or does not listen, or has no such address.
fn listening_at(descriptor: &OwnedFd) -> Result<Option<Address>, Errno> {
    match getsockopt(descriptor, sockopt::SockType) {
        Ok(SockType::Stream) => {}
        Ok(_) | Err(Errno::ENOTSOCK) => return Ok(None),
        Err(error) => return Err(error),
    }
    if !getsockopt(descriptor, sockopt::AcceptConn)? {
        return Ok(None);
    }
    let address = getsockname::<SockaddrStorage>(descriptor.as_raw_fd())?;
    let unix = || Some(Address::Unix(address.as_unix_addr()?.path()?.to_owned()));
    let v4 = || Some(Address::Tcp(SocketAddr::V4((*address.as_sockaddr_in()?).into())));
    let v6 = || Some(Address::Tcp(SocketAddr::V6((*address.as_sockaddr_in6()?).into())));
    Ok(unix().or_else(v4).or_else(v6))
}

/// What the sockets are called in launchd's plist.
pub const LAUNCHD_SOCKETS: [&CStr; 3] = [c"Control", c"Credentials", c"Endpoint"];

/// `FDNAME` of what the daemon before has given to the service manager.
const RECORD: &str = "sessions";

/// `SD_LISTEN_FDS_START`.
const FIRST_DESCRIPTOR: RawFd = 3;

#[cfg(test)]
mod tests;
