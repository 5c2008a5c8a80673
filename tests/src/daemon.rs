//! The real `stsd-daemon` as a child process, from its ready line to its end.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{Home, Log, PATIENCE, Programs, said};

/// A daemon. Dropping it kills it.
#[derive(Debug)]
pub struct Daemon {
    child: Option<Child>,
    pid: u32,
    log: Log,
    endpoint: Option<String>,
}

/// Why there is no daemon.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// It did not start at all.
    #[error("cannot start stsd-daemon")]
    Start(#[from] io::Error),
    /// It did not become ready; this is all it said.
    #[error("stsd-daemon did not become ready:\n{0}")]
    NotReady(String),
}

impl Daemon {
    /// The command, with nothing in its environment but the home's own variables, and as talkative as it can
    /// be: what it says is searched for secrets.
    pub fn command(programs: &Programs, home: &Home) -> Command {
        let mut command = Command::new(programs.path("stsd-daemon"));
        command.env_clear().envs(home.environment()).env("STSD_LOG", "trace");
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// Starts it on any free port, and waits for its ready line.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn start<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        programs: &Programs,
        home: &Home,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, DaemonError> {
        let mut command = Self::command(programs, home);
        command.args(["--listen", "127.0.0.1:0"]).envs(environment);
        Self::ready(command)
    }

    /// The same with a command of one's own.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn ready(mut command: Command) -> Result<Self, DaemonError> {
        // A group of its own: ctrl-C at the terminal is for whoever started all this.
        let mut child = command.stderr(Stdio::piped()).process_group(0).spawn()?;
        let log = Self::log_of(&command, &mut child);
        let mut daemon = Self { pid: child.id(), child: Some(child), log, endpoint: None };
        let Some(line) = daemon.log.line_after(0, READY, PATIENCE) else {
            return Err(DaemonError::NotReady(daemon.log.text()));
        };
        let url = line.split_once(READY).map(|(_, url)| url.to_owned());
        daemon.endpoint = url.filter(|url| url.starts_with("http://"));
        Ok(daemon)
    }

    /// What a daemon that was started by hand says on its standard error, a pipe: kept like any other's.
    pub fn log_of(command: &Command, child: &mut Child) -> Log {
        let log = child.stderr.take().map(Log::of).unwrap_or_default();
        said::started(command, &log);
        log
    }

    /// `http://127.0.0.1:PORT`.
    ///
    /// # Panics
    /// If its port was taken.
    pub fn endpoint(&self) -> &str {
        self.endpoint.as_deref().expect("the ready line names the endpoint")
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What it says.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Waits until it has said this after a mark.
    ///
    /// # Panics
    /// If it does not say it.
    #[track_caller]
    pub fn says_after(&self, mark: usize, text: &str) -> String {
        let line = self.log.line_after(mark, text, PATIENCE);
        line.unwrap_or_else(|| panic!("no {text:?} in the log:\n{}", self.log.text()))
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// If it is gone already.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        assert!(self.child.is_some(), "the daemon has ended");
        kill(self.unreaped(), signal).expect("it is our own child, and not reaped yet");
    }

    fn unreaped(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.pid).expect("a process id is a positive pid_t"))
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it does not end.
    #[track_caller]
    pub fn ended_within(mut self, patience: Duration) -> ExitStatus {
        let mut child = self.child.take().expect("taken here alone, and by drop");
        let (sender, ended) = channel();
        thread::spawn(move || sender.send(child.wait()));
        let status = ended.recv_timeout(patience);
        let status = status.unwrap_or_else(|_| {
            let _ = kill(self.unreaped(), Signal::SIGKILL);
            panic!("it goes on:\n{}", self.log.text())
        });
        status.expect("it is our own child")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Gone already is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

const READY: &str = "stsd-daemon: ready on ";
