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

pub(crate) use assume::assume;
pub(crate) use caller::whoami;
pub(crate) use failure::refusal;
pub(crate) use trace::Trace;
pub(crate) use unlock::unlock;

use aws_smithy_async::time::SharedTimeSource;
use stsd_protocol::gateway::{Base, Failure, FailureKind, Settings};

use crate::http::HttpClients;
use crate::profiles::{KeysError, long_term_keys};
use client::Signer;

/// What one request's calls have in common.
pub(crate) struct Session<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) home: Option<&'a std::path::Path>,
    pub(crate) http: &'a HttpClients,
    pub(crate) time: SharedTimeSource,
    /// Added to the clock, in seconds; corrected when STS says that it is wrong.
    pub(crate) clock_offset: i64,
    pub(crate) trace: Trace,
}

impl Session<'_> {
    /// The credentials that a chain begins with.
    fn signer(&self, base: &Base) -> Result<Signer, Failure> {
        match base {
            Base::Temporary(credentials) => Ok(Signer {
                access_key_id: credentials.access_key_id.clone(),
                secret_access_key: credentials.secret_access_key.clone(),
                session_token: Some(credentials.session_token.clone()),
            }),
            Base::LongTerm(keys) => match long_term_keys(self.settings, self.home, keys) {
                Ok(pair) => Ok(Signer {
                    access_key_id: pair.access_key_id,
                    secret_access_key: pair.secret_access_key,
                    session_token: None,
                }),
                Err(error @ KeysError::Changed(_)) => {
                    Err(refusal(FailureKind::Changed, "KeysChanged", error.to_string()))
                }
                Err(error) => {
                    Err(refusal(FailureKind::Configuration, "ConfigError", error.to_string()))
                }
            },
        }
    }
}
