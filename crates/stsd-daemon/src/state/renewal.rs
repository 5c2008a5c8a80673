//! Renewing a session whose token codes a program says: the user's `mfa_process`, where it is allowed.
//!
//! It is run only for an identity that has been unlocked since the daemon started, and not locked
//! since. At the start nobody has asked for anything yet, and such a program may put up a dialogue or
//! want a key to be touched. A lock is the user's word that nothing shall be had without them, and a
//! program that opened it again would make it void. So both wait for `stsd unlock`, which then needs
//! no code to be typed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stsd_protocol::gateway::{FILE_ERROR, Failure, FailureKind, Mfa, PROGRAM_ERROR};
use stsd_protocol::{Refusal, RefusalCode};

use super::State;
use super::job::Job;
use super::session::{Phase, Session};
use crate::clock::Now;
use crate::schedule::{RENEWAL, backoff};

/// What has become of the program's codes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Renewal {
    /// Runs in a row that brought no session.
    failures: u32,
    /// Those of them that patience does not cure: STS did not take the code, or there was none.
    refusals: u32,
    /// Not before this moment, by the boot clock.
    retry: Duration,
    /// When the last code went to STS, by the boot clock.
    spent: Option<Duration>,
    /// Whether the last call, which may be under way, is with a code of the program.
    by_program: bool,
}

impl Renewal {
    /// A new session or a lock: what failed before does not count.
    pub(super) fn begin_anew(&mut self) {
        *self = Self { spent: self.spent, ..Self::default() };
    }

    /// A call begins.
    pub(super) fn begin(&mut self, by_program: bool) {
        self.by_program = by_program;
    }

    /// Whether the last call, which may be under way, is with a code of the program.
    pub(super) fn by_program(&self) -> bool {
        self.by_program
    }

    /// The code of the program has gone to STS.
    pub(super) fn spend(&mut self, now: Now) {
        self.spent = Some(now.boot);
    }

    /// A code was wrong, whoever said it: three in a row are enough.
    pub(super) fn wrong_code(&mut self) {
        self.refusals = self.refusals.saturating_add(1);
    }

    /// The program, or STS with its code, has failed.
    pub(super) fn failed(&mut self, failure: &Failure, now: Now, jitter: f64) {
        self.failures = self.failures.saturating_add(1);
        // A program fails where its user is not there to touch a key, or does not want to.
        let passes = failure.kind == FailureKind::Unavailable || failure.code == FILE_ERROR;
        if !passes || failure.code == PROGRAM_ERROR {
            self.refusals = self.refusals.saturating_add(1);
        }
        self.retry = now.boot + backoff(self.failures, jitter).max(NEXT_CODE);
    }

    /// When the program's last code went to STS, while it may say the same again.
    pub(super) fn spent(&self) -> Option<Duration> {
        self.spent
    }

    /// A daemon before has sent a code of the program.
    pub(super) fn was_spent(&mut self, at: Duration) {
        self.spent = self.spent.max(Some(at));
    }

    /// Forgets a code that the program says no more. Whether there was one.
    pub(super) fn forget_spent(&mut self, now: Now) -> bool {
        let old = |spent: &mut Duration| *spent + NEXT_CODE <= now.boot;
        self.spent.take_if(old).is_some()
    }

    /// All that it says of the boot clock.
    pub(super) fn moments(&self) -> impl Iterator<Item = Duration> {
        [Some(self.retry), self.spent].into_iter().flatten()
    }

    /// When its program says another code than the last one.
    fn next_code(&self) -> Duration {
        self.spent.map_or(Duration::ZERO, |spent| spent + NEXT_CODE)
    }

    fn is_given_up(&self) -> bool {
        self.refusals >= MOST_REFUSALS || self.failures >= MOST_FAILURES
    }
}

impl Session {
    /// Whether a program says the code of this device.
    pub(super) fn has_program_for(&self, serial: Option<&str>) -> bool {
        self.planned.mfa_process && serial.is_some() && serial == self.planned.mfa_serial.as_deref()
    }

    /// Whether nobody has to do anything for the next session.
    pub fn renews_itself(&self) -> bool {
        let was_unlocked =
            matches!(self.phase, Phase::Ended | Phase::Unlocked { mfa_serial: Some(_), .. });
        let serial = self.planned.mfa_serial.as_deref();
        was_unlocked && self.has_program_for(serial) && !self.renewal.is_given_up()
    }

    /// When the program is to be run, by the boot clock. A machine that slept over the end of the
    /// session runs it when it wakes.
    pub(super) fn renewal_moment(&self) -> Option<Duration> {
        if !self.renews_itself() || self.asking {
            return None;
        }
        let due = match &self.phase {
            Phase::Unlocked { held, .. } => {
                let life = held.ends().saturating_sub(held.begins());
                held.ends().saturating_sub(RENEWAL.min(life / 2))
            }
            _ => Duration::ZERO,
        };
        Some(due.max(self.renewal.retry).max(self.renewal.next_code()))
    }

    /// A person with a code of their own need not wait for the program, which may wait for somebody
    /// who is not there: what comes of it is dropped. If theirs is wrong, its turn comes again.
    pub(super) fn overtake_the_program(&mut self, now: Now) {
        self.generation += 1;
        self.renewal.retry = self.renewal.retry.max(now.boot + NEXT_CODE);
    }

    /// A program says the same code for half a minute, and STS takes it once.
    pub(super) fn refuse_its_last_code(&self, now: Now) -> Result<(), Refusal> {
        let left = self.renewal.next_code().saturating_sub(now.boot);
        if left.is_zero() {
            return Ok(());
        }
        let message = "the token code that mfa_process says now was used already";
        let (unlock, seconds) = (self.unlock_command(), left.as_secs() + 1);
        Err(Refusal::new(RefusalCode::SpentCode, message)
            .with_hint(format!("run `{unlock}` in {seconds} seconds")))
    }

    /// Says what a program's wrong code means: no device is to be looked at.
    pub(super) fn of_program(&self, refusal: Refusal) -> Refusal {
        if refusal.code != RefusalCode::WrongCode {
            return refusal;
        }
        Refusal::new(
            RefusalCode::WrongCode,
            "STS did not take the token code that mfa_process said",
        )
        .with_hint(self.mend_of_program())
    }

    pub(super) fn mend_of_program(&self) -> String {
        format!("check the program, or run `{} CODE`", self.unlock_command())
    }
}

impl State {
    /// The sessions that their programs are to renew by now.
    pub(super) fn renewals(&mut self, now: Now) -> Vec<Job> {
        let due = |session: &&Session| session.renewal_moment().is_some_and(|at| at <= now.boot);
        let due = self.table.sessions.iter().filter(due);
        let due = due.filter_map(|session| {
            let serial_number = session.planned.mfa_serial.clone()?;
            let mfa = Some(Mfa { serial_number, token_code: None });
            Some((session.identity().to_owned(), mfa, session.duration_seconds))
        });
        let due: Vec<_> = due.collect();
        let usual = self.default_duration();
        let job = |(identity, mfa, duration): (String, _, Option<u32>)| {
            self.session_job(&identity, mfa, duration.unwrap_or(usual), now)
        };
        due.into_iter().map(job).collect()
    }
}

/// A device shows each code for so long.
const NEXT_CODE: Duration = Duration::from_secs(30);

const MOST_REFUSALS: u32 = 3;

/// About half an hour without STS. A program that wants a key to be touched should not want it all
/// night.
const MOST_FAILURES: u32 = 10;
