//! What the next daemon goes on with where this one dies: all that is held, and what a person would
//! notice to have been forgotten. Two pure transitions, out of the state and into a new one.
//!
//! What is not here is asked again or does not matter: calls under way, refusals, notices shown.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stsd_protocol::Timestamp;
use stsd_protocol::gateway::{Caller, PlannedProfile, TemporaryCredentials};

use super::held::{Held, Lasting};
use super::profile::Profile;
use super::renewal::Renewal;
use super::session::{Phase, Session};
use super::spent::SpentCodes;
use super::sts_clock::StsClock;
use super::unlock::WrongCodes;
use super::{EVERYTHING, State};
use crate::clock::Now;

/// All that survives. Lengths are by the boot clock, which goes on over a restart of the daemon and
/// over nothing else.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Survivors {
    /// The sessions that there are.
    pub sessions: Vec<SurvivingSession>,
    /// The role credentials that are held.
    pub roles: Vec<SurvivingRole>,
    /// The codes that STS has seen.
    pub(super) spent: SpentCodes,
    /// When a program's code went to STS last, by identity.
    #[serde(default)]
    program_codes: BTreeMap<String, Duration>,
    /// Wrong codes in a row, by identity.
    pub(super) wrong_codes: BTreeMap<String, WrongCodes>,
    /// The date of each STS minus the boot clock, in seconds.
    #[serde(default)]
    pub clocks: BTreeMap<StsClock, i64>,
    /// The local date minus the boot clock, in seconds.
    pub wall_minus_boot: Option<i64>,
}

/// A session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SurvivingSession {
    /// The long-term access key id.
    pub identity: String,
    /// Which program says the keys, if one does.
    program: Option<u64>,
    /// What GetSessionToken gave.
    pub held: SurvivingCredentials,
    mfa_serial: Option<String>,
    user: Option<Caller>,
    duration_seconds: Option<u32>,
    handed_out_until: Option<Timestamp>,
    renewal: Renewal,
}

/// What AssumeRole gave for a profile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SurvivingRole {
    /// The profile's name.
    pub profile: String,
    /// Which program says the keys that the chain begins with, if one does.
    program: Option<u64>,
    /// The whole chain that was asked for, as text: only a profile that still means the same gets
    /// these credentials.
    asked_for: String,
    /// What STS gave.
    pub held: SurvivingCredentials,
    worked: bool,
    in_use: bool,
}

/// One set of temporary credentials.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SurvivingCredentials {
    /// As STS gave them.
    pub credentials: TemporaryCredentials,
    issued: Timestamp,
    /// Whose clock their end is by.
    #[serde(default)]
    clock: StsClock,
    account_id: Option<String>,
    role_arn: Option<String>,
    /// When they were asked for, are due, and end.
    pub lasting: Lasting,
}

impl Survivors {
    /// Whether there is nothing that anybody would miss. Where nothing is held, what a code is known
    /// by outlives it: a code that was spent must not be sent again.
    pub fn is_empty(&self) -> bool {
        self.hold_nothing() && self.spent.is_empty() && self.program_codes.is_empty()
    }

    /// Whether there are no credentials.
    pub fn hold_nothing(&self) -> bool {
        self.sessions.is_empty() && self.roles.is_empty()
    }

    /// Without what the next daemon would not believe: it would take nothing of such a record.
    fn plausible(mut self) -> Self {
        self.sessions.retain(SurvivingSession::is_plausible);
        self.roles.retain(|role| role.held.is_plausible());
        self.clocks.retain(|_, base| is_plausible_base(*base));
        self.wall_minus_boot.take_if(|base| !is_plausible_base(*base));
        self
    }

    /// Whether all lengths are such as the boot clock and STS can give. Arithmetic with others could
    /// end the daemon, and each one after it.
    pub fn are_plausible(&self) -> bool {
        let wrong = self.wrong_codes.values().map(|wrong| wrong.last);
        let by_program = self.program_codes.values().copied();
        let mut moments = self.spent.moments().chain(wrong).chain(by_program);
        let mut bases = self.clocks.values().copied().chain(self.wall_minus_boot);
        self.sessions.iter().all(SurvivingSession::is_plausible)
            && self.roles.iter().all(|role| role.held.is_plausible())
            && moments.all(|moment| moment < ENDLESS)
            && bases.all(is_plausible_base)
    }

