//! What the control API tells the audit: what a person did, what was handed out, and what was refused.

use std::borrow::Cow;

use serde::Deserialize;
use stsd_protocol::RefusalCode;
use stsd_protocol::audit::{Event, bounded};
use stsd_protocol::control::{Locked, RevokedTokens, TokenReport, Unlocked};

use super::Control;
use super::routes::{Action, Route};
use crate::audit::{Asked, Seen, What};
use crate::caller::Caller;
use crate::service::{Served, Service};
use crate::wire::Door;

impl<S: Service> Control<S> {
    /// Something was done.
    pub(super) fn tell(&self, event: &Event, body: &[u8], caller: &Caller) {
        let profile = Named::in_body(body);
        let everything = !matches!(event, Event::Unlock { .. });
        let what = What::Done { event, code: None };
        self.audit.saw(&self.seen(what, profile.asked(everything), caller));
    }

    /// Credentials were handed out.
    pub(super) fn tell_served(&self, served: &Served, body: &[u8], caller: &Caller) {
        let profile = Named::in_body(body);
        self.audit.saw(&self.seen(What::Served(served), profile.asked(false), caller));
    }

    /// A request was refused; without a route it was for nothing that there is.
    pub(super) fn tell_refused(
        &self,
        route: Option<&Route>,
        code: RefusalCode,
        body: &[u8],
        caller: &Caller,
    ) {
        let done = route.and_then(|route| match route.action {
            Action::Unlock => Some(Event::Unlock { identity: None, expiration: None }),
            Action::Lock => Some(Event::Lock { identities: 0 }),
            Action::Refresh => Some(Event::RefreshRequested),
            _ => None,
        });
        let what = match &done {
            Some(event) => What::Done { event, code: Some(code) },
            None => What::Refused { request: route.map(|route| route.path), code },
        };
        let profile = Named::in_body(body);
        let everything = !names_a_profile(route.map(|route| route.action));
        self.audit.saw(&self.seen(what, profile.asked(everything), caller));
    }

    /// An authorization token was made.
    pub(super) fn tell_created(&self, report: &TokenReport, caller: &Caller) {
        let event = Event::TokenCreated { expiration: report.expires };
        // One that is for several has none that stands for the others.
        let profile = match report.profiles.as_deref() {
            Some([profile]) => Asked::Named(profile),
            _ => Asked::Nothing,
        };
        let seen = self.seen(What::Done { event: &event, code: None }, profile, caller);
        self.audit.saw(&Seen { authorization_token: Some(&report.name), ..seen });
    }

    /// Authorization tokens were revoked.
    pub(super) fn tell_revoked(&self, revoked: &RevokedTokens, caller: &Caller) {
        for name in &revoked.revoked {
            let what = What::Done { event: &Event::TokenRevoked, code: None };
            let seen = self.seen(what, Asked::Nothing, caller);
            self.audit.saw(&Seen { authorization_token: Some(name), ..seen });
        }
    }

    fn seen<'a>(&self, what: What<'a>, profile: Asked<'a>, caller: &'a Caller) -> Seen<'a> {
        let door = self.name();
        Seen { door, caller: Some(caller), authorization_token: None, profile, what }
    }
}

/// The one thing of a body that is told.
#[derive(Default, Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    profile: Option<Cow<'a, str>>,
}

impl<'a> Named<'a> {
    fn in_body(body: &'a [u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// `everything` is what a request without a profile means; else it is the configured one.
    fn asked(&self, everything: bool) -> Asked<'_> {
        let profile = self.profile.as_deref();
        if everything { Asked::or_everything(profile) } else { Asked::of(profile) }
    }
}

/// Whether a request without a profile means the configured one.
fn names_a_profile(action: Option<Action>) -> bool {
    use Action::{Challenge, Credentials, Environment, Unlock, Whoami};
    matches!(action, Some(Challenge | Credentials | Environment | Unlock | Whoami))
}

pub(super) fn unlocked(unlocked: &Unlocked) -> Event {
    let session = &unlocked.session;
    let identity = Some(bounded(&session.identity, 128));
    Event::Unlock { identity, expiration: session.expiration }
}

pub(super) fn locked(locked: &Locked) -> Event {
    Event::Lock { identities: locked.locked.len() }
}
