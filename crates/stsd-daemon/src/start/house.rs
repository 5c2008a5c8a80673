//! All tasks of the daemon, from the first to the last.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::getuid;
use sd_notify::NotifyState;
use stsd_protocol::audit::Event;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinSet};
use tracing::{error, info, warn};

use super::StartError;
use super::signals::Signals;
use crate::audit::{self, Audit};
use crate::authorization::Authorization;
use crate::caller::{CallersError, TcpCallers};
use crate::clock::SystemClock;
use crate::endpoint_port::EndpointPort;
use crate::owner::Command;
use crate::state_directory::StateDirectory;
use crate::survival::note_a_crash;
use crate::upkeep::Upkeep;
use crate::wire::{Shutdown, Stop};

/// All tasks of the daemon. The first that ends unasked takes the rest with it.
pub(super) struct House {
    /// End at a shutdown, after what they are serving.
    pub(super) doors: JoinSet<&'static str>,
    /// End when the doors have.
    pub(super) inner: JoinSet<&'static str>,
    pub(super) ending: Shutdown,
    /// When to look after what somebody may have removed.
    pub(super) rounds: watch::Receiver<()>,
    pub(super) authorization: Arc<Authorization>,
    pub(super) callers: Option<Arc<TcpCallers>>,
    pub(super) port: Arc<EndpointPort>,
    pub(super) audit: Audit,
    /// Writes the audit's last lines when the house is left.
    pub(super) audit_ending: Option<audit::Ending>,
    pub(super) commands: mpsc::UnboundedSender<Command>,
    pub(super) inbox: Option<mpsc::UnboundedReceiver<Command>>,
}

impl House {
    /// With the first tasks in it, and nobody at the doors.
    pub(super) fn new(ending: Shutdown, directory: &StateDirectory) -> Result<Self, StartError> {
        let authorization_token = directory.authorization_token()?;
        let (commands, inbox) = mpsc::unbounded_channel();
        let mut inner = JoinSet::new();
        let upkeep = Upkeep::new(directory.clone(), authorization_token.clone());
        let rounds = upkeep.rounds();
        spawn(&mut inner, "the upkeep of the state directory", upkeep.run(commands.clone()));
        let authorization =
            Authorization::open(authorization_token, directory.clone(), SystemClock);
        let port = Arc::new(EndpointPort::default());
        Ok(Self {
            doors: JoinSet::new(),
            inner,
            ending,
            authorization: Arc::new(authorization),
            rounds,
            callers: callers(&port),
            port,
            audit: Audit::default(),
            audit_ending: None,
            commands,
            inbox: Some(inbox),
        })
    }

    /// Obeys signals until one of them, or the death of a task, ends the daemon.
    pub(super) async fn live(mut self, mut signals: Signals, stop: Stop) -> Result<(), StartError> {
        self.say_ready();
        self.audit.happened(audit::started(), None);
        loop {
            tokio::select! {
                _ = signals.terminate.recv() => break,
                _ = signals.interrupt.recv() => break,
                _ = signals.hangup.recv() => self.tell(Command::Replan),
                _ = signals.lock.recv() => self.tell(Command::Lock(None, oneshot::channel().0)),
                Some(ended) = self.doors.join_next() => return Err(died(ended)),
                Some(ended) = self.inner.join_next() => return Err(died(ended)),
            }
        }
        notify(NotifyState::Stopping);
        info!("stopping");
        stop.within(DRAIN);
        // Each door keeps to its deadline by itself.
        while self.doors.join_next().await.is_some() {}
        self.inner.shutdown().await;
        self.audit.happened(Event::Stopped, None);
        Ok(())
    }

    fn tell(&self, command: Command) {
        // If nobody listens, the owner is dead, and its task's end is the next event.
        let _ = self.commands.send(command);
    }

    fn say_ready(&self) {
        let places = match self.port.port() {
            Some(port) => format!("http://127.0.0.1:{port}"),
            None => "its Unix sockets alone".to_owned(),
        };
        // `eprintln!` would panic where nobody reads the log any more, or its disk is full.
        let _ = writeln!(io::stderr(), "stsd-daemon: ready on {places}");
        notify(NotifyState::Ready);
    }
}

/// Who is at the other end of a TCP connection; without that no TCP is served.
fn callers(port: &EndpointPort) -> Option<Arc<TcpCallers>> {
    match TcpCallers::open(getuid().as_raw()) {
        Ok(callers) => Some(Arc::new(callers)),
        Err(error) => {
            warn_of_no_callers(&error);
            let message = format!("{error}, so no TCP is served");
            port.obstructed(([127, 0, 0, 1], 0).into(), message);
            None
        }
    }
}

fn warn_of_no_callers(error: &CallersError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    warn!(%error, cause, "serving no TCP, only the Unix sockets");
}

pub(super) fn spawn(
    tasks: &mut JoinSet<&'static str>,
    name: &'static str,
    task: impl Future<Output = ()> + Send + 'static,
) {
    tasks.spawn(async move {
        task.await;
        name
    });
}

fn died(ended: Result<&'static str, JoinError>) -> StartError {
    let part = ended.unwrap_or("a task");
    note_a_crash();
    error!(part, "a part of the daemon died");
    StartError::Died(part)
}

fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        warn!(%error, "could not notify the service manager");
    }
}

/// How long open connections may take after SIGTERM.
const DRAIN: Duration = Duration::from_millis(1500);