    /// Whether nothing of it is said to have happened later than now, by the boot clock.
    pub fn are_of_the_past(&self, now: Duration) -> bool {
        let sessions = self.sessions.iter().map(|session| &session.held);
        let held = sessions.chain(self.roles.iter().map(|role| &role.held));
        let wrong = self.wrong_codes.values().map(|wrong| wrong.last);
        let moments = held.map(|held| held.lasting.begins()).chain(self.spent.moments());
        let by_program = self.sessions.iter().filter_map(|session| session.renewal.spent());
        let by_program = by_program.chain(self.program_codes.values().copied());
        moments.chain(wrong).chain(by_program).all(|moment| moment <= now)
    }
}

impl SurvivingSession {
    fn is_plausible(&self) -> bool {
        let mut moments = self.renewal.moments();
        self.held.is_plausible() && moments.all(|moment| moment < ENDLESS)
    }
}

fn is_plausible_base(base: i64) -> bool {
    base.unsigned_abs() < ENDLESS.as_secs()
}

impl SurvivingCredentials {
    fn of(held: &Held) -> Self {
        Self {
            credentials: held.credentials().clone(),
            issued: held.issued,
            clock: held.clock.clone(),
            account_id: held.account_id.clone(),
            role_arn: held.role_arn.clone(),
            lasting: held.lasting(),
        }
    }

    /// Whether they are of a length that STS gives, and such as the endpoint serves.
    fn is_plausible(&self) -> bool {
        let TemporaryCredentials { access_key_id, secret_access_key, session_token, expiration } =
            &self.credentials;
        let texts = [access_key_id.as_str(), secret_access_key.expose(), session_token.expose()];
        let length: usize = texts.iter().map(|text| text.len()).sum();
        let fit = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        self.lasting.is_plausible(expiration.since(self.issued))
            && texts.iter().all(fit)
            && length <= LONGEST_SERVED
    }

    /// So much nearer to their end, if it is by this clock.
    pub(super) fn age(&mut self, clock: &StsClock, by: Duration) {
        if self.clock == *clock {
            self.lasting = self.lasting.aged(by);
        }
    }

    /// Whoever got them died with the daemon's memory, so they count as handed out.
    fn held(self) -> Arc<Held> {
        let held = Held::survived(self.credentials, (self.issued, self.clock), self.lasting);
        Arc::new(held.owned_by(self.account_id, self.role_arn))
    }
}

impl State {
    /// Says what survived the daemon before. It is put in its place by [`State::restore`], when the
    /// configuration has been read.
    pub fn expect(&mut self, survivors: Survivors) {
        self.spent = survivors.spent.clone();
        self.table.wrong_codes = survivors.wrong_codes.clone();
        self.table.clocks.recall(survivors.clocks.clone());
        self.wall_minus_boot = survivors.wall_minus_boot;
        self.expected = Some(survivors);
    }

    /// What is to survive; nothing while what did survive is still to be put in its place.
    pub fn survivors(&self) -> Option<Survivors> {
        if self.expected.is_some() {
            return None;
        }
        let role = |profile: &Profile| {
            let program = self.table.session_of(profile).and_then(|s| s.planned.program);
            profile.survivor(program)
        };
        let held = self.table.sessions.iter().filter_map(Session::survivor);
        let survivors = Survivors {
            sessions: held.chain(self.waiting.iter().cloned()).collect(),
            roles: self.table.profiles.iter().filter_map(role).collect(),
            spent: self.spent.clone(),
            program_codes: self.program_codes(),
            wrong_codes: self.table.wrong_codes.clone(),
            clocks: self.table.clocks.all_said().clone(),
            wall_minus_boot: self.wall_minus_boot,
        };
        Some(survivors.plausible())
    }

    /// Puts what survived where the plan that has just come still means the same, unless it has
    /// ended, or the user has locked it. The rest is forgotten.
    ///
    /// A session whose identity the plan does not show waits for one that does, as sessions do
    /// without a restart in between. A role does not: its session is asked for it again.
    pub fn restore(&mut self, now: Now) -> Restored {
        let expected = self.expected.take().unwrap_or_default();
        let Survivors { sessions, roles, program_codes, .. } = expected;
        let mut restored = Restored::default();
        for survivor in std::mem::take(&mut self.waiting).into_iter().chain(sessions) {
            restored.sessions += usize::from(self.restore_session(survivor, now));
        }
        for survivor in roles {
            restored.roles += usize::from(self.restore_role(survivor, now));
        }
        for (identity, at) in program_codes {
            if let Some(session) = self.session_mut(&identity) {
                session.renewal.was_spent(at);
            }
        }
        self.version += 1;
        restored
    }

