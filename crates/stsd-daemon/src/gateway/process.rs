//! The keeper of the gateway's process: starts one when a call comes, and lets it go after ten idle
//! seconds or at a lock. What runs in it is [`super::worker`]'s matter.
//!
//! A call whose frame was not written whole is made once more in a fresh process, and so is one
//! whose answer was lost, unless it is an unlock: its token code may be spent. One with a code that
//! somebody typed has a process of its own from the start.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;
use std::process::Stdio;

use stsd_protocol::gateway::{
    GATEWAY_LOST, GATEWAY_MISSING, GATEWAY_NOT_STARTED, Mfa, Operation, Settings,
};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tracing::debug;

use super::worker::{Worker, run};
use super::{Call, Gateway, Reply};

/// Starts and ends gateway processes.
#[derive(Debug)]
pub struct GatewayProcess {
    messages: mpsc::UnboundedSender<Message>,
    /// Ends, and every process with it, when this is dropped.
    _keeper: JoinSet<()>,
}

/// What the keeper is told.
#[derive(Debug)]
pub(super) enum Message {
    /// Make this call.
    Call(Box<Waiting>),
    /// Let the process go as soon as it has answered what it was asked.
    Close,
    /// Kill every process, whatever it was asked.
    Stop,
}

/// A call and who waits for it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) operation: Operation,
    pub(super) settings: Settings,
    pub(super) reply: oneshot::Sender<Reply>,
    /// Whether this is the second try.
    pub(super) again: bool,
}

impl GatewayProcess {
    /// Uses the program at `program`, with nothing but `home` in its environment.
    pub fn new(program: PathBuf, home: Option<OsString>) -> Self {
        let (messages, inbox) = mpsc::unbounded_channel();
        let mut keeper = JoinSet::new();
        keeper.spawn(Keeper::new(Launch { program, home }).run(inbox));
        Self { messages, _keeper: keeper }
    }
}

impl Gateway for GatewayProcess {
    fn call(&self, operation: Operation, settings: Settings) -> Call {
        let (reply, answer) = oneshot::channel();
        let waiting = Box::new(Waiting { operation, settings, reply, again: false });
        let sent = self.messages.send(Message::Call(waiting));
        Box::pin(async move {
            match (sent, answer.await) {
                (Ok(()), Ok(reply)) => reply,
                (sent, _) => {
                    let message = "the gateway was stopped".to_owned();
                    Reply::lost(GATEWAY_LOST, message, sent.is_ok())
                }
            }
        })
    }

    fn close(&self) {
        // Without a keeper there is no process to close.
        let _ = self.messages.send(Message::Close);
    }

    fn stop(&self) {
        // Nor one to stop.
        let _ = self.messages.send(Message::Stop);
    }
}

/// The task behind [`GatewayProcess`].
struct Keeper {
    launch: Launch,
    /// Each ends its process when it ends.
    workers: JoinSet<()>,
    /// Where the next call goes, if that process still takes calls.
    current: Option<mpsc::UnboundedSender<Box<Waiting>>>,
    /// The workers' second tries. Others after each stop: what a worker handed back just before it may
    /// carry what was locked.
    back: (mpsc::UnboundedSender<Message>, mpsc::UnboundedReceiver<Message>),
}

impl Keeper {
    fn new(launch: Launch) -> Self {
        let back = mpsc::unbounded_channel();
        Self { launch, workers: JoinSet::new(), current: None, back }
    }

    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Message>) {
        loop {
            let message = tokio::select! {
                // A stop counts before what came before it.
                biased;
                message = inbox.recv() => message,
                again = self.back.1.recv() => again,
            };
            let Some(message) = message else { return };
            while self.workers.try_join_next().is_some() {}
            match message {
                Message::Call(waiting) => self.hand_on(waiting),
                Message::Close => self.current = None,
                Message::Stop => {
                    self.current = None;
                    self.back = mpsc::unbounded_channel();
                    // A worker's process is killed with it.
                    self.workers.shutdown().await;
                }
            }
        }
    }

    /// Hands a call to the process that there is, or to a new one.
    fn hand_on(&mut self, waiting: Box<Waiting>) {
        if has_a_typed_code(&waiting.operation) {
            self.current = None;
        }
        let unsent = match &self.current {
            Some(worker) => worker.send(waiting).err().map(|unsent| unsent.0),
            None => Some(waiting),
        };
        if let Some(waiting) = unsent {
            self.start(waiting);
        }
    }

    /// Starts a process with this call in it.
    fn start(&mut self, waiting: Box<Waiting>) {
        match self.launch.start() {
            Ok((child, stream)) => {
                debug!(pid = child.id(), "started the gateway");
                let (calls, inbox) = mpsc::unbounded_channel();
                // The receiver lives in the worker that starts below.
                let _ = calls.send(waiting);
                self.workers.spawn(run(Worker::new(child, stream), inbox, self.back.0.downgrade()));
                self.current = Some(calls);
            }
            Err(error) => {
                let message = format!("cannot start {} ({error})", self.launch.program.display());
                // Whoever asked may have gone away.
                let _ = waiting.reply.send(Reply::lost(not_started(&error), message, false));
            }
        }
    }
}

