//! The control API: what the client asks over the control socket. It owns the route table and the
//! check of versions; what is asked is the service's business. Only this user reaches the socket,
//! and the head's checks hold here too, since a forwarder in front of it would be somebody else's
//! way in.

mod audited;
mod reply;
mod routes;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hyper::Request;
use hyper::body::Incoming;
use serde::Serialize;
use serde::de::DeserializeOwned;
use stsd_protocol::audit::Event;
use stsd_protocol::control::{
    CredentialsRequest, ProcessCredentials, ProfileRequest, VERSION_HEADER,
};
use stsd_protocol::{Refusal, RefusalCode, VERSION};
use tracing::{Instrument, debug, debug_span, warn};

use crate::audit::Audit;
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
    audit: Audit,
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
            audit: Audit::default(),
            rejected: Seldom::default(),
            not_admitted: Seldom::default(),
        }
    }

    /// The same, which tells what it does.
    #[must_use]
    pub fn audited(mut self, audit: Audit) -> Self {
        self.audit = audit;
        self
    }

    async fn reply(
        &self,
        request: &Request<Incoming>,
        body: &[u8],
        caller: &Caller,
    ) -> Result<Answer, Refusal> {
        check_version(request)?;
        let route = routes::find(request.method(), request.uri().path())?;
        if route.permission > self.granted {
            return Err(Refusal::new(
                RefusalCode::RequestRefused,
                format!("this socket does not allow {}", route.path),
            ));
        }
        self.act(route, body, caller).await
    }

    async fn act(&self, route: &Route, body: &[u8], caller: &Caller) -> Result<Answer, Refusal> {
        let service = &self.service;
        Ok(match route.action {
            Action::Status => answered(&service.status()),
            Action::Problems => answered(&service.problems()),
            Action::Challenge => answered(&service.challenge(asked(route, body)?)?),
            Action::Unlock => {
                let unlocked = service.unlock(asked(route, body)?).await?;
                self.tell(&audited::unlocked(&unlocked), body, caller);
                answered(&unlocked)
            }
            Action::Lock => {
                let locked = service.lock(profile(route, body)?).await?;
                self.tell(&audited::locked(&locked), body, caller);
                answered(&locked)
            }
            Action::Refresh => {
                let reports = service.refresh(profile(route, body)?).await?;
                self.tell(&Event::RefreshRequested, body, caller);
                answered(&reports)
            }
            Action::Credentials => {
                let served = self.credentials(asked(route, body)?).await?;
                self.tell_served(&served, body, caller);
                answered(&process_credentials(served))
            }
            Action::Whoami => answered(&service.whoami(profile(route, body)?).await?),
            Action::Environment => answered(&service.environment(profile(route, body)?)?),
            Action::Tokens => answered(&service.tokens()),
            Action::CreateToken => {
                let created = service.create_token(asked(route, body)?)?;
                self.tell_created(&created.report, caller);
                answered(&created)
            }
            Action::RevokeTokens => {
                let revoked = service.revoke_tokens(asked(route, body)?)?;
                self.tell_revoked(&revoked, caller);
                answered(&revoked)
            }
            Action::ExecToken => {
                let (token, made) = service.exec_token(profile(route, body)?)?;
                made.iter().for_each(|report| self.tell_created(report, caller));
                answered(&token)
            }
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

    async fn answer(
        &self,
        request: Request<Incoming>,
        body: &[u8],
        caller: &Caller,
    ) -> Result<Answer, Unanswered> {
        let span = debug_span!("request", door = self.name(), path = request.uri().path());
        let outcome = self.reply(&request, body, caller).instrument(span.clone()).await;
        let _entered = span.enter();
        Ok(match outcome {
            Ok(answer) => {
                debug!("answered");
                answer
            }
            Err(refusal) => {
                debug!(code = ?refusal.code, "refused");
                let route = routes::find(request.method(), request.uri().path()).ok();
                self.tell_refused(route, refusal.code, body, caller);
                let allowed = routes::allowed(request.uri().path());
                reply::refused(&refusal, refusal.code.http_status(), allowed)
            }
        })
    }

    fn reject(&self, rejected: &Rejected, caller: &Caller) -> Answer {
        self.tell_refused(None, rejected.refusal.code, b"", caller);
        if let Some(unsaid) = self.rejected.speak() {
            let reason = &rejected.refusal.message;
            warn!(door = self.name(), reason, unsaid, "turned a request away");
        }
        reply::refused(&rejected.refusal, rejected.status, None)
    }

    fn admitted(&self, caller: &Caller) {
        self.audit.admitted(caller);
    }

    fn turned_away(&self, refused: &Refused) {
        self.audit.turned_away(self.name(), refused);
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