    fn program_codes(&self) -> BTreeMap<String, Duration> {
        let sessions = self.table.sessions.iter();
        sessions.filter_map(|s| Some((s.identity().to_owned(), s.renewal.spent()?))).collect()
    }

    /// Forgets the codes that nobody can send any more, and with them what the record says of them.
    pub(super) fn forget_spent(&mut self, now: Now) {
        let mut forgot = self.spent.forget(now);
        for session in &mut self.table.sessions {
            forgot |= session.renewal.forget_spent(now);
        }
        self.version += u64::from(forgot);
    }

    /// Forgets the sessions that have ended while they waited.
    pub(super) fn notice_ends_of_waiting(&mut self, now: Now) {
        let before = self.waiting.len();
        self.waiting.retain(|survivor| survivor.held.lasting.ends_after(now));
        self.version += u64::from(self.waiting.len() < before);
    }

    fn restore_session(&mut self, survivor: SurvivingSession, now: Now) -> bool {
        let locked = |identity: &str| self.locked_by_hand.contains(identity);
        if locked(EVERYTHING) || locked(&survivor.identity) {
            return false;
        }
        if self.table.session(&survivor.identity).is_none() {
            self.waiting.push(survivor);
            self.notice_ends_of_waiting(now);
            return false;
        }
        let Some(session) = self.session_mut(&survivor.identity) else { return false };
        let held = survivor.held.held();
        if session.planned.program != survivor.program || !held.is_valid(now) {
            return false;
        }
        session.forget(Phase::Unlocked { held, mfa_serial: survivor.mfa_serial });
        session.user = survivor.user.map(Arc::new);
        session.duration_seconds = survivor.duration_seconds;
        session.handed_out_until = survivor.handed_out_until;
        session.renewal = survivor.renewal;
        true
    }

    fn restore_role(&mut self, survivor: SurvivingRole, now: Now) -> bool {
        let Some(place) = self.place(&survivor.profile) else { return false };
        let profile = &self.table.profiles[place];
        let Some(session) = self.table.session_of(profile) else { return false };
        let same = asked_for(&profile.planned).as_ref() == Some(&survivor.asked_for)
            && session.planned.program == survivor.program;
        let locked = self.locked_by_hand.contains(session.identity());
        let held = survivor.held.held();
        if locked || !same || !held.is_valid(now) {
            return false;
        }
        let profile = &mut self.table.profiles[place];
        profile.held = Some(held);
        profile.worked = survivor.worked;
        profile.in_use |= survivor.in_use;
        if profile.in_use {
            self.in_use.insert(survivor.profile);
        }
        true
    }
}

/// How much was put in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Sessions.
    pub sessions: usize,
    /// Role credentials.
    pub roles: usize,
}

impl Session {
    fn survivor(&self) -> Option<SurvivingSession> {
        let Phase::Unlocked { held, mfa_serial } = &self.phase else { return None };
        Some(SurvivingSession {
            identity: self.identity().to_owned(),
            program: self.planned.program,
            held: SurvivingCredentials::of(held),
            mfa_serial: mfa_serial.clone(),
            user: self.user.as_deref().cloned(),
            duration_seconds: self.duration_seconds,
            handed_out_until: self.handed_out_until,
            renewal: self.renewal,
        })
    }
}

impl Profile {
    fn survivor(&self, program: Option<u64>) -> Option<SurvivingRole> {
        Some(SurvivingRole {
            profile: self.planned.name.clone(),
            program,
            asked_for: asked_for(&self.planned)?,
            held: SurvivingCredentials::of(self.held.as_ref()?),
            worked: self.worked,
            in_use: self.in_use,
        })
    }
}

/// What makes one profile's credentials another's: as for a plan that comes while the daemon runs.
fn asked_for(planned: &PlannedProfile) -> Option<String> {
    serde_json::to_string(&planned.source).ok()
}

/// An answer with them stays under 8 KiB.
const LONGEST_SERVED: usize = 7 * 1024;

/// Longer than any machine runs, and far from where a sum would overflow.
pub(super) const ENDLESS: Duration = Duration::from_secs(1 << 36);
