//! What STS's date and a jump of the local one say about the boot clock. It stands still while a
//! virtual machine is paused, and then everything that is held is older than it seems.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::Timestamp;
use stsd_protocol::gateway::{
    Base, Failure, FailureKind, Operation, Outcome, StsTarget, WhoamiRequest,
};

use super::State;
use super::held::Held;
use super::job::{Finished, Job, JobKind};
use super::profile::Profile;
use super::session::{Phase, Session};
use super::sts_clock::{Question, StsClock};
use super::survivors::SurvivingSession;
use crate::clock::Now;

impl State {
    /// Takes in the `Date` of an answer that STS itself gave; a portal in its place has no say.
    /// Where it is further on than the boot clock, so is the end of all that this STS gave; and what
    /// others gave is in doubt until they were asked. Either the boot clock stood still, or this
    /// clock was set; only theirs can tell.
    ///
    /// An answer that was long under way, on a machine that slept in between, says nothing. A date from
    /// before one that this STS gave earlier makes nothing younger, nor, when it goes on again, older:
    /// what is held ages by the furthest. But it says what to sign with: a date too far ahead would
    /// otherwise spoil each signature until the machine starts anew.
    pub(super) fn saw_sts_date(&mut self, finished: &Finished, now: Now) {
        let asked = &finished.asked;
        let Some(date) = finished.sts_date.filter(|_| tells(finished, now)) else { return };
        let date = Self::earliest(finished).map_or(date, |earliest| earliest.max(date));
        let base = date.unix().cast_signed() - now.boot.as_secs().cast_signed();
        let missed = self.table.clocks.furthest(&asked.clock).map_or(0, |before| base - before);
        self.table.clocks.hear(&asked.clock, base);
        if missed > TOLERANCE.as_secs().cast_signed() {
            let missed = Duration::from_secs(missed.unsigned_abs());
            self.age(&asked.clock, missed);
            let others = self.clocks_of_held().into_iter().filter(|clock| *clock != asked.clock);
            others.for_each(|clock| self.table.clocks.doubt(clock, missed, now));
        }
    }

    /// Dispels the doubt that there is of a clock, where an answer says enough for it. One that came of an
    /// outage says nothing: a network is often not yet there when a machine wakes.
    pub(super) fn heard_of_the_time(&mut self, finished: &Finished, now: Now) {
        let question = &finished.asked;
        let for_the_time = matches!(finished.kind, JobKind::Time { .. });
        let dated = finished.sts_date.is_some();
        let says = for_the_time || dated || matches!(finished.outcome, Outcome::Credentials(_));
        if says && tells(finished, now) {
            return self.table.clocks.was_told(question);
        }
        self.table.clocks.was_not_told(question);
        if for_the_time {
            let jitter = self.jitter.fraction();
            self.table.clocks.ask_again(question, now, jitter);
        }
    }

    /// STS's date when it gave an answer.
    ///
    /// Credentials never last longer than was asked for, whatever the `Date` says. Where a proxy has
    /// taken it off, it is reckoned from the boot clock and an earlier answer. Other clocks and the
    /// local date have a say only about what a program says: slow by a year, they would make an hour
    /// last a year.
    pub(super) fn date_of(&self, finished: &Finished, now: Now) -> Timestamp {
        let Question { at, clock, .. } = &finished.asked;
        let asked = at.as_secs().cast_signed();
        let by = |base: i64| Timestamp::from_unix((base + asked).max(0).cast_unsigned());
        let clocks = &self.table.clocks;
        let told = finished.sts_date.or_else(|| clocks.furthest(clock).map(by));
        let known = told.max(Self::earliest(finished));
        known.or_else(|| clocks.nearest(now).map(by)).unwrap_or_else(|| now.date())
    }

    /// When STS can have given these credentials at the earliest.
    fn earliest(finished: &Finished) -> Option<Timestamp> {
        let Outcome::Credentials(issued) = &finished.outcome else { return None };
        let seconds = finished.asked.seconds?;
        let end = issued.credentials.expiration.unix();
        Some(Timestamp::from_unix(end.saturating_sub(seconds.into())))
    }

    /// Where the local date has left the boot clock behind, or has been set: whoever gave what is
    /// held is in doubt until they were asked for the time.
    ///
    /// Not before what survived a restart is in its place: a jump would be noticed and nothing be there
    /// to be in doubt.
    pub(super) fn notice_a_jump(&mut self, now: Now) {
        if self.expected.is_some() {
            return;
        }
        let base = wall_minus_boot(now);
        let jump = base - self.wall_minus_boot.replace(base).unwrap_or(base);
        if self.table.wall_minus_boot.is_none_or(|shown| (base - shown).abs() > DRIFT) {
            self.table.wall_minus_boot = Some(base);
            self.version += 1;
        }
        let ahead = u64::try_from(jump).ok().map(Duration::from_secs);
        let Some(ahead) = ahead.filter(|ahead| *ahead > TOLERANCE) else { return };
        for clock in self.clocks_of_held() {
            self.table.clocks.doubt(clock, ahead, now);
        }
    }

