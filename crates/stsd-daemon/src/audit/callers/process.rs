//! What `/proc` says of one process.

use std::fs;
use std::time::Duration;

/// A process, and what it could be asked before it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// A path, or where there is none to be had the name that it has given itself.
    pub(super) program: Option<String>,
    /// Its control group as a path.
    pub(super) cgroup: Option<String>,
    pub(super) parent: Option<u32>,
}

impl Process {
    /// The process with this id, if it is one of this user's that was there at this moment (by the boot
    /// clock): a later one has the id of one that has left.
    pub(super) fn that_was_there(pid: u32, uid: u32, at: Duration) -> Option<Self> {
        let stat = Stat::read(pid)?;
        // In ticks of a hundredth of a second, to the one below.
        if stat.started > at {
            return None;
        }
        let process = Self::read(pid, stat);
        (user(pid)? == uid).then_some(process)
    }

    /// Who started it; nothing more can be checked.
    pub(super) fn parent(&self) -> Option<Self> {
        let pid = self.parent.filter(|pid| *pid > 1)?;
        let stat = Stat::read(pid)?;
        Some(Self::read(pid, stat))
    }

    fn read(pid: u32, stat: Stat) -> Self {
        let path = fs::read_link(format!("/proc/{pid}/exe")).ok();
        // A client of stsd's, whose memory is closed, shows none either.
        let path = path.map(|path| path.to_string_lossy().into_owned());
        let cgroups = fs::read(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        let cgroup = cgroup(&String::from_utf8_lossy(&cgroups));
        Self { pid, program: path.or(Some(stat.name)), cgroup, parent: Some(stat.parent) }
    }
}

/// Of `/proc/PID/stat`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) name: String,
    pub(super) parent: u32,
    /// By the boot clock.
    started: Duration,
}

impl Stat {
    fn read(pid: u32) -> Option<Self> {
        let bytes = fs::read(format!("/proc/{pid}/stat")).ok()?;
        Self::parse(&String::from_utf8_lossy(&bytes))
    }

    /// The name stands in parentheses, and may have some in it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (begin, rest) = text.rsplit_once(") ")?;
        let (_, name) = begin.split_once(" (")?;
        let mut fields = rest.split(' ');
        let parent = fields.nth(1)?.parse().ok()?;
        let ticks: u64 = fields.nth(17)?.parse().ok()?;
        let started = Duration::from_millis(ticks.saturating_mul(TICK));
        Some(Self { name: name.to_owned(), parent, started })
    }
}

/// Whose process it is. The owner of its folder is root wherever its memory is closed.
fn user(pid: u32) -> Option<u32> {
    let status = fs::read(format!("/proc/{pid}/status")).ok()?;
    let status = String::from_utf8_lossy(&status);
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The path in the one hierarchy there is, or in systemd's own of before.
pub(super) fn cgroup(text: &str) -> Option<String> {
    let of = |start| text.lines().find_map(|line: &str| line.strip_prefix(start));
    let named = || text.lines().find_map(|line| line.split_once(":name=systemd:"));
    of("0::")
        .filter(|path| *path != "/")
        .or_else(|| named().map(|found| found.1))
        .map(str::to_owned)
}

/// Milliseconds; `USER_HZ` is 100 on every architecture that this is built for.
const TICK: u64 = 10;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use nix::unistd::getuid;

    use super::{Process, Stat, cgroup};
    use crate::clock::{Clock, SystemClock};

    #[test]
    fn a_name_may_look_like_what_stands_behind_it() {
        let rest = "S 4242 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 0 0";
        for name in ["curl", "a b) S 1 2", "((", ""] {
            let stat = Stat::parse(&format!("7 ({name}) {rest}\n")).unwrap();
            let started = Duration::from_millis(123_450);
            assert_eq!(stat, Stat { name: name.to_owned(), parent: 4242, started });
        }
        assert_eq!(Stat::parse("7 (curl) S 4242"), None);
    }

    #[test]
    fn the_hierarchy_that_there_is_decides() {
        for (text, found) in [
            ("0::/user.slice/a.scope\n", Some("/user.slice/a.scope")),
            ("12:cpu:/x\n1:name=systemd:/user.slice/b.scope\n0::/\n", Some("/user.slice/b.scope")),
            ("0::/\n", None),
            ("", None),
        ] {
            assert_eq!(cgroup(text).as_deref(), found);
        }
    }

    #[test]
    fn this_very_process_is_found_and_nobody_who_came_later_or_is_another_user() {
        let (pid, uid, now) = (std::process::id(), getuid().as_raw(), SystemClock.now().boot);
        let found = Process::that_was_there(pid, uid, now).unwrap();
        let program = std::env::current_exe().unwrap();
        assert_eq!(found.program.as_deref(), program.to_str());
        assert_eq!(found.parent().unwrap().pid, std::os::unix::process::parent_id());
        assert_eq!(Process::that_was_there(pid, uid, Duration::ZERO), None);
        assert_eq!(Process::that_was_there(pid, uid + 1, now), None);
    }
}
