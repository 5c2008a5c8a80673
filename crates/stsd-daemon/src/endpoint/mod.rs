//! The credentials endpoint: `GET /creds` and `GET /creds/PROFILE`, as every AWS SDK asks them. It
//! owns the order of the checks after the head's (method, path, authorization token), and says
//! nothing about any profile before the authorization token is right.

mod answer;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use hyper::{Method, Request};
use stsd_protocol::{Refusal, RefusalCode};
use tracing::{Instrument, debug, debug_span, warn};

use crate::audit::{Asked, Audit, Seen, What};
use crate::authorization::{Authorization, Grant};
use crate::caller::{Caller, Refused};
use crate::service::{Served, Service};
use crate::wire::{
    self, Answer, Door, Hosts, Listener, Rejected, Rules, Seldom, Shutdown, Unanswered,
};

/// What answers behind one of the endpoint's sockets.
#[derive(Debug)]
pub struct Endpoint<S> {
    name: &'static str,
    rules: Rules,
    authorization: Arc<Authorization>,
    service: Arc<S>,
    audit: Audit,
    rejected: Seldom,
    guessed: Seldom,
    not_admitted: Seldom,
}

impl<S: Service> Endpoint<S> {
    /// An endpoint that the log calls `name` and that callers call by one of `hosts`.
    pub fn new(
        name: &'static str,
        hosts: Hosts,
        authorization: Arc<Authorization>,
        service: Arc<S>,
    ) -> Self {
        let rules = Rules { hosts, body_limit: 0 };
        Self {
            name,
            rules,
            authorization,
            service,
            audit: Audit::default(),
            rejected: Seldom::default(),
            guessed: Seldom::default(),
            not_admitted: Seldom::default(),
        }
    }

    /// The same, which tells what it does.
    #[must_use]
    pub fn audited(mut self, audit: Audit) -> Self {
        self.audit = audit;
        self
    }

    /// What becomes of a request whose head keeps to the rules, and by whose leave it came, where an
    /// authorization token was right.
    async fn handle(
        &self,
        request: &Request<Incoming>,
        caller: &Caller,
    ) -> Result<(Option<Grant>, Result<Served, Refusal>), Unanswered> {
        let profile = match wanted(request) {
            Ok(profile) => profile,
            Err(refusal) => return Ok((None, Err(refusal))),
        };
        match self.grant(request, caller).await? {
            Ok(grant) => {
                let outcome = self.credentials(profile, &grant).await;
                // It may have waited, and have been revoked meanwhile.
                let outcome =
                    outcome.and_then(|served| self.still(request, &grant).map(|()| served));
                Ok((Some(grant), outcome))
            }
            Err(refusal) => Ok((None, Err(refusal))),
        }
    }

    /// Looks at the authorization token. Who tries many hears late that one was wrong, or never.
    async fn grant(
        &self,
        request: &Request<Incoming>,
        caller: &Caller,
    ) -> Result<Result<Grant, Refusal>, Unanswered> {
        let header = request.headers().get(AUTHORIZATION);
        match self.authorization.check(header.map(|value| value.as_bytes())) {
            Ok(grant) => Ok(Ok(grant)),
            Err(why) => {
                if why.is_a_guess() && self.authorization.was_wrong(caller).await.is_err() {
                    self.warn_of_a_guesser();
                    return Err(Unanswered);
                }
                Ok(Err(why.into()))
            }
        }
    }

    /// Whether the authorization token of a request opens what it did; the user's own always does.
    fn still(&self, request: &Request<Incoming>, grant: &Grant) -> Result<(), Refusal> {
        if grant.is_own() {
            return Ok(());
        }
        let header = request.headers().get(AUTHORIZATION);
        self.authorization.check(header.map(|value| value.as_bytes()))?;
        Ok(())
    }

    /// What the request may have, which is said of no profile that its token is not for.
    async fn credentials(&self, profile: Option<&str>, grant: &Grant) -> Result<Served, Refusal> {
        if !grant.is_unlimited() {
            match profile {
                Some(profile) => grant.check(profile)?,
                None => grant.check(&self.service.default_profile())?,
            }
        }
        let served = self.service.credentials(profile).await;
        served.inspect_err(|refusal| self.service.tool_was_refused(profile, refusal))
    }

    /// Tells the audit; `path` is the profile of a path that is one of ours.
    fn tell(
        &self,
        path: Option<Option<&str>>,
        outcome: Result<&Served, RefusalCode>,
        caller: &Caller,
        grant: Option<&Grant>,
    ) {
        let what = match outcome {
            Ok(served) => What::Served(served),
            Err(code) => What::Refused { request: path.and(Some("/creds")), code },
        };
        self.audit.saw(&Seen {
            door: self.name,
            caller: Some(caller),
            authorization_token: grant.map(Grant::name),
            // What somebody without an authorization token wants is nothing that is worth a line each.
            profile: path.filter(|_| grant.is_some()).map_or(Asked::Nothing, Asked::of),
            what,
        });
    }

