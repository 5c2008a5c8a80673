//! When a desktop notice is due: the first time that a tool is refused, and before and at the end of
//! a session that only a person can renew. Half the SDKs hide what they were told, so this is all
//! that their users hear; and a loop that is refused a thousand times is one occasion.

use std::collections::HashMap;
use std::time::Duration;

use stsd_protocol::control::SessionState;
use stsd_protocol::{Refusal, RefusalCode};

use super::notice::Notice;
use super::profile::{Profile, is_locked};
use super::session::{Phase, Session};
use super::table::Table;
use crate::clock::Now;
use crate::schedule::LONGEST_NAP;

/// What was shown, as far as that matters for what will be.
#[derive(Debug, Default)]
pub struct Occasions {
    /// The refusals of the last ten minutes that were shown; so it stays short.
    raised: Vec<Raised>,
    /// Notices that somebody who asks a person may forestall.
    waiting: Vec<Waiting>,
    /// How far the end of each session that comes to it has been told, by identity.
    told: HashMap<String, Stage>,
}

/// A tool was refused this.
#[derive(Clone, Debug)]
pub struct Refused {
    /// As the tool named it; `None` is the configured default.
    pub profile: Option<String>,
    /// What it was told.
    pub refusal: Refusal,
}

#[derive(Debug)]
struct Waiting {
    identity: String,
    notice: Notice,
    /// Until then, by the boot clock.
    at: Duration,
}

#[derive(Debug)]
struct Raised {
    subject: String,
    code: RefusalCode,
    at: Duration,
}

/// How near a session is to its end. Each is told once, and none after a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Near,
    VeryNear,
    Ended,
}

impl Occasions {
    /// The notice for a refusal, if it is the first of its kind in ten minutes and due at once. That
    /// stsd is locked is due in a second: `stsd credential-process` may be about to ask for the code
    /// on a terminal.
    pub fn refused(&mut self, refused: &Refused, table: &Table, now: Now) -> Option<Notice> {
        let Refused { profile, refusal } = refused;
        let found = table.find(profile.as_deref()).ok().map(|place| &table.profiles[place]);
        let session = found.and_then(|found| table.session_of(found));
        let unlocking = session.is_some_and(|s| s.state(now) == SessionState::Unlocking);
        if unlocking || !concerns_a_person(refusal.code) {
            return None;
        }
        let asked = profile.as_deref().unwrap_or(&table.default_profile);
        let name = found.map_or(asked, |found| &found.planned.name);
        // One unlock helps every profile of an identity.
        let identity = found.and_then(Profile::identity);
        let subject = identity.filter(|_| refusal.code == RefusalCode::Locked).unwrap_or(name);
        if !self.may_raise(subject, refusal.code, now) {
            return None;
        }
        self.raise(subject, refusal.code, now);
        let notice = Notice::refused(name, refusal);
        if refusal.code != RefusalCode::Locked || !table.prompt {
            return Some(notice);
        }
        let identity = subject.to_owned();
        self.waiting.push(Waiting { identity, notice, at: now.boot + GRACE });
        None
    }

    /// A person is asked for the code of this identity, and need not be told that it is locked.
    pub fn a_person_is_asked(&mut self, identity: &str) {
        self.waiting.retain(|waiting| waiting.identity != identity);
    }

    /// What is due by now: notices that nobody forestalled by a question or by an unlock, and those for
    /// sessions that come to their end, each once for each session.
    pub fn due(&mut self, table: &Table, now: Now) -> Vec<Notice> {
        let ripe = self.waiting.extract_if(.., |waiting| waiting.at <= now.boot);
        let still = |waiting: &Waiting| {
            let session = table.session(&waiting.identity);
            session.is_none_or(|s| is_locked(s, now) && s.state(now) != SessionState::Unlocking)
        };
        let mut notices: Vec<_> = ripe.filter(still).map(|waiting| waiting.notice).collect();
        self.told.retain(|identity, _| table.session(identity).is_some());
        for session in &table.sessions {
            let identity = session.identity();
            let Some(stage) = stage(session, now) else {
                // A new session, whose end is another one.
                self.told.remove(identity);
                continue;
            };
            // Five minutes before the end its program has had its chance.
            if session.renews_itself() && stage != Stage::VeryNear {
                continue;
            }
            if self.told.get(identity).is_none_or(|told| *told < stage) {
                self.told.insert(identity.to_owned(), stage);
                notices.extend(self.told_now(session, stage, table, now));
            }
        }
        notices
    }