/// Such a call is never sent twice, so it must not meet a process that stands still, or one that may not
/// read what has been put in the place of a file since it began.
fn has_a_typed_code(operation: &Operation) -> bool {
    let Operation::Unlock(request) = operation else { return false };
    matches!(&request.mfa, Some(Mfa { token_code: Some(_), .. }))
}

/// Whether the program is to blame, or a limit of descriptors, processes or memory.
fn not_started(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => GATEWAY_MISSING,
        _ => GATEWAY_NOT_STARTED,
    }
}

#[derive(Debug)]
struct Launch {
    program: PathBuf,
    home: Option<OsString>,
}

impl Launch {
    /// A process with one end of a socket as its standard input, and the other end.
    fn start(&self) -> io::Result<(Child, UnixStream)> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            // Ctrl-C on a terminal is for the daemon, which ends it; without the daemon it ends by itself,
            // with its input.
            .process_group(0)
            .kill_on_drop(true);
        if let Some(home) = &self.home {
            command.env("HOME", home);
        }
        Ok((command.spawn()?, UnixStream::from_std(ours)?))
    }
}

#[cfg(test)]
mod tests {
    use super::{Keeper, Launch, Message, Waiting};
    use stsd_protocol::gateway::{
        LongTermKeys, Mfa, Operation, PlanRequest, Settings, StsTarget, UnlockRequest,
    };
    use stsd_secret::Secret;
    use tokio::sync::{mpsc, oneshot};
    use tokio::task::JoinSet;

    use crate::gateway::conversation::hand_back;

    fn unlock(token_code: Option<Secret>) -> Operation {
        let keys =
            LongTermKeys { source_profile: "default".to_owned(), identity: "AKIA".to_owned() };
        let mfa = Some(Mfa { serial_number: "device".to_owned(), token_code });
        let target = StsTarget::default();
        Operation::Unlock(UnlockRequest {
            keys,
            target,
            mfa,
            duration_seconds: 900,
            clock_offset: 0,
        })
    }

    #[tokio::test]
    async fn a_typed_code_goes_to_a_process_that_begins_with_it() {
        // It reads for ever and never answers.
        let mut keeper = Keeper::new(Launch { program: "/bin/cat".into(), home: None });
        let plan = || Operation::Plan(PlanRequest { client_program: "/stsd".to_owned() });
        let code = || Some(Secret::new("123456"));
        let asked = [(plan(), 1), (plan(), 1), (unlock(None), 1), (unlock(code()), 2), (plan(), 2)];
        for (operation, processes) in asked {
            let (reply, _) = oneshot::channel();
            let settings = Settings::default();
            keeper.hand_on(Box::new(Waiting { operation, settings, reply, again: false }));
            assert_eq!(keeper.workers.len(), processes);
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_a_terminal_sends_to_the_daemon_does_not_reach_it() {
        let launch = Launch { program: "/bin/cat".into(), home: None };
        let (child, _stream) = launch.start().unwrap();
        let pid = child.id().unwrap().to_string();
        // PID (NAME) STATE PARENT GROUP …
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let group = stat.rsplit_once(") ").unwrap().1.split(' ').nth(2).unwrap();
        assert_eq!(group, pid, "the head of a process group of its own");
    }

    #[tokio::test]
    async fn what_was_handed_back_before_a_stop_is_not_made_after_it() {
        let keeper = Keeper::new(Launch { program: "/bin/cat".into(), home: None });
        let (reply, answer) = oneshot::channel();
        let (operation, settings) = (unlock(None), Settings::default());
        let waiting = Box::new(Waiting { operation, settings, reply, again: false });
        hand_back(waiting, &keeper.back.0.downgrade());
        let (messages, inbox) = mpsc::unbounded_channel();
        messages.send(Message::Stop).unwrap();
        let mut task = JoinSet::new();
        task.spawn(keeper.run(inbox));
        assert!(answer.await.is_err(), "it was made");
    }
}
