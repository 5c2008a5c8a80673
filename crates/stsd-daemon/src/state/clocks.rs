//! What STS's date and a jump of the local one say about the boot clock. It stands still while a
//! virtual machine is paused, and then everything that is held is older than it seems.

use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::Timestamp;
use stsd_protocol::gateway::{Failure, FailureKind, Outcome, PROGRAM_IDENTITY};

use super::State;
use super::job::{Finished, Job, JobKind};
use super::session::Phase;
use super::survivors::SurvivingSession;
use crate::clock::Now;

impl State {
    /// Takes in the `Date` of an answer that STS itself gave; a portal in its place has no say.
    /// Where it is further on than the boot clock, so is the end of all that is held.
    ///
    /// An answer that was long under way, on a machine that slept in between, says nothing, and
    /// neither does a date from before one that STS gave earlier: its time does not go back.
    pub(super) fn saw_sts_date(&mut self, finished: &Finished, now: Now) {
        let late = now.boot.saturating_sub(finished.asked) > TOLERANCE;
        let of_sts = is_of_sts(&finished.outcome) && !late;
        let Some(date) = finished.sts_date.filter(|_| of_sts) else { return };
        let date = self.earliest(finished).map_or(date, |earliest| earliest.max(date));
        let base = date.unix().cast_signed() - now.boot.as_secs().cast_signed();
        let missed = self.table.sts_minus_boot.map_or(0, |before| base - before);
        if missed < -TOLERANCE.as_secs().cast_signed() {
            return;
        }
        self.table.sts_minus_boot = Some(base);
        if missed > TOLERANCE.as_secs().cast_signed() {
            self.age(Duration::from_secs(missed.unsigned_abs()));
        }
    }

    /// STS's date when it gave an answer.
    ///
    /// Credentials never last longer than was asked for, whatever the `Date` says. Where a proxy has
    /// taken it off, it is reckoned from the boot clock and an earlier answer. The local date has a
    /// say only about what a program says: slow by a year, it would make an hour last a year.
    pub(super) fn date_of(&self, finished: &Finished, now: Now) -> Timestamp {
        let asked = finished.asked.as_secs().cast_signed();
        let reckoned = self.table.sts_minus_boot.map(|base| (base + asked).max(0).cast_unsigned());
        let reckoned = reckoned.map(Timestamp::from_unix);
        finished.sts_date.or(reckoned).max(self.earliest(finished)).unwrap_or_else(|| now.date())
    }

    /// When STS can have given these credentials at the earliest.
    fn earliest(&self, finished: &Finished) -> Option<Timestamp> {
        let Outcome::Credentials(issued) = &finished.outcome else { return None };
        let seconds = self.asked_for(&finished.kind)?;
        let end = issued.credentials.expiration.unix();
        Some(Timestamp::from_unix(end.saturating_sub(seconds.into())))
    }

    /// How many seconds STS was asked for. A program gives what it gives.
    fn asked_for(&self, kind: &JobKind) -> Option<u32> {
        match kind {
            JobKind::Session { identity, .. } if identity.starts_with(PROGRAM_IDENTITY) => None,
            JobKind::Session { identity, .. } => self.table.session(identity)?.duration_seconds,
            JobKind::Role { profile } => {
                let profile = &self.table.profiles[self.place(profile)?];
                let session = self.table.session_of(profile)?;
                let asked = profile.hops().last()?.duration_seconds.unwrap_or(ROLE_CHAINING);
                let from_session = session.has_device() || session.planned.program.is_some();
                let chained = profile.hops().len() > 1 || from_session;
                Some(if chained { asked.min(ROLE_CHAINING) } else { asked })
            }
        }
    }

    /// Where the local date has left the boot clock behind, or has been set: asks STS for the roles
    /// in use, whose answers bring its date.
    pub(super) fn after_a_jump(&mut self, now: Now) -> Vec<Job> {
        let base = wall_minus_boot(now);
        let jump = base - self.wall_minus_boot.replace(base).unwrap_or(base);
        if self.table.wall_minus_boot.is_none_or(|shown| (base - shown).abs() > DRIFT) {
            self.table.wall_minus_boot = Some(base);
            self.version += 1;
        }
        if jump.unsigned_abs() <= TOLERANCE.as_secs() {
            return Vec::new();
        }
        let held = |place: &usize| {
            let profile = &self.table.profiles[*place];
            profile.in_use && profile.held.is_some()
        };
        let places: Vec<usize> = (0..self.table.profiles.len()).filter(held).collect();
        let jobs: Vec<Job> =
            places.into_iter().filter_map(|place| self.job_for(place, now)).collect();
        let ahead = u64::try_from(jump).ok().filter(|_| !jobs.is_empty());
        self.table.doubt = ahead.map(Duration::from_secs);
        jobs
    }

    pub(super) fn age(&mut self, by: Duration) {
        for SurvivingSession { held, .. } in &mut self.waiting {
            held.lasting = held.lasting.aged(by);
        }
        for session in &mut self.table.sessions {
            if let Phase::Unlocked { held, .. } = &mut session.phase {
                *held = Arc::new(held.aged(by));
            }
        }
        for held in self.table.profiles.iter_mut().filter_map(|profile| profile.held.as_mut()) {
            *held = Arc::new(held.aged(by));
        }
    }
}

fn is_of_sts(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Credentials(_) | Outcome::Caller(_) => true,
        Outcome::Failure(Failure { kind, .. }) => {
            matches!(kind, FailureKind::Denied | FailureKind::WrongCode)
        }
        Outcome::Plan(_) | Outcome::Inspection(_) => false,
    }
}

/// The local date minus the boot clock, in seconds.
pub(super) fn wall_minus_boot(now: Now) -> i64 {
    now.date().unix().cast_signed() - now.boot.as_secs().cast_signed()
}

/// What a steered clock may drift, in seconds, before readers are told.
const DRIFT: i64 = 10;

/// Below it, it is the network's delay, or a clock that is being steered.
pub(super) const TOLERANCE: Duration = Duration::from_secs(60);

/// What STS gives at most, in seconds, to whoever assumes a role with temporary credentials; and
/// what it gives where nothing else is asked for.
const ROLE_CHAINING: u32 = 3600;