    /// A request that was turned away is somebody's mistake or somebody's attempt: worth a line,
    /// but not one for each.
    fn warn(&self, refusal: &Refusal) {
        if let Some(unsaid) = self.rejected.speak() {
            let reason = &refusal.message;
            warn!(door = self.name, code = ?refusal.code, reason, unsaid, "turned a request away");
        }
    }

    fn warn_of_a_guesser(&self) {
        if let Some(unsaid) = self.guessed.speak() {
            warn!(door = self.name, unsaid, "reset a caller that tries authorization tokens");
        }
    }
}

impl<S: Service> Door for Endpoint<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn rules(&self) -> &Rules {
        &self.rules
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        _: &[u8],
        caller: &Caller,
    ) -> Result<Answer, Unanswered> {
        let path = profile(&request);
        let profile = path.flatten();
        let span = debug_span!("request", door = self.name);
        // The grant names the authorization token that the outcome goes to.
        let (grant, outcome) = match self.handle(&request, caller).instrument(span.clone()).await {
            Ok(handled) => handled,
            Err(unanswered) => {
                self.audit.did_not_answer(self.name, caller);
                return Err(unanswered);
            }
        };
        let _entered = span.enter();
        self.tell(path, outcome.as_ref().map_err(|refusal| refusal.code), caller, grant.as_ref());
        Ok(match outcome {
            Ok(served) => {
                debug!(profile, "served");
                answer::served(&served)
            }
            Err(refusal) => {
                debug!(code = ?refusal.code, profile = known(profile, &refusal), "refused");
                if refusal.code == RefusalCode::Unauthorized {
                    self.warn(&refusal);
                }
                answer::refused(&refusal, refusal.code.http_status())
            }
        })
    }

    fn reject(&self, rejected: &Rejected, caller: &Caller) -> Answer {
        self.warn(&rejected.refusal);
        self.tell(None, Err(rejected.refusal.code), caller, None);
        answer::refused(&rejected.refusal, rejected.status)
    }

    fn admitted(&self, caller: &Caller) {
        self.audit.admitted(caller);
    }

    fn turned_away(&self, refused: &Refused) {
        self.audit.turned_away(self.name, refused);
        if let Some(unsaid) = self.not_admitted.speak() {
            warn!(door = self.name, reason = %refused, unsaid, "refused a connection");
        }
    }
}

/// Serves the endpoint on one socket until the shutdown, and then as long as it allows.
///
/// `admit` is asked about each connection before a byte of it is read.
pub async fn serve<L, S>(
    listener: L,
    admit: impl Fn(&L::Stream) -> Result<Caller, Refused> + Send,
    endpoint: Endpoint<S>,
    shutdown: Shutdown,
) where
    L: Listener,
    S: Service,
{
    wire::run(listener, admit, Arc::new(endpoint), shutdown).await;
}

/// What a request asks for, if it asks for credentials at all.
fn wanted(request: &Request<Incoming>) -> Result<Option<&str>, Refusal> {
    if request.method() != Method::GET {
        return Err(Refusal::new(
            RefusalCode::MethodNotAllowed,
            "credentials are only there to be fetched",
        ));
    }
    profile(request)
        .ok_or_else(|| Refusal::new(RefusalCode::NotFound, "this is not a path of credentials"))
}

/// The profile for the log, if there is one of that name: whoever puts something else there, such as an
/// authorization token, has not meant it for the log.
fn known<'a>(profile: Option<&'a str>, refusal: &Refusal) -> Option<&'a str> {
    use RefusalCode::{Denied, InvalidProfile, Locked, Pending, Unavailable, UnsupportedProfile};
    let said = [Denied, InvalidProfile, Locked, Pending, Unavailable, UnsupportedProfile];
    profile.filter(|_| said.contains(&refusal.code))
}

/// The profile that a path means, in its path form: `Some(None)` is the default one, and `None` a
/// path of something else.
fn profile(request: &Request<Incoming>) -> Option<Option<&str>> {
    if request.uri().query().is_some() {
        return None;
    }
    match request.uri().path().strip_prefix("/creds")? {
        "" => Some(None),
        rest => rest.strip_prefix('/').filter(|name| is_path_form(name)).map(Some),
    }
}

/// Whether some profile's name could have this form; see [`stsd_protocol::path_form`].
fn is_path_form(name: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    name.bytes().all(unreserved) && name.bytes().any(|byte| byte != b'.')
}
