//! Who asks, and for what: the line before the question. The name is what the program calls itself,
//! so it helps an honest person and stops no dishonest program.

use crate::show;

/// `stsd: aws needs profile prod`.
pub(super) fn line(program: Option<&str>, profile: Option<&str>) -> String {
    let what = match profile {
        Some(profile) => format!("profile {profile}"),
        None => "credentials".to_owned(),
    };
    let line = match program {
        Some(program) => format!("stsd: {program} needs {what}"),
        None => format!("stsd: a program needs {what}"),
    };
    show::printable(&line)
}

/// The program that has started this one, past the shell that many SDKs put between.
pub(super) fn name() -> Option<String> {
    platform::name()
}

#[cfg(target_os = "linux")]
mod platform {
    use std::fs;

    use nix::unistd::{Pid, getpgrp, getppid};

    pub(super) fn name() -> Option<String> {
        let parent = Process::read(getppid())?;
        let above = SHELLS.contains(&parent.name.as_str()).then(|| Process::read(parent.parent));
        match above.flatten() {
            // Of the same command line, and not the terminal's own shell.
            Some(above) if above.group == getpgrp() => Some(above.name),
            _ => Some(parent.name),
        }
    }

    #[derive(Debug, PartialEq, Eq)]
    struct Process {
        name: String,
        parent: Pid,
        group: Pid,
    }

    impl Process {
        fn read(pid: Pid) -> Option<Self> {
            let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
            Self::parse(&String::from_utf8_lossy(&stat))
        }

        /// `PID (NAME) STATE PARENT GROUP …`, where the name may hold anything.
        fn parse(stat: &str) -> Option<Self> {
            let (_, rest) = stat.split_once('(')?;
            let (name, rest) = rest.rsplit_once(')')?;
            let mut numbers = rest.split_ascii_whitespace().skip(1).map(str::parse);
            let mut number = || Some(Pid::from_raw(numbers.next()?.ok()?));
            Some(Self { name: name.to_owned(), parent: number()?, group: number()? })
        }
    }

    const SHELLS: &[&str] = &["sh", "dash", "bash", "ash", "ksh", "zsh"];

    #[cfg(test)]
    mod tests {
        use nix::unistd::{Pid, getpgrp, getpid, getppid};

        use super::Process;

        #[test]
        fn a_name_may_hold_brackets_and_blanks() {
            let process = Process::parse("12 (a) b (c) S 34 56 0 -1").unwrap();
            let (parent, group) = (Pid::from_raw(34), Pid::from_raw(56));
            assert_eq!(process, Process { name: "a) b (c".to_owned(), parent, group });
            assert_eq!(Process::parse("12 (a"), None);
        }

        #[test]
        fn the_kernel_writes_what_is_read() {
            let process = Process::read(getpid()).unwrap();
            assert_eq!((process.parent, process.group), (getppid(), getpgrp()));
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    /// Not without a call that only unsafe code can make.
    pub(super) fn name() -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn says_who_and_what_for_and_cannot_steer_the_terminal() {
        assert_eq!(line(Some("aws"), Some("prod")), "stsd: aws needs profile prod");
        assert_eq!(line(None, None), "stsd: a program needs credentials");
        assert_eq!(line(Some("a\u{1b}[2J\n"), Some("p\r")), "stsd: a?[2J? needs profile p?");
    }
}
