//! The gateway's side: starts the process, asks it, and takes back what nobody waits for any more.

use std::collections::HashMap;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use stsd_protocol::gateway::{FailureKind, Settings};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use super::{Answer, Ask, Begin, Failed, Output, Wanted, frames};
use crate::profiles::Program;

/// The process, before there is a runtime.
#[derive(Debug)]
pub struct ProgramsApart(StdUnixStream);

/// The process, to be asked. It ends with this value, and the programs with it.
pub(crate) struct Apart {
    wanted: mpsc::UnboundedSender<Message>,
    next: AtomicU64,
    _keeper: JoinSet<()>,
}

enum Message {
    Run(Ask, oneshot::Sender<Result<Output, Failed>>),
    Forget(u64),
}

impl ProgramsApart {
    /// Starts this very program once more, with the one argument that [`RUN_PROGRAMS`] is.
    ///
    /// # Errors
    /// If the system has no process left.
    pub fn start(settings: &Settings, home: Option<&Path>) -> io::Result<Self> {
        let (ours, theirs) = StdUnixStream::pair()?;
        // This file, even where another version stands in its place by now.
        let mut command = Command::new("/proc/self/exe");
        command.arg(RUN_PROGRAMS).env_clear().stdin(OwnedFd::from(theirs)).stdout(Stdio::null());
        command.envs(home.map(|home| ("HOME", home)));
        // It ends at the end of its socket, which is not awaited: this process ends then too.
        drop(command.spawn()?);
        (&ours).write_all(&frames::encode(&Begin { settings: settings.clone() })?)?;
        Ok(Self(ours))
    }

    #[cfg(test)]
    pub(super) fn on(stream: StdUnixStream) -> Self {
        Self(stream)
    }

    /// To be called in a runtime.
    ///
    /// # Errors
    /// If the socket cannot be waited for.
    pub(crate) fn ask(self) -> io::Result<Apart> {
        self.0.set_nonblocking(true)?;
        let stream = UnixStream::from_std(self.0)?;
        let (wanted, inbox) = mpsc::unbounded_channel();
        let mut keeper = JoinSet::new();
        keeper.spawn(keep(stream, inbox));
        Ok(Apart { wanted, next: AtomicU64::new(0), _keeper: keeper })
    }
}

impl Apart {
    /// What the program prints. If this future is dropped, the program is killed.
    pub(crate) async fn run(
        &self,
        program: &Program,
        most: Duration,
    ) -> Result<Zeroizing<Vec<u8>>, Failed> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let milliseconds = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        let (profile, key) = (program.profile.clone(), program.key.to_owned());
        let (reply, answer) = oneshot::channel();
        // Whoever is gone is found gone below.
        let _ = self.wanted.send(Message::Run(Ask { id, profile, key, milliseconds }, reply));
        let forget = Forget { id, wanted: &self.wanted };
        let said = answer.await;
        drop(forget);
        let lost = |_| Failed {
            kind: FailureKind::Unavailable,
            message: "cannot be started (the process that runs programs has ended)".to_owned(),
        };
        let Output(text) = said.map_err(lost)??;
        Ok(Zeroizing::new(text.expose().as_bytes().to_vec()))
    }
}

/// Takes an ask back when nobody waits for it any more; one that was answered is unknown there.
struct Forget<'a> {
    id: u64,
    wanted: &'a mpsc::UnboundedSender<Message>,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        let _ = self.wanted.send(Message::Forget(self.id));
    }
}

/// Until nobody can ask any more, or the process is gone: then those that wait hear it.
async fn keep(stream: UnixStream, mut inbox: mpsc::UnboundedReceiver<Message>) {
    let (read, mut write) = stream.into_split();
    let (sender, mut answers) = mpsc::unbounded_channel::<Answer>();
    let mut reader = JoinSet::new();
    reader.spawn(frames::read_all(read, sender));
    let mut waiting = HashMap::new();
    loop {
        let wanted = tokio::select! {
            message = inbox.recv() => match message {
                None => return,
                Some(Message::Run(ask, reply)) => {
                    waiting.insert(ask.id, reply);
                    Wanted::Run(ask)
                }
                Some(Message::Forget(id)) => match waiting.remove(&id) {
                    Some(_) => Wanted::Forget(id),
                    None => continue,
                },
            },
            answer = answers.recv() => {
                let Some(Answer { id, said }) = answer else { return };
                // Whoever asked may have gone away.
                let _ = waiting.remove(&id).map(|reply| reply.send(said));
                continue;
            }
        };
        if frames::write(&mut write, &wanted).await.is_err() {
            return;
        }
    }
}

/// The argument by which the gateway's program becomes the process that runs programs.
pub const RUN_PROGRAMS: &str = "--run-programs";
