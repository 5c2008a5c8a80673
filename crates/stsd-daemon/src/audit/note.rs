//! What is told: borrowed where it is told, so that counting a flood allocates nothing, and owned once
//! it waits to be written.

use std::hash::{BuildHasher, Hash, Hasher};

use stsd_protocol::audit::{Event, Reason, bounded};
use stsd_protocol::{RefusalCode, Timestamp};

use super::flood::{Allowance, HANDED_OUT, REFUSALS};
use crate::caller::{Caller, Refused};
use crate::clock::Clock;
use crate::service::Served;
use crate::state::Table;

/// What a door saw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) door: &'static str,
    pub(crate) caller: Option<&'a Caller>,
    /// The name of the authorization token.
    pub(crate) authorization_token: Option<&'a str>,
    pub(crate) profile: Asked<'a>,
    pub(crate) what: What<'a>,
}

/// Which profile was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asked<'a> {
    /// Everything, or nothing that has a profile.
    Nothing,
    /// The configured one.
    Default,
    /// As the request had it, which may be anything.
    Named(&'a str),
}

/// What became of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What<'a> {
    /// Credentials were handed out.
    Served(&'a Served),
    /// A request was refused.
    Refused { request: Option<&'static str>, code: RefusalCode },
    /// A connection was not admitted; of the caller the uid may be known.
    TurnedAway { reason: Reason, uid: Option<u32> },
    /// What a person does now and then: done, or refused for a reason.
    Done { event: &'a Event, code: Option<RefusalCode> },
}

/// The same, to be written.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) time: Timestamp,
    pub(super) event: Event,
    pub(super) door: Option<&'static str>,
    pub(super) caller: Who,
    pub(super) authorization_token: Option<String>,
    pub(super) profile: Wanted,
    pub(super) code: Option<RefusalCode>,
    pub(super) count: u64,
    pub(super) until: Option<Timestamp>,
}

/// Who it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Nobody,
    /// A user of whom nothing else is known.
    User(u32),
    Caller(Caller),
    /// Many of one user from one control group: which of its processes each was is not known.
    Several(Caller),
}

/// [`Asked`], owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Nothing,
    Default,
    Named(String),
}

impl<'a> Asked<'a> {
    /// A request that names a profile, or means the configured one.
    pub(crate) fn of(profile: Option<&'a str>) -> Self {
        profile.map_or(Self::Default, Self::Named)
    }

    /// A request that names a profile, or means everything.
    pub(crate) fn or_everything(profile: Option<&'a str>) -> Self {
        profile.map_or(Self::Nothing, Self::Named)
    }

    /// The same, with nothing for a name that no profile has: of those there are as many as anybody
    /// likes to make up.
    fn known_to(self, table: Option<&Table>) -> Self {
        match self {
            Self::Named(name) if !table.is_some_and(|table| table.knows(name)) => Self::Nothing,
            asked => asked,
        }
    }

    /// What waits is bounded by its number, so each of it must be bounded too.
    fn owned(self) -> Wanted {
        match self {
            Self::Nothing => Wanted::Nothing,
            Self::Default => Wanted::Default,
            Self::Named(name) => Wanted::Named(bounded(name, LONGEST_NAME)),
        }
    }
}

impl<'a> Seen<'a> {
    pub(super) fn turned_away(door: &'static str, refused: &Refused) -> Self {
        let reason = match refused {
            Refused::OtherUser { .. } => Reason::OtherUser,
            Refused::NotLoopback => Reason::NotLoopback,
            Refused::Unknown => Reason::Unknown,
            Refused::Closed => Reason::Closed,
            Refused::Unanswered(_) => Reason::Unanswered,
        };
        let uid = if let Refused::OtherUser { uid } = refused { Some(*uid) } else { None };
        let what = What::TurnedAway { reason, uid };
        Self { door, caller: None, authorization_token: None, profile: Asked::Nothing, what }
    }

    /// The same, with no name that no profile has.
    pub(super) fn known_to(self, table: Option<&Table>) -> Self {
        Self { profile: self.profile.known_to(table), ..self }
    }

    /// How much of it is written one by one; nothing is ever counted of what only a person does.
    pub(super) fn allowance(&self) -> Option<Allowance> {
        match self.what {
            What::Served(_) => Some(HANDED_OUT),
            What::Done { code: None, .. } => None,
            What::Refused { .. } | What::TurnedAway { .. } | What::Done { .. } => Some(REFUSALS),
        }
    }

