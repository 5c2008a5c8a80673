//! What STS's date and a jump of the local one say about the boot clock. It stands still while a
//! virtual machine is paused, and then everything that is held is older than it seems.

use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::gateway::{Failure, FailureKind, Outcome};

use super::State;
use super::job::{Finished, Job};
use super::session::Phase;
use crate::clock::Now;

impl State {
    /// Takes in the `Date` of an answer that STS itself gave; a portal in its place has no say.
    /// Where it is further on than the boot clock, so is the end of all that is held.
    ///
    /// An answer that was long under way, on a machine that slept in between, says nothing.
    pub(super) fn saw_sts_date(&mut self, finished: &Finished, now: Now) {
        let late = now.boot.saturating_sub(finished.asked) > TOLERANCE;
        let of_sts = is_of_sts(&finished.outcome) && !late;
        let Some(date) = finished.sts_date.filter(|_| of_sts) else { return };
        let base = date.unix().cast_signed() - now.boot.as_secs().cast_signed();
        let before = self.table.sts_minus_boot.replace(base);
        let missed = before.map_or(0, |before| base - before);
        if missed > TOLERANCE.as_secs().cast_signed() {
            self.age(Duration::from_secs(missed.unsigned_abs()));
        }
    }

    /// Where the local date has left the boot clock behind, or has been set: asks STS for the roles
    /// in use, whose answers bring its date.
    pub(super) fn after_a_jump(&mut self, now: Now) -> Vec<Job> {
        let base = now.date().unix().cast_signed() - now.boot.as_secs().cast_signed();
        let before = self.wall_minus_boot.replace(base).unwrap_or(base);
        if (base - before).unsigned_abs() <= TOLERANCE.as_secs() {
            return Vec::new();
        }
        let held = |place: &usize| {
            let profile = &self.table.profiles[*place];
            profile.in_use && profile.held.is_some()
        };
        let places: Vec<usize> = (0..self.table.profiles.len()).filter(held).collect();
        places.into_iter().filter_map(|place| self.job_for(place, now)).collect()
    }

    fn age(&mut self, by: Duration) {
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

/// Below it, it is the network's delay, or a clock that is being steered.
const TOLERANCE: Duration = Duration::from_secs(60);
