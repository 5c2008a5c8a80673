//! The snapshot that the owner publishes: both tables, and the names that lead into them. Cloning
//! one copies pointers, not credentials.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::control::{ProfileReport, SessionReport};
use stsd_protocol::gateway::{Problem, Severity, StsTarget};
use stsd_protocol::{Confinement, Refusal, RefusalCode, Timestamp};

use super::clocks::{TOLERANCE, wall_minus_boot};
use super::held::Held;
use super::profile::{Answer, Profile};
use super::session::{Session, quoted};
use super::sts_clock::{StsClock, StsClocks};
use super::unlock::WrongCodes;
use crate::clock::Now;
use crate::schedule::LONGEST_SERVED;

/// Everything that readers may see.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// One for each identity.
    pub sessions: Vec<Session>,
    /// One for each profile, in the order of the files.
    pub profiles: Vec<Profile>,
    /// Where each name and each path form stands in `profiles`.
    pub names: Arc<HashMap<String, usize>>,
    /// Whether the user's files have been read, or found unreadable.
    pub planned: bool,
    /// The mistakes in the user's files.
    pub problems: Arc<Vec<Problem>>,
    /// Why the user's files could not be read at all, if they could not.
    pub unreadable: Option<Arc<Refusal>>,
    /// What is in force in the gateway that read the user's files.
    pub gateway_confinement: Option<Confinement>,
    /// The configured default profile.
    pub default_profile: Arc<str>,
    /// Whether `credential-process` may ask a person for a token code.
    pub prompt: bool,
    /// Wrong token codes in a row, by identity.
    pub(super) wrong_codes: BTreeMap<String, WrongCodes>,
    /// What the clocks of STS have said.
    pub clocks: StsClocks,
    /// The local date minus our boot clock, in seconds, at the owner's last look; not every second
    /// of its drift is worth a snapshot.
    pub wall_minus_boot: Option<i64>,
}

impl Table {
    /// The place of a profile that is named as the user wrote it or in its path form; `None` is the
    /// configured default.
    ///
    /// # Errors
    /// If there is no such profile.
    pub fn find(&self, profile: Option<&str>) -> Result<usize, Refusal> {
        let name = profile.unwrap_or(&self.default_profile);
        self.names.get(name).copied().ok_or_else(|| self.unknown(name))
    }

