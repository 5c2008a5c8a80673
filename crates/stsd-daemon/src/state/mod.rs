//! What stsd holds and what it does next: the two state tables and every transition, without a
//! socket, a process or a clock of its own. Each function is given the time.
//!
//! [`State`] belongs to one owner. A transition that needs STS returns a [`Job`]; the job's outcome
//! comes back through [`State::finish`] under the generation that the job was made in.

mod attempt;
mod clocks;
mod finish;
mod held;
mod job;
mod notice;
mod occasions;
mod plan;
mod profile;
mod refresh;
mod renewal;
mod session;
mod spent;
mod sts_clock;
mod survivors;
mod table;
mod trouble;
mod unlock;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::{ALICE, Story, test_plan};

use std::collections::BTreeSet;
use std::time::Duration;

use stsd_protocol::control::Locked;
use stsd_protocol::gateway::Settings;
use stsd_protocol::{Refusal, Timestamp};

pub use finish::Followup;
pub use held::{Held, Lasting};
pub(crate) use job::other_refusal;
pub use job::{Finished, Job, JobKind};
pub use notice::Notice;
pub use occasions::{Occasions, Refused};
pub use profile::Answer;
pub use session::quoted;
pub use sts_clock::{Question, StsClock, StsClocks};
pub use survivors::{Restored, SurvivingCredentials, SurvivingRole, SurvivingSession, Survivors};
pub use table::Table;

use crate::clock::Now;
use crate::schedule::Jitter;
use session::Phase;
use spent::SpentCodes;

/// The one owner's state.
#[derive(Debug)]
pub struct State {
    table: Table,
    /// Counts the changes that readers should see.
    version: u64,
    /// How many of them were of role credentials alone.
    of_roles: u64,
    settings: Settings,
    session_duration: Duration,
    spent: SpentCodes,
    jitter: Jitter,
    /// The local date minus the boot clock, in seconds, at the last look.
    wall_minus_boot: Option<i64>,
    /// Identities that were locked by hand and not unlocked since; [`EVERYTHING`] until the next
    /// unlock of any, for those that the configuration does not show yet.
    locked_by_hand: BTreeSet<String>,
    /// The names of profiles in use, also of those that the configuration lacks for the moment.
    in_use: BTreeSet<String>,
    /// Whose clocks are being asked for the time.
    asking_the_time: BTreeSet<StsClock>,
    /// What survived the daemon before, until the first plan says where it belongs.
    expected: Option<Survivors>,
    /// Sessions of it whose identities no plan has shown yet: the files may be gone for a moment.
    waiting: Vec<SurvivingSession>,
}

impl State {
    /// Nothing yet; the first plan fills it.
    pub fn new(remembered: Remembered, options: Options) -> Self {
        let table = Table {
            default_profile: options.default_profile.into(),
            prompt: options.prompt,
            clocks: StsClocks::new(options.settings.sts_endpoint.clone()),
            ..Table::default()
        };
        Self {
            table,
            version: 0,
            of_roles: 0,
            settings: options.settings,
            session_duration: options.session_duration,
            spent: SpentCodes::default(),
            jitter: Jitter::seeded(options.seed),
            wall_minus_boot: None,
            locked_by_hand: remembered.locked,
            in_use: remembered.in_use,
            asking_the_time: BTreeSet::new(),
            expected: None,
            waiting: Vec::new(),
        }
    }

    /// What readers may see.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Another number after every change that readers should see.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Another number after every change that must outlive this process at once: not after one of role
    /// credentials alone, which are had again for the asking.
    pub fn urgent(&self) -> u64 {
        self.version - self.of_roles
    }

    /// Counts a change of role credentials alone.
    fn role_changed(&mut self) {
        self.version += 1;
        self.of_roles += 1;
    }

    /// What should survive a restart.
    pub fn remember(&self) -> Remembered {
        Remembered { locked: self.locked_by_hand.clone(), in_use: self.in_use.clone() }
    }

    /// Forgets the session of a profile's identity and all that came of it, or everything. Also
    /// stops identities that need no person, until an unlock.
    ///
    /// # Errors
    /// If there is no such profile.
    pub fn lock(&mut self, profile: Option<&str>, now: Now) -> Result<Locked, Refusal> {
        self.version += 1;
        let identities: Vec<String> = match profile {
            Some(_) => vec![self.identity_of(profile)?],
            None => self.table.sessions.iter().map(|s| s.identity().to_owned()).collect(),
        };
        if profile.is_none() {
            self.locked_by_hand.insert(EVERYTHING.to_owned());
            self.expected = None;
            self.waiting.clear();
        }
        let mut handed_out_until = None;
        for identity in &identities {
            handed_out_until = handed_out_until.max(self.lock_one(identity));
            self.locked_by_hand.insert(identity.clone());
        }
        let handed_out_until = handed_out_until.filter(|until| *until > self.table.sts_date(now));
        Ok(Locked { locked: identities, handed_out_until, until_restart: false })
    }

    fn lock_one(&mut self, identity: &str) -> Option<Timestamp> {
        let until = self.forget_roles(identity);
        let session = self.session_mut(identity)?;
        session.forget(Phase::Locked);
        session.last_error = None;
        session.handed_out_until = session.handed_out_until.max(until);
        session.handed_out_until
    }

    /// Forgets the role credentials that an identity feeds; returns the latest end of what was
    /// handed out.
    fn forget_roles(&mut self, identity: &str) -> Option<Timestamp> {
        let fed = self.table.profiles.iter_mut().filter(|p| p.identity() == Some(identity));
        fed.map(profile::Profile::forget).max().flatten()
    }

    /// The identity that feeds a profile.
    fn identity_of(&self, profile: Option<&str>) -> Result<String, Refusal> {
        let found = &self.table.profiles[self.table.find(profile)?];
        match found.identity() {
            Some(identity) => Ok(identity.to_owned()),
            None => Err(found.cannot_be_unlocked()),
        }
    }

    fn session_mut(&mut self, identity: &str) -> Option<&mut session::Session> {
        self.table.sessions.iter_mut().find(|session| session.identity() == identity)
    }
}

/// Among the identities that are locked by hand: whatever there is. No access key id has a `*`.
const EVERYTHING: &str = "*";

/// What stsd's own configuration says that the state needs.
#[derive(Clone, Debug)]
pub struct Options {
    /// What a request without a profile means.
    pub default_profile: String,
    /// Whether `credential-process` may ask a person for a token code.
    pub prompt: bool,
    /// How long a session is to last where `unlock` does not say.
    pub session_duration: Duration,
    /// For the gateway.
    pub settings: Settings,
    /// For the jitter.
    pub seed: u64,
}

/// What the state directory keeps over a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// Identities that were locked by hand.
    pub locked: BTreeSet<String>,
    /// Names of profiles in use.
    pub in_use: BTreeSet<String>,
}
