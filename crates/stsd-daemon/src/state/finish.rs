//! What becomes of an answer: new credentials, trouble, or nothing at all where a lock or a newer
//! session has come between.

use std::sync::Arc;

use stsd_protocol::Timestamp;
use stsd_protocol::gateway::{Failure, FailureKind, Issued, Outcome};

use super::State;
use super::attempt::Attempt;
use super::clocks::is_ended;
use super::held::{Dates, Held};
use super::job::{CodeFrom, ENDED_CREDENTIALS, Finished, Job, JobKind, role_refusal};
use super::session::Phase;
use super::sts_clock::Question;
use super::trouble::Trouble;
use crate::clock::Now;
use crate::schedule::last_moment;

/// What a finished job leads to.
#[derive(Debug, Default)]
pub struct Followup {
    /// Further calls.
    pub jobs: Vec<Job>,
    /// The user's files have changed under a call: read them again.
    pub replan: bool,
}

impl State {
    /// Takes in the end of a job. One of an earlier generation changes nothing: a lock, or a newer
    /// session, has come between.
    pub fn finish(&mut self, finished: Finished, now: Now) -> Followup {
        match &finished.kind {
            JobKind::Role { .. } | JobKind::Time { .. } => self.role_changed(),
            JobKind::Session { .. } => self.version += 1,
        }
        self.saw_sts_date(&finished, now);
        self.heard_of_the_time(&finished, now);
        let mut followup = self.take_in_if_current(finished, now);
        followup.jobs.extend(self.ask_the_time(now));
        followup
    }

    fn take_in_if_current(&mut self, finished: Finished, now: Now) -> Followup {
        let Question { at: asked, clock, .. } = finished.asked.clone();
        let dates = Dates { issued: self.date_of(&finished, now), clock, asked };
        let finished = unless_ended(finished, &dates, now);
        match &finished.kind {
            JobKind::Session { identity, code_mark, .. } => {
                match code_mark {
                    Some(mark) if reached_sts(&finished.outcome) => self.spent.spend(*mark, now),
                    Some(mark) => self.spent.give_back(*mark),
                    None => self.note_program_code(&finished, identity, now),
                }
                let current = self.table.session(identity).map(|session| session.generation);
                if current != Some(finished.generation) {
                    return Followup::default();
                }
            }
            JobKind::Role { profile } => {
                let asked = self.place(profile).and_then(|p| self.table.profiles[p].asking);
                if asked != Some(finished.generation) {
                    return Followup::default();
                }
            }
            JobKind::Time { access_key_id } => {
                self.time_told(access_key_id, &finished, now);
                return Followup::default();
            }
        }
        self.take_in(finished, dates, now)
    }

    fn take_in(&mut self, finished: Finished, dates: Dates, now: Now) -> Followup {
        let Finished { kind, outcome, asked, .. } = finished;
        let attempt = Attempt::new(&kind, &asked, now);
        match (kind, outcome) {
            (JobKind::Session { identity, mfa_serial, .. }, Outcome::Credentials(issued)) => {
                let jobs = self.session_issued(&identity, mfa_serial, issued, dates, now);
                Followup { jobs, replan: false }
            }
            (JobKind::Role { profile }, Outcome::Credentials(issued)) => {
                self.role_issued(&profile, issued, dates);
                Followup::default()
            }
            (JobKind::Session { identity, .. }, outcome) => {
                let failure = failure_of(outcome);
                self.session_failed(&identity, attempt, &failure, now);
                Followup { jobs: Vec::new(), replan: failure.kind == FailureKind::Changed }
            }
            (JobKind::Role { profile }, outcome) => {
                let failure = failure_of(outcome);
                self.role_failed(&profile, &failure, &asked, now);
                Followup { jobs: Vec::new(), replan: failure.kind == FailureKind::Changed }
            }
            // It has been taken in before.
            (JobKind::Time { .. }, _) => Followup::default(),
        }
    }

    /// A code that only the program and the gateway have seen is spent too.
    fn note_program_code(&mut self, finished: &Finished, identity: &str, now: Now) {
        let spent =
            finished.kind.code_from() == CodeFrom::Program && reached_sts(&finished.outcome);
        if let Some(session) = self.session_mut(identity).filter(|_| spent) {
            session.renewal.spend(now);
        }
    }

