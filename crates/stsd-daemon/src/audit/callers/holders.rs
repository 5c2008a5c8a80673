//! From a socket's inode to the process that holds it. The kernel has no question for that, so the open
//! files of this user's processes are looked at: those of the one that was found last, then those of
//! the newest, for a moment at most.

use std::collections::VecDeque;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Finds holders, and remembers those that it found: a tool that is there for long comes again.
#[derive(Debug)]
pub(super) struct Holders {
    /// Processes, and their descriptors that were the socket, the last one first: the next one is often
    /// the same.
    found: VecDeque<(u32, String)>,
    /// As long as one search may take.
    patience: Duration,
}

impl Default for Holders {
    fn default() -> Self {
        Self { found: VecDeque::new(), patience: Duration::from_millis(20) }
    }
}

impl Holders {
    /// The process that holds the socket now.
    pub(super) fn find(&mut self, inode: u32) -> Option<u32> {
        let socket = format!("socket:[{inode}]");
        let (pid, descriptor) = self.as_before(&socket).or_else(|| self.search(&socket))?;
        self.found.retain(|(known, _)| *known != pid);
        self.found.push_front((pid, descriptor));
        self.found.truncate(REMEMBERED);
        Some(pid)
    }

    fn as_before(&self, socket: &str) -> Option<(u32, String)> {
        let same = |(pid, descriptor): &&(u32, String)| {
            is(Path::new(&format!("/proc/{pid}/fd/{descriptor}")), socket)
        };
        let found = self.found.iter().find(same).cloned();
        let mut others = self.found.iter();
        found.or_else(|| others.find_map(|(pid, _)| Some((*pid, descriptor_of(*pid, socket)?))))
    }

    fn search(&self, socket: &str) -> Option<(u32, String)> {
        let end = Instant::now() + self.patience;
        let mut ids = newest().chain(all()).take_while(|_| Instant::now() < end);
        ids.find_map(|id| {
            let descriptor = descriptor_of(id, socket)?;
            Some((leader(id)?, descriptor))
        })
    }
}

/// The process's descriptor for the socket.
fn descriptor_of(pid: u32, socket: &str) -> Option<String> {
    let mut files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.flatten();
    let found = files.find(|file| is(&file.path(), socket))?;
    Some(found.file_name().to_string_lossy().into_owned())
}

fn is(link: &Path, socket: &str) -> bool {
    fs::read_link(link).is_ok_and(|target| target.as_os_str().as_bytes() == socket.as_bytes())
}

/// Ids are given out one after the other: a tool that was just started has one of the last.
fn newest() -> impl Iterator<Item = u32> {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let last: u32 = load.split_whitespace().last().and_then(|id| id.parse().ok()).unwrap_or(0);
    (last.saturating_sub(LATELY)..=last).rev()
}

/// Every process, the highest id first.
fn all() -> impl Iterator<Item = u32> {
    // Not before the newest ones have been looked at: this alone takes longer.
    std::iter::once(()).flat_map(|()| {
        let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
        let id = |folder: fs::DirEntry| folder.file_name().to_str()?.parse().ok();
        let mut ids: Vec<u32> = folders.filter_map(id).collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids
    })
}

/// A thread has an id too, under which its process's files can be seen.
fn leader(id: u32) -> Option<u32> {
    let status = fs::read(format!("/proc/{id}/status")).ok()?;
    let status = String::from_utf8_lossy(&status);
    status.lines().find_map(|line| line.strip_prefix("Tgid:"))?.trim().parse().ok()
}

/// How many of the newest ids are looked at before all processes are.
const LATELY: u32 = 256;

/// How many holders are remembered.
const REMEMBERED: usize = 16;

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use nix::sys::stat::fstat;

    use super::Holders;

    #[test]
    fn a_socket_leads_to_its_process_until_it_is_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut holders = Holders { patience: Duration::from_secs(60), ..Holders::default() };
        for _ in 0..3 {
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let inode = u32::try_from(fstat(&client).unwrap().st_ino).unwrap();
            assert_eq!(holders.find(inode), Some(std::process::id()));
            drop(client);
            assert_eq!(holders.find(inode), None);
        }
    }
}
