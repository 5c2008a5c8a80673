//! The other side: finds out what the profile's program is, runs it, and says what it printed.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::gateway::{FailureKind, Settings};
use stsd_secret::Secret;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::super::{MOST, run};
use super::{Answer, Ask, Begin, Failed, Output, Wanted, frames};
use crate::profiles::allowed_program;

/// Runs programs until the gateway has closed its end; those that run then are killed. `asked` is
/// called at each ask.
///
/// # Errors
/// If the other side is no gateway, or the socket breaks.
pub async fn run_programs(
    stream: UnixStream,
    home: Option<PathBuf>,
    asked: impl Fn(),
) -> io::Result<()> {
    let (mut read, mut write) = stream.into_split();
    let Some(Begin { settings }) = frames::read(&mut read).await? else { return Ok(()) };
    let house = Arc::new(House { settings, home });
    let (sender, mut wanted) = mpsc::unbounded_channel();
    let mut reader = JoinSet::new();
    reader.spawn(frames::read_all(read, sender));
    let mut runs = JoinSet::new();
    let mut under_way: HashMap<u64, AbortHandle> = HashMap::new();
    loop {
        tokio::select! {
            wanted = wanted.recv() => match wanted {
                None => return Ok(()),
                Some(Wanted::Run(ask)) => {
                    asked();
                    let (id, house) = (ask.id, Arc::clone(&house));
                    let run = async move { Answer { id, said: house.run(&ask).await } };
                    under_way.insert(id, runs.spawn(run));
                }
                Some(Wanted::Forget(id)) => {
                    under_way.remove(&id).inspect(AbortHandle::abort);
                }
            },
            // One that was taken back has no answer.
            Some(Ok(answer)) = runs.join_next(), if !runs.is_empty() => {
                under_way.remove(&answer.id);
                frames::write(&mut write, &answer).await?;
            }
        }
    }
}

/// What is true of every run.
pub(super) struct House {
    pub(super) settings: Settings,
    pub(super) home: Option<PathBuf>,
}

impl House {
    async fn run(&self, ask: &Ask) -> Result<Output, Failed> {
        let (settings, home) = (&self.settings, self.home.as_deref());
        let program = allowed_program(settings, home, &ask.profile, &ask.key);
        let program = program.ok_or_else(|| Failed {
            kind: FailureKind::Changed,
            message: "is no longer what the AWS files name".to_owned(),
        })?;
        let most = Duration::from_millis(ask.milliseconds).min(MOST);
        let environment = &settings.program_environment;
        let output = run::run(&program.command, environment, home, most).await;
        let output =
            output.map_err(|error| Failed { kind: error.kind(), message: error.to_string() })?;
        Ok(Output(Secret::new(String::from_utf8_lossy(&output))))
    }
}
