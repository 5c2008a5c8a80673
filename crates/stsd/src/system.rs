//! The programs of the system that stsd asks: `systemctl`, `loginctl`, `launchctl`. One door, so that
//! a test can stand in for all of them.

use std::env;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::Uid;

/// Runs programs to their end.
pub(crate) trait System {
    /// What it said; a program that is not there is an error.
    fn run(&self, program: &str, arguments: &[&str]) -> io::Result<Ran>;
}

/// What a program left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The system itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RealSystem;

impl System for RealSystem {
    fn run(&self, program: &str, arguments: &[&str]) -> io::Result<Ran> {
        let output = command(program).args(arguments).stdin(Stdio::null()).output()?;
        Ok(Ran {
            success: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// A program with the one variable that it may need to find the user's service manager: `su`, cron
/// and a bare ssh do not set it.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    if env::var_os("XDG_RUNTIME_DIR").is_none() {
        let folder = format!("/run/user/{}", Uid::effective());
        if Path::new(&folder).is_dir() {
            command.env("XDG_RUNTIME_DIR", folder);
        }
    }
    command
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::RefCell;
    use std::io;

    use super::{Ran, RealSystem, System};

    /// Answers as it is told, and remembers what it was asked.
    pub(crate) struct FakeSystem {
        answers: Vec<(&'static str, Ran)>,
        pub(crate) asked: RefCell<Vec<String>>,
    }

    impl FakeSystem {
        /// To a command that begins with these words, this answer on standard output, with success;
        /// to every other, silence.
        pub(crate) fn new(answers: &[(&'static str, &str)]) -> Self {
            let ran = |text: &str| Ran { success: true, stdout: text.to_owned(), ..Ran::default() };
            let answers = answers.iter().map(|(words, text)| (*words, ran(text))).collect();
            Self { answers, asked: RefCell::default() }
        }

        /// The same, and to this one a failure.
        pub(crate) fn failing(mut self, words: &'static str, stderr: &str) -> Self {
            let ran = Ran { stderr: stderr.to_owned(), ..Ran::default() };
            self.answers.insert(0, (words, ran));
            self
        }
    }

    impl System for FakeSystem {
        fn run(&self, program: &str, arguments: &[&str]) -> io::Result<Ran> {
            let asked = [&[program], arguments].concat().join(" ");
            let known = self.answers.iter().find(|(words, _)| asked.starts_with(words));
            self.asked.borrow_mut().push(asked.clone());
            Ok(known.map_or(Ran { success: true, ..Ran::default() }, |(_, ran)| ran.clone()))
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_and_one_that_fails_is_not() {
        assert!(RealSystem.run("/nonexistent/systemctl", &[]).is_err());
        let ran = RealSystem.run("sh", &["-c", "echo out; echo err >&2; exit 3"]).unwrap();
        let (stdout, stderr) = ("out\n".to_owned(), "err\n".to_owned());
        assert_eq!(ran, Ran { success: false, stdout, stderr });
    }
}
