//! The processes that a process has started, as Linux shows them.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The ids of the living children.
pub fn children(parent: u32) -> Vec<u32> {
    let Ok(folder) = fs::read_dir("/proc") else { return Vec::new() };
    let ids = folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| living_parent(*id) == Some(parent)).collect()
}

/// Ends a process at once.
///
/// # Panics
/// If it is gone already.
pub fn kill_at_once(id: u32) {
    let id = i32::try_from(id).expect("a process id is a positive pid_t");
    kill(Pid::from_raw(id), Signal::SIGKILL).expect("a child of our own child");
}

/// Waits until a process has no children; says how long that took, or nothing if it keeps them.
pub fn childless_within(parent: u32, patience: Duration) -> Option<Duration> {
    let start = Instant::now();
    loop {
        if children(parent).is_empty() {
            return Some(start.elapsed());
        }
        if start.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The parent, unless the process is dead and only waits to be reaped.
fn living_parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name stands in brackets and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    fields.next()?.parse().ok().filter(|_| state != "Z")
}
