//! Whose socket it is that is in our way: a name that a person can act on.

use std::fmt;
use std::net::SocketAddr;

use nix::unistd::{Uid, User};

use crate::caller::{SocketOwner, SocketTable};

/// The user, and where it is ours the process, that listens at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Whose it is.
    pub uid: u32,
    /// The user's name, where the system knows it.
    pub user: Option<String>,
    /// The process; other users' processes do not show what they hold.
    pub process: Option<Process>,
}

/// A process that holds a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// What it calls itself.
    pub name: Option<String>,
}

impl Owner {
    /// Looks up who listens at an address. Takes milliseconds: for alarms, not for callers.
    pub(super) fn of(address: SocketAddr) -> Option<Self> {
        let uid = Uid::current().as_raw();
        let owner = SocketTable::open(uid).ok()?.listening(address).ok()??;
        let user = User::from_uid(Uid::from_raw(owner.uid)).ok().flatten();
        Some(Self {
            uid: owner.uid,
            user: user.map(|user| user.name),
            process: platform::process(owner),
        })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.process, &self.user) {
            (Some(Process { pid, name: Some(name) }), _) => {
                write!(f, "process {pid} ({})", name.escape_debug())
            }
            (Some(Process { pid, name: None }), _) => write!(f, "process {pid}"),
            (None, Some(user)) => write!(f, "user {user} (uid {})", self.uid),
            (None, None) => write!(f, "uid {}", self.uid),
        }
    }
}

#[cfg(target_os = "linux")]
mod platform {
    use super::{Process, SocketOwner};
    use std::path::Path;

    /// Looks for the socket's inode among the descriptors of all processes that we may see.
    pub(super) fn process(owner: SocketOwner) -> Option<Process> {
        let link = format!("socket:[{}]", owner.handle);
        let processes = std::fs::read_dir("/proc").ok()?.flatten();
        let pid = processes
            .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
            .find(|pid| holds(&format!("/proc/{pid}/fd"), Path::new(&link)))?;
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok();
        Some(Process { pid, name: name.map(|name| name.trim_end().to_owned()) })
    }

    fn holds(descriptors: &str, link: &Path) -> bool {
        let Ok(descriptors) = std::fs::read_dir(descriptors) else { return false };
        descriptors.flatten().any(|entry| {
            std::fs::read_link(entry.path()).is_ok_and(|target| target.as_path() == link)
        })
    }
}

#[cfg(target_os = "macos")]
mod platform {
    use super::{Process, SocketOwner};

    pub(super) fn process(owner: SocketOwner) -> Option<Process> {
        Some(Process { pid: owner.handle, name: None })
    }
}

#[cfg(test)]
mod tests {
    use super::{Owner, Process};
    use std::net::{Ipv4Addr, TcpListener};

    #[test]
    fn finds_the_process_that_listens() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let owner = Owner::of(listener.local_addr().unwrap()).unwrap();
        assert_eq!(owner.uid, nix::unistd::getuid().as_raw());
        assert_eq!(owner.process.unwrap().pid, std::process::id());
    }

    #[test]
    fn is_named_by_what_a_person_can_look_for() {
        let user = Some("bob".to_owned());
        let named = Process { pid: 4711, name: Some("python3\n\u{1b}".to_owned()) };
        let table = [
            (user.clone(), Some(named), "process 4711 (python3\\n\\u{1b})"),
            (user.clone(), Some(Process { pid: 4711, name: None }), "process 4711"),
            (user, None, "user bob (uid 1002)"),
            (None, None, "uid 1002"),
        ];
        for (user, process, text) in table {
            assert_eq!(Owner { uid: 1002, user, process }.to_string(), text);
        }
    }
}