    fn role_issued(&mut self, name: &str, issued: Issued, dates: Dates) {
        let jitter = self.jitter.fraction();
        let Some(place) = self.place(name) else { return };
        let profile = &mut self.table.profiles[place];
        let role_arn = profile.hops().last().map(|hop| hop.role_arn.clone());
        let account = profile.planned.account_id.clone();
        let held = Held::new(issued.credentials, dates, jitter).owned_by(account, role_arn);
        let until = profile.replace(Some(Arc::new(held)));
        profile.asking = None;
        profile.trouble = None;
        profile.worked = true;
        let identity = profile.identity().map(str::to_owned);
        let Some(session) = identity.and_then(|identity| self.session_mut(&identity)) else {
            return;
        };
        session.handed_out_until = session.handed_out_until.max(until);
        if let Some(user) = issued.user {
            session.user = Some(Arc::new(user));
        }
    }

    fn role_failed(&mut self, name: &str, failure: &Failure, asked: &Question, now: Now) {
        let jitter = self.jitter.fraction();
        let Some(place) = self.place(name) else { return };
        let unlock = self.renewing_command(place);
        let ended = self.session_has_ended(place, failure, asked, now);
        let profile = &mut self.table.profiles[place];
        let refusal = Arc::new(role_refusal(failure, name, unlock.as_deref()));
        let before = profile.trouble.take();
        // Nobody is needed for the next session: so it is no refusal.
        let passes = Failure { retryable: failure.retryable || ended, ..failure.clone() };
        profile.trouble = Some(Trouble::after(before.as_ref(), &passes, refusal, now, jitter));
        profile.asking = None;
    }

    /// STS knows better than our clock when the session that a role was asked with has ended; where it
    /// was one that has not given it, and may have another clock, the one that has is asked. Says whether the next
    /// one needs no person.
    fn session_has_ended(
        &mut self,
        place: usize,
        failure: &Failure,
        asked: &Question,
        now: Now,
    ) -> bool {
        let identity = self.table.profiles[place].identity().map(str::to_owned);
        let says = is_ended(failure);
        let session = identity.filter(|_| says).and_then(|identity| self.session_mut(&identity));
        let Some(session) = session else { return false };
        let by_program = session.planned.program.is_some();
        if !session.has_device() && !by_program {
            return session.comes_first();
        }
        if let Phase::Unlocked { held, .. } = &session.phase
            && (held.clock != asked.clock || !asked.alone)
        {
            let clock = held.clock.clone();
            // Nobody waits for it: what another host says of a session is no reason to keep good
            // credentials from anybody while the one that gave it cannot be reached.
            self.table.clocks.ask(clock, now);
            return by_program;
        }
        // It was asked with the one before.
        if asked.at < session.begun {
            return by_program;
        }
        session.end();
        let passes = session.comes_first();
        self.version += 1;
        passes
    }

    /// What renews the MFA of a role that has worked under the session that there is.
    fn renewing_command(&self, place: usize) -> Option<String> {
        let profile = &self.table.profiles[place];
        let session = self.table.session_of(profile).filter(|_| profile.worked)?;
        let with_device = matches!(session.phase, Phase::Unlocked { mfa_serial: Some(_), .. });
        with_device.then(|| session.unlock_command())
    }
}

/// Credentials that have ended when they come are an outage. Nothing could be served from them, so
/// while anybody waits STS would be asked again at once, hundreds of times a second.
fn unless_ended(mut finished: Finished, dates: &Dates, now: Now) -> Finished {
    let ended = |end: Timestamp| {
        let life = end.since(dates.issued);
        dates.asked + life <= now.boot + last_moment(life)
    };
    if let Outcome::Credentials(issued) = &finished.outcome
        && ended(issued.credentials.expiration)
    {
        finished.outcome = Outcome::Failure(Failure {
            kind: FailureKind::Unavailable,
            code: ENDED_CREDENTIALS.to_owned(),
            message: "the credentials that STS gave had ended when they came".to_owned(),
            retryable: true,
            http_status: None,
            code_sent: true,
        });
    }
    finished
}

fn reached_sts(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Failure(failure) => failure.code_sent,
        _ => true,
    }
}

fn failure_of(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Failure(failure) => failure,
        _ => Failure {
            kind: FailureKind::Unavailable,
            code: "GatewayError".to_owned(),
            message: "the gateway answered something else than was asked".to_owned(),
            retryable: true,
            http_status: None,
            code_sent: true,
        },
    }
}