    /// The same for whatever counts as the same: door, caller, authorization token, profile and outcome.
    pub(super) fn key(&self, hasher: &impl BuildHasher) -> u64 {
        let mut hasher = hasher.build_hasher();
        (self.door, self.authorization_token, self.profile).hash(&mut hasher);
        self.caller
            .map(|caller| (caller.uid, caller.socket.pid(), caller.cgroup))
            .hash(&mut hasher);
        match self.what {
            What::Served(served) => served.access_key_id.hash(&mut hasher),
            What::Refused { request, code } => (request, code).hash(&mut hasher),
            What::TurnedAway { reason, uid } => (reason, uid).hash(&mut hasher),
            What::Done { event, code } => (std::mem::discriminant(event), code).hash(&mut hasher),
        }
        std::mem::discriminant(&self.what).hash(&mut hasher);
        hasher.finish()
    }

    /// What one of a crowd has in common with the others: the door, whose it was, and the outcome; of what
    /// was handed out, all but the process. Nothing in it can be made up.
    pub(super) fn crowd_key(&self, hasher: &impl BuildHasher) -> u64 {
        let mut hasher = hasher.build_hasher();
        ("crowd", self.door, self.caller.map(|caller| caller.uid)).hash(&mut hasher);
        match self.what {
            What::Served(served) => {
                (self.authorization_token, self.profile, &served.access_key_id).hash(&mut hasher);
            }
            What::Refused { code, .. } => code.hash(&mut hasher),
            What::TurnedAway { reason, .. } => reason.hash(&mut hasher),
            What::Done { event, code } => (std::mem::discriminant(event), code).hash(&mut hasher),
        }
        std::mem::discriminant(&self.what).hash(&mut hasher);
        hasher.finish()
    }

    /// The note of a crowd: what [`Seen::crowd_key`] says, and no more.
    pub(super) fn note_of_a_crowd(&self, time: Timestamp) -> Note {
        let caller = self.caller.map_or(Who::Nobody, |caller| Who::User(caller.uid));
        let note = Note { caller, ..self.note(time) };
        match note.event {
            Event::Credentials { .. } => note,
            Event::RequestRefused { .. } => {
                let event = Event::RequestRefused { request: None };
                Note { event, authorization_token: None, profile: Wanted::Nothing, ..note }
            }
            _ => Note { authorization_token: None, profile: Wanted::Nothing, ..note },
        }
    }

    pub(super) fn note(&self, time: Timestamp) -> Note {
        let (event, code) = match self.what {
            What::Served(served) => (handed_out(served), None),
            What::Refused { request, code } => {
                (Event::RequestRefused { request: request.map(Into::into) }, Some(code))
            }
            What::TurnedAway { reason, .. } => (Event::NotAdmitted { reason }, None),
            What::Done { event, code } => (event.clone(), code),
        };
        let caller = match (self.caller, self.what) {
            (Some(caller), _) => Who::Caller(*caller),
            (None, What::TurnedAway { uid: Some(uid), .. }) => Who::User(uid),
            (None, _) => Who::Nobody,
        };
        Note {
            time,
            event,
            door: Some(self.door),
            caller,
            authorization_token: self.authorization_token.map(str::to_owned),
            profile: self.profile.owned(),
            code,
            count: 1,
            until: None,
        }
    }
}

impl Note {
    /// What nobody asked for.
    pub(super) fn of_the_daemon(event: Event, profile: Option<&str>, clock: impl Clock) -> Self {
        Self {
            time: clock.now().date(),
            event,
            door: None,
            caller: Who::Nobody,
            authorization_token: None,
            profile: Asked::or_everything(profile).owned(),
            code: None,
            count: 1,
            until: None,
        }
    }
}

/// A longer name is shown of no profile.
const LONGEST_NAME: usize = 256;

fn handed_out(served: &Served) -> Event {
    Event::Credentials {
        access_key_id: bounded(&served.access_key_id, 64),
        expiration: served.real_expiration,
        account_id: served.account_id.as_deref().map(|account| bounded(account, 20)),
        role_arn: served.role_arn.as_deref().map(|arn| bounded(arn, 128)),
    }
}
