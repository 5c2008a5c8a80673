//! The control API: what the client asks over the control socket. It owns the route table and the
//! check of versions; what is asked is the service's business. Only this user reaches the socket,
//! and the head's checks hold here too, since a forwarder in front of it would be somebody else's
//! way in.

mod reply;
mod routes;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hyper::Request;
use hyper::body::Incoming;
use serde::Serialize;
use serde::de::DeserializeOwned;
use stsd_protocol::control::{
    CredentialsRequest, ProcessCredentials, ProfileRequest, VERSION_HEADER,
};
use stsd_protocol::{Refusal, RefusalCode, VERSION};
use tracing::{Instrument, debug, debug_span, warn};

use crate::caller::{Caller, Refused};
use crate::service::{Served, Service};
use crate::wire::{
    self, Answer, Door, Hosts, Listener, Rejected, Rules, Seldom, Shutdown, Unanswered,
};
use routes::{Action, Route};

pub use routes::Permission;

/// What answers behind the control socket.
#[derive(Debug)]
pub struct Control<S> {
    rules: Rules,
    granted: Permission,
    service: Arc<S>,
    rejected: Seldom,
    not_admitted: Seldom,
}

impl<S: Service> Control<S> {
    /// A control API that allows its callers no more than `granted`.
    pub fn new(granted: Permission, service: Arc<S>) -> Self {
        let rules = Rules { hosts: Hosts::Name(HOST), body_limit: BODY_LIMIT };
        Self {
            rules,
            granted,
            service,
            rejected: Seldom::default(),
            not_admitted: Seldom::default(),
        }
    }

    async fn reply(&self, request: &Request<Incoming>, body: &[u8]) -> Result<Answer, Refusal> {
        check_version(request)?;
        let route = routes::find(request.method(), request.uri().path())?;
        if route.permission > self.granted {
            return Err(Refusal::new(
                RefusalCode::RequestRefused,
                format!("this socket does not allow {}", route.path),
            ));
        }
        self.act(route, body).await
    }

    async fn act(&self, route: &Route, body: &[u8]) -> Result<Answer, Refusal> {
        let service = &self.service;
        Ok(match route.action {
            Action::Status => answered(&service.status()),
            Action::Problems => answered(&service.problems()),
            Action::Challenge => answered(&service.challenge(asked(route, body)?)?),
            Action::Unlock => answered(&service.unlock(asked(route, body)?).await?),
            Action::Lock => answered(&service.lock(profile(route, body)?).await?),
            Action::Refresh => answered(&service.refresh(profile(route, body)?).await?),
            Action::Credentials => {
                answered(&process_credentials(self.credentials(asked(route, body)?).await?))
            }
            Action::Whoami => answered(&service.whoami(profile(route, body)?).await?),
            Action::Environment => answered(&service.environment(profile(route, body)?)?),
            Action::Tokens => answered(&service.tokens()),
            Action::CreateToken => answered(&service.create_token(asked(route, body)?)?),
            Action::RevokeTokens => answered(&service.revoke_tokens(asked(route, body)?)?),
            Action::ExecToken => answered(&service.exec_token(profile(route, body)?)?),
        })
    }

    async fn credentials(&self, request: CredentialsRequest) -> Result<Served, Refusal> {
        let profile = request.profile.as_deref();
        match self.service.credentials(profile).await {
            // Who takes them once is a person at a shell, and reads there what went wrong.
            Ok(served) if request.real_expiration => {
                Ok(Served { expiration: served.real_expiration, ..served })
            }
            Err(refusal) if !request.real_expiration => {
                self.service.tool_was_refused(profile, &refusal);
                Err(refusal)
            }
            outcome => outcome,
        }
    }
}

impl<S: Service> Door for Control<S> {
    fn name(&self) -> &'static str {
        "control"
    }

    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn hears(&self, _: &Caller) -> bool {
        true
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        body: &[u8],
        _: &Caller,
    ) -> Result<Answer, Unanswered> {
        let span = debug_span!("request", door = self.name(), path = request.uri().path());
        let outcome = self.reply(&request, body).instrument(span.clone()).await;
        let _entered = span.enter();
        Ok(match outcome {
            Ok(answer) => {
                debug!("answered");
                answer
            }
            Err(refusal) => {
                debug!(code = ?refusal.code, "refused");
                let allowed = routes::allowed(request.uri().path());
                reply::refused(&refusal, refusal.code.http_status(), allowed)
            }
        })
    }

    fn reject(&self, rejected: &Rejected, _: &Caller) -> Answer {
        if let Some(unsaid) = self.rejected.speak() {
            let reason = &rejected.refusal.message;
            warn!(door = self.name(), reason, unsaid, "turned a request away");
        }
        reply::refused(&rejected.refusal, rejected.status, None)
    }

    fn turned_away(&self, refused: &Refused) {
        if let Some(unsaid) = self.not_admitted.speak() {
            warn!(door = self.name(), reason = %refused, unsaid, "refused a connection");
        }
    }
}

/// Serves the control API on its socket until the shutdown, and then as long as it allows.
///
/// `admit` is asked about each connection before a byte of it is read.
pub async fn serve<L, S>(
    listener: L,
    admit: impl Fn(&L::Stream) -> Result<Caller, Refused> + Send,
    control: Control<S>,
    shutdown: Shutdown,
) where
    L: Listener,
    S: Service,
{
    wire::run(listener, admit, Arc::new(control), shutdown).await;
}

/// A client of another version might mean something else by the same words.
fn check_version(request: &Request<Incoming>) -> Result<(), Refusal> {
    let theirs =
        request.headers().get(VERSION_HEADER).map(|version| version.to_str().unwrap_or("?"));
    if theirs == Some(VERSION) {
        return Ok(());
    }
    let theirs = theirs.filter(|version| version.len() <= 32).unwrap_or("unknown");
    Err(Refusal::new(
        RefusalCode::VersionMismatch,
        format!("the client's version is {theirs} and the daemon's is {VERSION}"),
    ))
}

/// Reads a body. The parser's own words are not passed on: they quote what they could not read.
fn asked<T: DeserializeOwned>(route: &Route, body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        Refusal::new(
            RefusalCode::BadRequest,
            format!(
                "the body is not what {} takes, at line {} column {}",
                route.path,
                error.line(),
                error.column()
            ),
        )
    })
}

fn profile(route: &Route, body: &[u8]) -> Result<Option<String>, Refusal> {
    asked::<ProfileRequest>(route, body).map(|request| request.profile)
}

fn answered<T: Serialize>(body: &T) -> Answer {
    reply::json(hyper::StatusCode::OK, body)
}

fn process_credentials(served: Served) -> ProcessCredentials {
    ProcessCredentials {
        version: 1,
        access_key_id: served.access_key_id,
        secret_access_key: served.secret_access_key,
        session_token: served.session_token,
        expiration: served.expiration,
        account_id: served.account_id,
    }
}

/// What the client puts into `Host`.
const HOST: &str = "stsd";

/// The most that a request may say.
const BODY_LIMIT: usize = 64 * 1024;
