//! Callers on Linux: the process by the pid of a Unix socket's other end or by a TCP socket's inode, and
//! what `/proc` says of it.

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use nix::unistd::getuid;
use stsd_protocol::audit::{Caller as Written, Parent, bounded, bounded_end};

use super::budget::Budget;
use super::holders::Holders;
use super::process::Process;
use super::units::{Units, of_path};
use crate::audit::note::Who;
use crate::audit::queue::Arrival;
use crate::caller::{Caller, Socket};

/// Those who came lately.
#[derive(Debug)]
pub(in crate::audit) struct Callers {
    pub(super) found: HashMap<Caller, Found>,
    holders: Holders,
    units: Units,
    budget: Budget,
}

#[derive(Debug)]
pub(super) struct Found {
    pub(super) process: Process,
    /// For whom it asks, if it is `stsd`.
    pub(super) parent: Option<Process>,
    pub(super) at: Instant,
}

impl Default for Callers {
    fn default() -> Self {
        Self {
            found: HashMap::new(),
            holders: Holders::default(),
            units: Units::new(getuid().as_raw()),
            budget: Budget::new(),
        }
    }
}

impl Callers {
    /// Looks who it is that has just been admitted.
    pub(in crate::audit) fn look(&mut self, arrival: Arrival) {
        let begun = Instant::now();
        let Arrival { caller, at } = arrival;
        // What was found under the same id before is another one's.
        self.found.remove(&caller);
        let pid = match caller.socket {
            Socket::Process(pid) => Some(pid),
            Socket::Inode(inode) => self.holders.find(inode),
        };
        let process = pid.and_then(|pid| Process::that_was_there(pid, caller.uid, at));
        if let Some(process) = process {
            let parent = if is_our_client(&process) { process.parent() } else { None };
            self.make_room(begun);
            self.found.insert(caller, Found { process, parent, at: begun });
        }
        self.budget.spend(begun.elapsed());
    }

    /// Whether there is no time to look for anybody.
    pub(in crate::audit) fn is_busy(&mut self) -> bool {
        self.budget.is_spent()
    }

    /// What is known of somebody.
    pub(in crate::audit) fn describe(&mut self, who: Who) -> Option<Written> {
        let caller = match who {
            Who::Nobody => return None,
            Who::User(uid) => return Some(user(uid)),
            Who::Caller(caller) | Who::Several(caller) => caller,
        };
        let found = self.found.get(&caller).filter(|_| matches!(who, Who::Caller(_)));
        let process = found.map(|found| &found.process);
        let of_cgroup = caller.cgroup.and_then(|id| self.units.of_id(id));
        let of_process = || of_path(Path::new(process?.cgroup.as_deref()?));
        Some(Written {
            pid: process.map(|process| process.pid).or(caller.socket.pid()),
            program: process.and_then(|process| program(process, 128)),
            unit: of_cgroup.or_else(of_process).map(|unit| bounded(&unit, 80)),
            parent: found
                .and_then(|found| found.parent.as_ref())
                .map(|parent| Parent { pid: parent.pid, program: program(parent, 64) }),
            ..user(caller.uid)
        })
    }

    /// A request lasts five seconds and its window of counting a minute.
    fn make_room(&mut self, now: Instant) {
        if self.found.len() >= MOST {
            let mut ages: Vec<Instant> = self.found.values().map(|found| found.at).collect();
            ages.sort_unstable();
            let middle = ages.get(MOST / 2).copied().unwrap_or(now);
            self.found.retain(|_, found| found.at > middle);
        }
    }
}

fn user(uid: u32) -> Written {
    Written { uid, pid: None, program: None, unit: None, parent: None }
}

fn program(process: &Process, bytes: usize) -> Option<String> {
    process.program.as_deref().map(|program| bounded_end(program, bytes))
}

/// Whoever calls itself so: it is its parent that is of interest then, and named beside it.
fn is_our_client(process: &Process) -> bool {
    let program = process.program.as_deref().map(Path::new);
    program.and_then(Path::file_name).is_some_and(|name| name == "stsd")
}

const MOST: usize = 512;