    fn told_now(
        &mut self,
        session: &Session,
        stage: Stage,
        table: &Table,
        now: Now,
    ) -> Option<Notice> {
        if stage != Stage::Ended {
            let Phase::Unlocked { held, .. } = &session.phase else { return None };
            return Some(Notice::ending(session, held.remaining(now).as_secs().div_ceil(60)));
        }
        let fed = |profile: &&Profile| profile.identity() == Some(session.identity());
        let in_use = table.profiles.iter().filter(fed).filter(|profile| profile.in_use);
        let in_use: Vec<_> = in_use.map(|profile| profile.planned.name.clone()).collect();
        if in_use.is_empty() {
            return None;
        }
        // The next refusal would say the same.
        self.raise(session.identity(), RefusalCode::Locked, now);
        Some(Notice::ended(session, &in_use))
    }

    /// How long until something may be due; nothing if nothing is on its way.
    pub fn nap(&self, table: &Table, now: Now) -> Option<Duration> {
        let ends = table.sessions.iter().filter_map(end);
        let moments = ends
            .flat_map(|end| [NEAR, VERY_NEAR, Duration::ZERO].map(|left| end.saturating_sub(left)));
        let waiting = self.waiting.iter().map(|waiting| waiting.at);
        let next = moments.chain(waiting).filter(|moment| *moment > now.boot).min()?;
        Some((next - now.boot).min(LONGEST_NAP))
    }

    fn may_raise(&mut self, subject: &str, code: RefusalCode, now: Now) -> bool {
        self.raised.retain(|raised| now.boot < raised.at + WINDOW);
        let alike = self.raised.iter().filter(|raised| raised.code == code);
        let again = alike.clone().any(|raised| raised.subject == subject);
        let guesses = if code == RefusalCode::UnknownProfile { alike.count() } else { 0 };
        !again && self.raised.len() < MOST && guesses < MOST_UNKNOWN
    }

    fn raise(&mut self, subject: &str, code: RefusalCode, now: Now) {
        self.raised.push(Raised { subject: subject.to_owned(), code, at: now.boot });
    }
}

/// Whether a person can do something about it, and will not hear of it from their own typing.
fn concerns_a_person(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::Locked
            | RefusalCode::Denied
            | RefusalCode::Unavailable
            | RefusalCode::UnknownProfile
            | RefusalCode::UnsupportedProfile
            | RefusalCode::InvalidProfile
            | RefusalCode::Configuration
            | RefusalCode::VersionMismatch
    )
}

/// How near to its end a session is. One that was short from the start is near from the start, which
/// is not worth a word.
fn stage(session: &Session, now: Now) -> Option<Stage> {
    if session.state(now) == SessionState::Ended {
        return Some(Stage::Ended);
    }
    let Phase::Unlocked { held, mfa_serial: Some(_) } = &session.phase else { return None };
    let (left, life) = (held.remaining(now), held.ends() - held.begins());
    let near = |(limit, _): &(Duration, Stage)| left <= *limit && life > *limit;
    [(VERY_NEAR, Stage::VeryNear), (NEAR, Stage::Near)].into_iter().find(near).map(|(_, s)| s)
}

fn end(session: &Session) -> Option<Duration> {
    match &session.phase {
        Phase::Unlocked { held, mfa_serial: Some(_) } => Some(held.ends()),
        _ => None,
    }
}

const NEAR: Duration = Duration::from_secs(30 * 60);
const VERY_NEAR: Duration = Duration::from_secs(5 * 60);

/// Longer than a client takes from the refusal to its question.
const GRACE: Duration = Duration::from_secs(1);

/// How long one refusal is not shown again, and the time in which no more than [`MOST`] are.
const WINDOW: Duration = Duration::from_secs(10 * 60);

/// More would only be closed unread.
const MOST: usize = 5;

/// Of these, so that whoever guesses names does not use up all.
const MOST_UNKNOWN: usize = 2;