    /// Asks each STS that is in doubt, and is not being asked already, with something that it gave. A
    /// doubt that nobody can be asked about is given up.
    pub(super) fn ask_the_time(&mut self, now: Now) -> Vec<Job> {
        let mut jobs = Vec::new();
        for clock in self.table.clocks.to_be_asked(now) {
            if self.asking_the_time.contains(&clock) {
                continue;
            }
            let Some((held, target)) = self.witness(&clock, now) else {
                self.table.clocks.believe(&clock);
                continue;
            };
            let request = WhoamiRequest {
                base: Base::Temporary(held.credentials().clone()),
                target,
                clock_offset: self.table.clock_offset_of(&clock, now),
            };
            jobs.push(Job {
                kind: JobKind::Time { access_key_id: held.access_key_id().to_owned() },
                generation: self.version,
                asked: Question { at: now.boot, clock: clock.clone(), alone: true, seconds: None },
                operation: Operation::Whoami(request),
                settings: self.settings.clone(),
            });
            self.asking_the_time.insert(clock);
        }
        jobs
    }

    /// The end of a job that has asked for the time. What STS says has ended, has, and what ends
    /// before it, unless a program has said when: even where a proxy takes the date off.
    pub(super) fn time_told(&mut self, access_key_id: &str, finished: &Finished, now: Now) {
        self.asking_the_time.remove(&finished.asked.clock);
        if !matches!(&finished.outcome, Outcome::Failure(failure) if is_ended(failure)) {
            return;
        }
        let asked_with = |held: &&Arc<Held>| held.access_key_id() == access_key_id;
        let Some(end) = self.all_held().find(asked_with).map(|held| held.ends()) else { return };
        self.version += 1;
        let clock = &finished.asked.clock;
        let of_sts = self.all_held_of_sts().any(|held| held.access_key_id() == access_key_id);
        // No STS has said the end that a program says: so it is no measure of another's.
        if !of_sts && finished.sts_date.is_none() {
            self.table.clocks.ask(clock.clone(), now);
        }
        let ended = |held: &Held| match of_sts {
            true => held.clock == *clock && held.ends() <= end,
            false => held.access_key_id() == access_key_id,
        };
        for session in &mut self.table.sessions {
            if matches!(&session.phase, Phase::Unlocked { held, .. } if ended(held)) {
                session.end();
            }
        }
        for profile in &mut self.table.profiles {
            if profile.held.as_deref().is_some_and(ended) {
                profile.replace(None);
            }
        }
    }

    /// Something that an STS gave, the longest that there is, and the way to this STS; what a program
    /// gave only where there is nothing else.
    fn witness<'a>(&'a self, clock: &StsClock, now: Now) -> Option<(Arc<Held>, StsTarget)> {
        let sessions = self.table.sessions.iter().filter_map(|session| {
            let Phase::Unlocked { held, .. } = &session.phase else { return None };
            Some((held, &session.planned.target, session.planned.program.is_none()))
        });
        let profiles = self.table.profiles.iter();
        let role = |p: &'a Profile| Some((p.held.as_ref()?, &p.hops().last()?.target, true));
        let roles = profiles.filter_map(role);
        let of_clock = |(held, target, _): &(&Arc<Held>, &StsTarget, bool)| {
            held.clock == *clock && self.table.clocks.of(target) == *clock && held.is_valid(now)
        };
        let candidates = sessions.chain(roles).filter(of_clock);
        let longest = candidates.max_by_key(|(held, _, of_sts)| (*of_sts, held.ends()));
        longest.map(|(held, target, _)| (Arc::clone(held), target.clone()))
    }

    /// The clocks by which something ends.
    fn clocks_of_held(&self) -> BTreeSet<StsClock> {
        self.all_held().map(|held| held.clock.clone()).collect()
    }

    fn all_held(&self) -> impl Iterator<Item = &Arc<Held>> {
        let sessions = self.table.sessions.iter().filter_map(Session::unlocked);
        sessions.chain(self.table.profiles.iter().filter_map(|profile| profile.held.as_ref()))
    }

    /// All but what a program said.
    fn all_held_of_sts(&self) -> impl Iterator<Item = &Arc<Held>> {
        let sessions = self.table.sessions.iter().filter(|s| s.planned.program.is_none());
        let sessions = sessions.filter_map(Session::unlocked);
        sessions.chain(self.table.profiles.iter().filter_map(|profile| profile.held.as_ref()))
    }

    /// What this STS gave is so much older than it seemed.
    pub(super) fn age(&mut self, clock: &StsClock, by: Duration) {
        self.version += 1;
        for SurvivingSession { held, .. } in &mut self.waiting {
            held.age(clock, by);
        }
        let sessions = self.table.sessions.iter_mut().filter_map(|s| match &mut s.phase {
            Phase::Unlocked { held, .. } => Some(held),
            _ => None,
        });
        let roles = self.table.profiles.iter_mut().filter_map(|profile| profile.held.as_mut());
        for held in sessions.chain(roles).filter(|held| held.clock == *clock) {
            *held = Arc::new(held.aged(by));
        }
    }
}

/// Whether STS says that the credentials with which it was asked have ended.
pub(super) fn is_ended(failure: &Failure) -> bool {
    failure.kind == FailureKind::Denied && failure.code.starts_with("ExpiredToken")
}

/// Whether an answer comes from the STS that was asked, and came at once.
fn tells(finished: &Finished, now: Now) -> bool {
    let Finished { asked, outcome, .. } = finished;
    let late = now.boot.saturating_sub(asked.at) > TOLERANCE;
    let known = asked.alone || matches!(outcome, Outcome::Credentials(_));
    is_of_sts(outcome) && !late && known
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
