//! What the kernel says of a process: its memory, its time, its children.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Resident memory in kB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) rss: u64,
    /// The share of it, where the kernel says it: of a process that is not dumpable only to root.
    pub(crate) pss: Option<u64>,
    /// What of it is data, and not pages of programs and libraries; where the kernel says it.
    pub(crate) data: Option<u64>,
}

pub(crate) fn memory(pid: u32) -> io::Result<Memory> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let rss = number(&status, "VmRSS:").ok_or(io::ErrorKind::InvalidData)?;
    let smaps = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    Ok(Memory { rss, pss: number(&smaps, "Pss:"), data: number(&smaps, "Anonymous:") })
}

fn number(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The time that the process has had on a processor, in all its threads.
pub(crate) fn cpu_time(pid: u32) -> io::Result<Duration> {
    let mut time = Duration::ZERO;
    for thread in threads(pid)? {
        let spent = fs::read_to_string(thread.join("schedstat"))?;
        let spent = spent.split(' ').next().and_then(|spent| spent.parse().ok());
        time += Duration::from_nanos(spent.ok_or(io::ErrorKind::InvalidData)?);
    }
    Ok(time)
}

/// How often the process has given up the processor to wait: its wake-ups.
pub(crate) fn waits(pid: u32) -> io::Result<u64> {
    let mut waits = 0;
    for thread in threads(pid)? {
        let status = fs::read_to_string(thread.join("status"))?;
        waits += number(&status, "voluntary_ctxt_switches:").unwrap_or(0);
    }
    Ok(waits)
}

fn threads(pid: u32) -> io::Result<Vec<PathBuf>> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"))?;
    threads.map(|thread| Ok(thread?.path())).collect()
}

/// The processes whose parent is `pid`, zombies left out.
pub(crate) fn children(pid: u32) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // Some have ended by now.
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        if fields.next() != Some("Z") && fields.next() == Some(&pid.to_string()) {
            found.push(process);
        }
    }
    Ok(found)
}
