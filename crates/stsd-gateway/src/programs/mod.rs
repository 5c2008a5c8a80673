//! The user's programs that say credentials and token codes. None runs but what the user's own files
//! name and stsd's own configuration allows; what one prints is read here and shown nowhere.

mod apart;
mod captured;
mod credentials;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod run;
mod says;
mod shared;
mod token_code;

use std::path::Path;
use std::time::Duration;

use aws_smithy_async::time::TimeSource;
use stsd_protocol::gateway::{Failure, FailureKind, PROGRAM_ERROR, Settings};
use stsd_secret::Secret;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::profiles::Program;
use crate::signer::Signer;
use apart::Failed;
pub use apart::{ProgramsApart, RUN_PROGRAMS, run_programs};
pub(crate) use shared::Running;

/// The programs of one request.
pub(crate) struct Programs<'a> {
    settings: &'a Settings,
    home: Option<&'a Path>,
    running: &'a Running,
    /// What is left for all of them together.
    time: Duration,
}

impl<'a> Programs<'a> {
    pub(crate) fn new(
        settings: &'a Settings,
        home: Option<&'a Path>,
        running: &'a Running,
    ) -> Self {
        Self { settings, home, running, time: MOST }
    }

    /// What a `credential_process` says. One that runs already is waited for and not started again:
    /// it may ask its user something, and ten roles may want its keys at once.
    pub(crate) async fn credentials(
        &mut self,
        program: &Program,
        clock: &impl TimeSource,
    ) -> Result<Signer, Failure> {
        let running = self.running;
        let said = async {
            let output = self.run(program).await?;
            credentials::read(&output, clock.now())
                .map_err(|error| failure(error.kind(), format!("{} {error}", whose(program))))
        };
        running.credentials(program, said).await
    }

    /// The code that an `mfa_process` says.
    pub(crate) async fn token_code(&mut self, program: &Program) -> Result<Secret, Failure> {
        let output = self.run(program).await?;
        token_code::read(&output).ok_or_else(|| {
            let message = format!("{} printed something else than six digits", whose(program));
            failure(FailureKind::Configuration, message)
        })
    }

    async fn run(&mut self, program: &Program) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let started = Instant::now();
        let output = match self.running.apart() {
            Some(apart) => apart.run(program, self.time).await,
            None => {
                let environment = &self.settings.program_environment;
                let output = run::run(&program.command, environment, self.home, self.time).await;
                output.map_err(|error| Failed { kind: error.kind(), message: error.to_string() })
            }
        };
        self.time = self.time.saturating_sub(started.elapsed());
        output.map_err(|Failed { kind, message }| {
            failure(kind, format!("{} {message}", whose(program)))
        })
    }
}

/// The failure of a `credential_process` that has printed credentials of yesterday.
pub(crate) fn ended(profile: &str) -> Failure {
    let error = credentials::OutputError::Ended;
    failure(error.kind(), format!("credential_process of profile {profile} {error}"))
}

fn whose(program: &Program) -> String {
    format!("{} of profile {}", program.key, program.profile)
}

/// A failure of a program. `code_sent` is false: a code that a program says is sent afterwards.
fn failure(kind: FailureKind, message: String) -> Failure {
    Failure {
        kind,
        code: PROGRAM_ERROR.to_owned(),
        message,
        retryable: kind == FailureKind::Unavailable,
        http_status: None,
        code_sent: false,
    }
}

/// The daemon gives up a process that has not answered for 60 s, and the calls of a request take up to
/// 18 s beside the programs. Enough to look at a telephone or to touch a device.
const MOST: Duration = Duration::from_secs(25);
