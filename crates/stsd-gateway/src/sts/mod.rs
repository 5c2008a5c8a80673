//! The calls to STS: GetSessionToken, AssumeRole down a chain, GetCallerIdentity. Everything that a
//! call depends on comes in with the request; the SDK's default provider chain is never asked.

mod assume;
mod caller;
mod client;
mod failure;
mod issued;
mod trace;
mod unlock;
mod user_agent;

pub(crate) use caller::whoami;
use failure::of_file;
pub(crate) use failure::refusal;
pub(crate) use trace::Trace;

use std::time::Duration;

use aws_smithy_async::time::SharedTimeSource;
use stsd_protocol::gateway::{
    AssumeRequest, Base, Failure, FailureKind, Outcome, Settings, UnlockRequest,
};
use tokio::time::Instant;

use crate::http::HttpClients;
use crate::profiles::{KeySource, KeysError, key_source};
use crate::programs::{Programs, ended};
use crate::signer::Signer;

/// Makes the session of one identity.
pub(crate) async fn unlock(
    session: &mut Session<'_>,
    request: &UnlockRequest,
) -> Result<Outcome, Failure> {
    unlock::unlock(session, request).await.map_err(|failure| session.explain(failure))
}

/// Gets the credentials at the end of a chain.
pub(crate) async fn assume(
    session: &mut Session<'_>,
    request: &AssumeRequest,
) -> Result<Outcome, Failure> {
    assume::assume(session, request).await.map_err(|failure| session.explain(failure))
}

/// What one request's calls have in common.
pub(crate) struct Session<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) home: Option<&'a std::path::Path>,
    pub(crate) http: &'a HttpClients,
    pub(crate) time: SharedTimeSource,
    /// Added to the clock, in seconds; corrected when STS says that it is wrong.
    pub(crate) clock_offset: i64,
    pub(crate) trace: Trace,
    /// When the request came.
    pub(crate) began: Instant,
    /// What the user's programs have taken since then.
    pub(crate) elsewhere: Duration,
    pub(crate) programs: Programs<'a>,
    /// The profile whose program lent the credentials that have an end.
    pub(crate) lender: Option<String>,
}

impl Session<'_> {
    /// The credentials that a chain begins with.
    async fn signer(&mut self, base: &Base) -> Result<Signer, Failure> {
        let keys = match base {
            Base::Temporary(credentials) => return Ok(Signer::Temporary(credentials.clone())),
            Base::LongTerm(keys) => keys,
        };
        match key_source(self.settings, self.home, keys).map_err(of_files)? {
            KeySource::Files(pair) => Ok(Signer::LongTerm(pair)),
            KeySource::Program(program) => {
                let (clock, started) = (self.clock(), Instant::now());
                let said = self.programs.credentials(&program, &clock).await;
                self.elsewhere += started.elapsed();
                let signer = said?;
                self.lender =
                    matches!(signer, Signer::Temporary(_)).then(|| program.profile.clone());
                Ok(signer)
            }
        }
    }

    /// Says what has happened where STS finds lent credentials ended, which may have no `Expiration`
    /// or be taken back: as when their program says so. It will have others later.
    fn explain(&self, failure: Failure) -> Failure {
        match &self.lender {
            Some(profile) if failure.code.starts_with("ExpiredToken") => ended(profile),
            _ => failure,
        }
    }
}

/// Says why the files give no keys or codes.
fn of_files(error: KeysError) -> Failure {
    match error {
        KeysError::Changed(_) | KeysError::NoCode(_) => {
            refusal(FailureKind::Changed, "KeysChanged", error.to_string())
        }
        KeysError::Unreadable(_) => of_file(error.to_string()),
        KeysError::Configuration(_) => {
            refusal(FailureKind::Configuration, "ConfigError", error.to_string())
        }
    }
}
