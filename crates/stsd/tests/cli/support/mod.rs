//! A scripted daemon, the client as a process, and replies to script with.

mod clinic;
mod daemon;
mod replies;
#[cfg(target_os = "linux")]
mod terminal;

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};

pub(crate) use clinic::{Clinic, file, inspection, plan};
pub(crate) use daemon::{Daemon, Heard, Reply};
pub(crate) use replies::{
    challenge, credentials, environment, profile, refusal, session, status, unlocked,
};
#[cfg(target_os = "linux")]
pub(crate) use terminal::TestTerminal;

/// The program under test.
pub(crate) const STSD: &str = env!("CARGO_BIN_EXE_stsd");

/// The client, with nothing in its environment but what finds this daemon and a shell's programs.
pub(crate) fn stsd(daemon: &Daemon, arguments: &[&str]) -> Command {
    let mut command = Command::new(STSD);
    command.args(arguments);
    connect(&mut command, daemon);
    command
}

/// Makes a command find this daemon, and nothing else.
pub(crate) fn connect(command: &mut Command, daemon: &Daemon) {
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", daemon.folder())
        .env("STSD_SOCKET", daemon.socket())
        .stdin(Stdio::null());
}

/// What a finished process left.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("ended by itself"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs it to its end, in the background of the terminal that the tests may have.
pub(crate) fn run(mut command: Command) -> Ended {
    command.process_group(0).output().unwrap().into()
}

/// Runs the client against this daemon.
pub(crate) fn ask(daemon: &Daemon, arguments: &[&str]) -> Ended {
    run(stsd(daemon, arguments))
}

/// Runs it with something on its standard input.
pub(crate) fn run_with_input(mut command: Command, input: &str) -> Ended {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}
