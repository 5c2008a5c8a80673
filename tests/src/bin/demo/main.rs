//! `cargo demo`: stsd's main job in a few seconds, with the real programs, a real AWS SDK and an STS
//! emulator, in a home that is gone afterwards. Nothing of the user's own is read or changed.

mod narrator;
mod stage;
mod story;

use std::io;
use std::process::ExitCode;

use narrator::Narrator;
use stage::StageError;
use stsd_tests::{BuildError, DaemonError};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(until_interrupted());
            // A build that was interrupted hears of it from the terminal, and nobody waits for it.
            runtime.shutdown_background();
            ended
        }
        Err(error) => Err(DemoError::Runtime(error)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read along has seen enough.
        Err(DemoError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}", complaint(&error));
            ExitCode::from(if matches!(error, DemoError::Interrupted) { 130 } else { 1 })
        }
    }
}

/// Tells the story; a signal drops it where it stands, and with it every process and file of it.
async fn until_interrupted() -> Result<(), DemoError> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(DemoError::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(DemoError::Runtime)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(DemoError::Runtime)?;
    let narrator = Narrator::new();
    tokio::select! {
        told = story::told(&narrator) => told,
        _ = interrupt.recv() => Err(DemoError::Interrupted),
        _ = terminate.recv() => Err(DemoError::Interrupted),
        _ = hangup.recv() => Err(DemoError::Interrupted),
    }
}

/// Why the demo did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// The programs.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The emulator or the home.
    #[error("cannot set the stage")]
    Stage(#[source] io::Error),
    /// The daemon.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// A step.
    #[error(transparent)]
    Step(#[from] StageError),
    /// The story cannot be told.
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
    /// The runtime.
    #[error("cannot wait for signals")]
    Runtime(#[source] io::Error),
    /// Ctrl-C.
    #[error("interrupted; nothing is left behind")]
    Interrupted,
}

fn complaint(error: &DemoError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
    let sentences: Vec<String> = causes.map(ToString::to_string).collect();
    format!("\ndemo: error: {}", sentences.join(": "))
}
