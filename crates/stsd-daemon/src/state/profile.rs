//! The table of profile states: what stands between a profile and the credentials that it serves.

use std::sync::Arc;

use stsd_protocol::control::{ProfileReport, ProfileState};
use stsd_protocol::gateway::{Hop, PlannedProfile, ProfileSource};
use stsd_protocol::{Refusal, RefusalCode, Timestamp};

use super::held::Held;
use super::session::{Phase, Session, quoted};
use super::trouble::Trouble;
use crate::clock::Now;
use crate::schedule::SHORTEST_RETRY;

/// One profile.
#[derive(Clone, Debug)]
pub struct Profile {
    /// What the configuration says of it.
    pub planned: Arc<PlannedProfile>,
    /// What AssumeRole gave. A profile with its identity's own keys holds nothing itself: the
    /// session does.
    pub held: Option<Arc<Held>>,
    /// STS has been asked, by the call with this generation. The answer to any other is dropped.
    pub asking: Option<u64>,
    /// The last thing that went wrong, until something goes right.
    pub trouble: Option<Trouble>,
    /// Somebody has asked for it, so it is renewed ahead of its end.
    pub in_use: bool,
    /// It worked under the session that there is now.
    pub worked: bool,
    /// Somebody got credentials of it under that session.
    used: bool,
}

/// What a request for a profile gets.
#[derive(Debug)]
pub enum Answer {
    /// Serve these.
    Ready(Arc<Held>),
    /// Nothing yet: STS is to be asked.
    Cold,
    /// Nothing yet: STS has been asked.
    Fetching,
    /// Say so.
    Refuse(Refusal),
}

impl Profile {
    /// A profile that was not there before.
    pub fn new(planned: Arc<PlannedProfile>, in_use: bool) -> Self {
        Self {
            planned,
            held: None,
            asking: None,
            trouble: None,
            in_use,
            worked: false,
            used: false,
        }
    }

    /// The identity that feeds it, if stsd serves it.
    pub fn identity(&self) -> Option<&str> {
        match &self.planned.source {
            ProfileSource::Session { identity } | ProfileSource::Role { identity, .. } => {
                Some(identity)
            }
            ProfileSource::Unsupported { .. } | ProfileSource::Invalid { .. } => None,
        }
    }

    /// The roles that lead to it; empty for an identity's own profile.
    pub fn hops(&self) -> &[Hop] {
        match &self.planned.source {
            ProfileSource::Role { hops, .. } => hops,
            _ => &[],
        }
    }

    /// What may be served now.
    fn valid<'a>(&'a self, session: Option<&'a Session>, now: Now) -> Option<&'a Arc<Held>> {
        match &self.planned.source {
            ProfileSource::Session { .. } => session.and_then(|session| session.held(now)),
            _ => self.held.as_ref().filter(|held| held.is_valid(now)),
        }
    }

    /// The state that `stsd status` shows.
    pub fn state(&self, session: Option<&Session>, now: Now) -> ProfileState {
        let session = match (&self.planned.source, session) {
            (ProfileSource::Unsupported { .. }, _) => return ProfileState::Unsupported,
            (ProfileSource::Invalid { .. }, _) | (_, None) => return ProfileState::Invalid,
            (_, Some(session)) => session,
        };
        if self.valid(Some(session), now).is_some() {
            return ProfileState::Ready;
        }
        match self.trouble(Some(session)) {
            _ if is_locked(session, now) => ProfileState::Locked,
            _ if self.asking.is_some() || (self.is_of(session) && session.asking) => {
                ProfileState::Fetching
            }
            Some(Trouble::Denied(_)) => ProfileState::Denied,
            Some(Trouble::Outage { .. }) => ProfileState::Unavailable,
            None => ProfileState::Cold,
        }
    }

    /// Whether what the session lacks, this profile lacks.
    fn is_of(&self, session: &Session) -> bool {
        self.hops().is_empty() || session.comes_first()
    }

    /// What keeps it from being served: the session's trouble for an identity's own profile.
    pub(super) fn trouble<'a>(&'a self, session: Option<&'a Session>) -> Option<&'a Trouble> {
        match session.filter(|session| self.is_of(session)) {
            Some(session) => session.trouble.as_ref(),
            None => self.trouble.as_ref(),
        }
    }

