//! A process that says of itself what it likes, and is called what it likes.

use std::time::Instant;

use super::linux::{Callers, Found};
use super::process::{Process, Stat, cgroup};
use crate::caller::Caller;

impl Callers {
    /// As if `/proc` had said this of a caller: its `stat`, its `cgroup` and its program.
    pub(in crate::audit) fn found_to_be(&mut self, caller: Caller, said: [&str; 3]) {
        let [stat, cgroups, program] = said;
        let Some(stat) = Stat::parse(stat) else { return };
        let program = Some(program.to_owned()).filter(|program| !program.is_empty());
        let process = Process {
            pid: u32::MAX,
            program: program.or(Some(stat.name)),
            cgroup: cgroup(cgroups),
            parent: Some(stat.parent),
        };
        let parent = Some(process.clone());
        self.found.insert(caller, Found { process, parent, at: Instant::now() });
    }
}