    /// Whether a name is a profile's, as the user wrote it or in its path form.
    pub fn knows(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// The files with roots of TLS that profiles name.
    pub fn ca_bundles(&self) -> HashSet<PathBuf> {
        let of_profile = |profile: &Profile| {
            let hops = profile.hops().iter().map(|hop| hop.target.ca_bundle.clone());
            let own = profile.planned.target.ca_bundle.clone();
            hops.chain([own]).flatten().map(PathBuf::from).collect::<Vec<_>>()
        };
        self.profiles.iter().flat_map(of_profile).collect()
    }

    /// The session that feeds a profile.
    pub fn session_of(&self, profile: &Profile) -> Option<&Session> {
        profile.identity().and_then(|identity| self.session(identity))
    }

    /// The session of an identity.
    pub fn session(&self, identity: &str) -> Option<&Session> {
        self.sessions.iter().find(|session| session.identity() == identity)
    }

    /// What a request for a profile gets now.
    pub fn answer(&self, profile: Option<&str>, now: Now) -> Answer {
        match self.find(profile) {
            Ok(place) => {
                let profile = &self.profiles[place];
                profile.answer(self.session_of(profile), now)
            }
            Err(refusal) => Answer::Refuse(refusal),
        }
    }

    /// The mistakes in the user's files, or why they could not be read at all.
    pub fn problems(&self) -> Vec<Problem> {
        let fatal =
            |problem: &Problem| problem.severity == Severity::Error && problem.profile.is_none();
        let unsaid = self.unreadable.as_ref().filter(|_| !self.problems.iter().any(fatal));
        let unreadable = unsaid.map(|refusal| Problem {
            file: "the AWS configuration".to_owned(),
            line: None,
            profile: None,
            key: None,
            severity: Severity::Error,
            message: refusal.message.clone(),
        });
        unreadable.into_iter().chain(self.problems.iter().cloned()).collect()
    }

    /// What to add to the local date to have the right one, in seconds.
    pub fn clock_offset(&self, now: Now) -> i64 {
        offset(self.clocks.nearest(now), now)
    }

    /// The date as STS has it.
    pub(super) fn sts_date(&self, now: Now) -> Timestamp {
        let local = now.date().unix();
        Timestamp::from_unix(local.saturating_add_signed(self.clock_offset(now)))
    }

    /// What to add to the local date to have that of the STS which is called there, in seconds.
    pub fn clock_offset_at(&self, target: &StsTarget, now: Now) -> i64 {
        self.clock_offset_of(&self.clocks.of(target), now)
    }

    pub(super) fn clock_offset_of(&self, clock: &StsClock, now: Now) -> i64 {
        offset(self.clocks.base(clock, now), now)
    }

    /// Whether these may have ended without the boot clock: that of a virtual machine which is
    /// paused stands still. The STS that gave them is asked before they are served, once; where it cannot
    /// be asked, they are served, and it is asked again.
    pub fn in_doubt(&self, held: &Held, now: Now) -> bool {
        let jump = || {
            let seconds = wall_minus_boot(now) - self.wall_minus_boot?;
            u64::try_from(seconds).ok().map(Duration::from_secs).filter(|jump| *jump > TOLERANCE)
        };
        let doubted = self.clocks.held_back(&held.clock).or_else(jump);
        doubted.is_some_and(|by| may_have_ended(held, by, now))
    }

    /// For how long these are served: for a minute while they may have ended, and STS could not be asked.
    pub fn served_for(&self, held: &Held, now: Now) -> Duration {
        let doubted = self.clocks.doubted(&held.clock);
        match doubted.is_some_and(|by| may_have_ended(held, by, now)) {
            true => SERVED_IN_DOUBT,
            false => LONGEST_SERVED,
        }
    }

    /// What `status` says of the sessions.
    pub fn session_reports(&self, now: Now) -> Vec<SessionReport> {
        self.sessions.iter().map(|session| session.report(now)).collect()
    }

    /// What `status` says of the profiles.
    pub fn profile_reports(&self, now: Now) -> Vec<ProfileReport> {
        let report = |profile: &Profile| profile.report(self.session_of(profile), now);
        self.profiles.iter().map(report).collect()
    }

    /// The names of the profiles that a session feeds.
    pub fn fed_by(&self, identity: &str) -> Vec<String> {
        let fed = self.profiles.iter().filter(|profile| profile.identity() == Some(identity));
        fed.map(|profile| profile.planned.name.clone()).collect()
    }

    fn unknown(&self, name: &str) -> Refusal {
        if !self.planned {
            return Refusal::new(RefusalCode::Pending, "the AWS configuration is being read");
        }
        if let Some(unreadable) = &self.unreadable {
            return (**unreadable).clone();
        }
        let refusal = Refusal::new(
            RefusalCode::UnknownProfile,
            format!("there is no profile {} in the AWS configuration", quoted(name)),
        );
        if self.profiles.is_empty() {
            return refusal.with_hint("run `aws configure` first, or write ~/.aws/config");
        }
        refusal
    }
}

/// Whether they have, if they are so much older than they seem.
fn may_have_ended(held: &Held, by: Duration, now: Now) -> bool {
    held.remaining(now) <= by
}

/// No SDK keeps to them for longer.
const SERVED_IN_DOUBT: Duration = Duration::from_secs(60);

/// Below half a minute it is the network's delay and nothing else.
fn offset(base: Option<i64>, now: Now) -> i64 {
    let offset = base.map_or(0, |base| base - wall_minus_boot(now));
    if offset.abs() < 30 { 0 } else { offset }
}