    /// What a request gets now.
    pub fn answer(&self, session: Option<&Session>, now: Now) -> Answer {
        if let Some(held) = self.valid(session, now) {
            return Answer::Ready(Arc::clone(held));
        }
        let name = &self.planned.name;
        match (self.state(session, now), &self.planned.source, self.trouble(session), session) {
            (_, ProfileSource::Unsupported { reason, hint }, ..) => Answer::Refuse(
                Refusal::new(RefusalCode::UnsupportedProfile, reason).with_hint(hint),
            ),
            (_, ProfileSource::Invalid { reason, hint }, ..) => {
                Answer::Refuse(Refusal::new(RefusalCode::InvalidProfile, reason).with_hint(hint))
            }
            (ProfileState::Locked, _, _, Some(session)) => Answer::Refuse(session.refusal(now)),
            (ProfileState::Denied, _, Some(Trouble::Denied(refusal)), _) => {
                Answer::Refuse((**refusal).clone())
            }
            (ProfileState::Unavailable, _, Some(Trouble::Outage { refusal, since, .. }), _)
                if now.boot < *since + SHORTEST_RETRY =>
            {
                Answer::Refuse((**refusal).clone())
            }
            (ProfileState::Invalid, ..) => Answer::Refuse(Refusal::new(
                RefusalCode::InvalidProfile,
                format!("profile {} has lost its keys", quoted(name)),
            )),
            (ProfileState::Fetching, ..) => Answer::Fetching,
            _ => Answer::Cold,
        }
    }

    /// Puts other credentials, or none, in the place of those that are held. Says until when the
    /// old ones stay valid wherever they were handed out.
    pub fn replace(&mut self, held: Option<Arc<Held>>) -> Option<Timestamp> {
        let until = std::mem::replace(&mut self.held, held).and_then(|old| old.handed_out_until());
        self.used |= until.is_some();
        until
    }

    /// Forgets what is held, and says until when it stays valid wherever it was handed out.
    pub fn forget(&mut self) -> Option<Timestamp> {
        self.asking = None;
        self.trouble = None;
        self.replace(None)
    }

    /// A new session begins. Whether it is worth while to assume the role right away: it is in use,
    /// and not merely because it was in use before, when nobody wanted what was fetched for it.
    pub fn begin_session(&mut self) -> bool {
        let used = self.used || self.held.as_ref().is_some_and(|h| h.handed_out_until().is_some());
        self.in_use &= used || !self.worked;
        self.trouble = None;
        self.asking = None;
        self.worked = false;
        self.used = false;
        self.in_use
    }

    /// What `status` says.
    pub fn report(&self, session: Option<&Session>, now: Now) -> ProfileReport {
        let held = self.valid(session, now);
        let role_arn = self.hops().last().map(|hop| hop.role_arn.clone());
        let of_session = session.filter(|_| role_arn.is_none());
        let account = self.planned.account_id.clone();
        ProfileReport {
            profile: self.planned.name.clone(),
            path: self.planned.path.clone(),
            state: self.state(session, now),
            session: self.identity().map(str::to_owned),
            account_id: account
                .or_else(|| of_session.and_then(|session| session.report(now).account_id)),
            role_arn,
            region: self.planned.region.clone(),
            expiration: held.map(|held| held.expiration()),
            remaining_seconds: held.map(|held| held.remaining(now).as_secs()),
            last_error: self.last_error(session),
        }
    }

    fn last_error(&self, session: Option<&Session>) -> Option<Refusal> {
        match (&self.planned.source, self.trouble(session)) {
            (ProfileSource::Unsupported { reason, hint }, _) => {
                Some(Refusal::new(RefusalCode::UnsupportedProfile, reason).with_hint(hint))
            }
            (ProfileSource::Invalid { reason, hint }, _) => {
                Some(Refusal::new(RefusalCode::InvalidProfile, reason).with_hint(hint))
            }
            (_, trouble) => trouble.map(Trouble::refusal).cloned(),
        }
    }
}

/// Whether a person must do something before this session gives anything new.
pub(super) fn is_locked(session: &Session, now: Now) -> bool {
    match &session.phase {
        Phase::Locked | Phase::Ended | Phase::Refused => true,
        Phase::KeysAlone => false,
        Phase::Unlocked { mfa_serial, .. } => mfa_serial.is_some() && session.held(now).is_none(),
    }
}
