//! Credentials that STS gave, and how long they last by the clock that nobody sets.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stsd_protocol::Timestamp;
use stsd_protocol::gateway::TemporaryCredentials;

use crate::clock::Now;
use crate::schedule::{LONGEST_SERVED, due_after, last_moment};
use crate::service::Served;

use super::sts_clock::StsClock;
use super::survivors::ENDLESS;

/// One set of temporary credentials. Shared by the owner and its snapshots; wiped with the last.
#[derive(Debug)]
pub struct Held {
    credentials: TemporaryCredentials,
    /// STS's date when it gave them.
    pub issued: Timestamp,
    /// The clock that this date is by, and their end.
    pub clock: StsClock,
    /// Twelve digits, where known.
    pub account_id: Option<String>,
    /// The role, or the user's ARN for a user's own session, where known.
    pub role_arn: Option<String>,
    /// When they are due for renewal, by the boot clock.
    pub due: Duration,
    /// When they were asked for, by the boot clock.
    begins: Duration,
    /// Their end, by the boot clock.
    ends: Duration,
    /// With so much left they are served no more.
    last_moment: Duration,
    /// Whether anybody got them: a lock says until when those stay valid at AWS.
    handed_out: AtomicBool,
}

/// When credentials were given, by the two clocks that count: what is left of them depends on no
/// local date.
#[derive(Clone, Debug)]
pub struct Dates {
    /// STS's date when it gave them.
    pub issued: Timestamp,
    /// Which one's.
    pub clock: StsClock,
    /// When STS was asked, by the boot clock. It cannot have given them before; the answer may have
    /// come much later, to a machine that slept in between.
    pub asked: Duration,
}

/// When credentials were asked for, are due for renewal, and end, by the boot clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lasting {
    begins: Duration,
    due: Duration,
    ends: Duration,
}

impl Lasting {
    /// The same, so much nearer to the end.
    pub(super) fn aged(self, by: Duration) -> Self {
        let Self { begins, due, ends } = self;
        let aged = |moment: Duration| moment.saturating_sub(by);
        Self { begins: aged(begins), due: aged(due), ends: aged(ends) }
    }

    pub(super) fn begins(&self) -> Duration {
        self.begins
    }

    pub(super) fn ends_after(&self, now: Now) -> bool {
        self.ends > now.boot
    }

    /// Whether credentials that were given for so long can last so.
    pub(super) fn is_plausible(&self, given: Duration) -> bool {
        let life = self.ends.checked_sub(self.begins);
        life.is_some_and(|life| life <= given.min(LONGEST_LIFE))
            && self.due <= self.ends
            && self.ends < ENDLESS
    }
}

impl Held {
    /// Takes over what STS gave.
    pub fn new(credentials: TemporaryCredentials, dates: Dates, jitter: f64) -> Self {
        let Dates { issued, clock, asked } = dates;
        let life = credentials.expiration.since(issued).min(LONGEST_LIFE);
        Self {
            issued,
            clock,
            account_id: None,
            role_arn: None,
            due: asked + due_after(life, jitter),
            begins: asked,
            ends: asked + life,
            last_moment: last_moment(life),
            handed_out: AtomicBool::new(false),
            credentials,
        }
    }

    /// Takes over what another process held. Counts as handed out: who got them, nobody remembers.
    pub(super) fn survived(
        credentials: TemporaryCredentials,
        (issued, clock): (Timestamp, StsClock),
        lasting: Lasting,
    ) -> Self {
        let Lasting { begins, due, ends } = lasting;
        Self {
            issued,
            clock,
            account_id: None,
            role_arn: None,
            due,
            begins,
            ends,
            last_moment: last_moment(ends.saturating_sub(begins)),
            handed_out: AtomicBool::new(true),
            credentials,
        }
    }

    /// What [`Held::survived`] needs to go on with them.
    pub(crate) fn lasting(&self) -> Lasting {
        Lasting { begins: self.begins, due: self.due, ends: self.ends }
    }

    /// Whose they are.
    #[must_use]
    pub fn owned_by(mut self, account_id: Option<String>, role_arn: Option<String>) -> Self {
        self.account_id = account_id;
        self.role_arn = role_arn;
        self
    }

    /// The same, so much nearer to their end.
    #[must_use]
    pub fn aged(&self, by: Duration) -> Self {
        Self {
            credentials: self.credentials.clone(),
            issued: self.issued,
            clock: self.clock.clone(),
            account_id: self.account_id.clone(),
            role_arn: self.role_arn.clone(),
            due: self.due.saturating_sub(by),
            begins: self.begins.saturating_sub(by),
            ends: self.ends.saturating_sub(by),
            last_moment: self.last_moment,
            handed_out: AtomicBool::new(self.handed_out.load(Ordering::Relaxed)),
        }
    }

    /// What is left of them; zero once they may no longer be served.
    pub fn remaining(&self, now: Now) -> Duration {
        let left = self.ends.saturating_sub(now.boot);
        if left > self.last_moment { left } else { Duration::ZERO }
    }

    /// Whether they may still be served.
    pub fn is_valid(&self, now: Now) -> bool {
        !self.remaining(now).is_zero()
    }

    /// When they were asked for, by the boot clock.
    pub fn begins(&self) -> Duration {
        self.begins
    }

    /// Their end by the boot clock.
    pub fn ends(&self) -> Duration {
        self.ends
    }

    /// Their end as STS said it.
    pub fn expiration(&self) -> Timestamp {
        self.credentials.expiration
    }

    /// Not secret.
    pub fn access_key_id(&self) -> &str {
        &self.credentials.access_key_id
    }

    /// For a call by the gateway.
    pub fn credentials(&self) -> &TemporaryCredentials {
        &self.credentials
    }

    /// Their end if anybody has them.
    pub fn handed_out_until(&self) -> Option<Timestamp> {
        self.handed_out.load(Ordering::Relaxed).then_some(self.credentials.expiration)
    }

    /// A copy to hand out, with an `Expiration` that is honest by the caller's own clock.
    ///
    /// Never later than the real one either, but for a local clock that is fast by more than AWS
    /// itself forgives: there the real one would read as past, while a whole hour may be left.
    pub fn serve(&self, now: Now) -> Served {
        self.serve_for(LONGEST_SERVED, now)
    }

    /// The same, for so long at most: then the caller comes again.
    pub fn serve_for(&self, most: Duration, now: Now) -> Served {
        self.handed_out.store(true, Ordering::Relaxed);
        let real = self.credentials.expiration;
        let after = |length| {
            let by_local_clock = now.date().plus(length);
            let fast = by_local_clock.since(real) > FORGIVEN_SKEW;
            if fast { by_local_clock } else { by_local_clock.min(real) }
        };
        let remaining = self.remaining(now);
        Served {
            access_key_id: self.credentials.access_key_id.clone(),
            secret_access_key: self.credentials.secret_access_key.clone(),
            session_token: self.credentials.session_token.clone(),
            expiration: after(remaining.min(most)),
            real_expiration: after(remaining),
            last_updated: self.issued,
            account_id: self.account_id.clone(),
            role_arn: self.role_arn.clone(),
        }
    }
}

/// AWS gives nothing for longer; a program may say what it likes.
const LONGEST_LIFE: Duration = Duration::from_secs(36 * 60 * 60);

/// AWS takes signatures of clocks that are wrong by up to five minutes.
const FORGIVEN_SKEW: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use stsd_protocol::Timestamp;
    use stsd_protocol::gateway::TemporaryCredentials;
    use stsd_secret::Secret;

    use super::{Dates, Held};
    use crate::clock::test::at;
    use crate::state::StsClock;

    fn held(sts_now: u64, seconds: u64) -> Held {
        let credentials = TemporaryCredentials {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            session_token: Secret::new("example-session-token"),
            expiration: Timestamp::from_unix(sts_now + seconds),
        };
        let issued = Timestamp::from_unix(sts_now);
        let (clock, asked) = (StsClock::default(), at(Duration::ZERO).boot);
        Held::new(credentials, Dates { issued, clock, asked }, 0.0)
    }

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(60 * count)
    }

    #[test]
    fn the_served_end_is_an_hour_away_at_most_and_never_after_the_real_one() {
        let session = held(1_800_000_000, 12 * 3600);
        let served = session.serve(at(minutes(10))).expiration;
        assert_eq!(served, Timestamp::from_unix(1_800_000_000 + 70 * 60));
        assert_eq!(session.serve(at(minutes(10))).real_expiration, session.expiration());
        let served = session.serve(at(minutes(11 * 60 + 30))).expiration;
        assert_eq!(served, session.expiration());
    }

    #[test]
    fn a_wrong_local_date_does_not_shorten_or_stretch_what_is_left() {
        for skew in [-315_360_000_i64, -3600, 3600, 315_360_000] {
            let sts_now = 1_800_000_000_u64.saturating_add_signed(skew);
            let role = held(sts_now, 3600);
            assert_eq!(role.remaining(at(minutes(10))), minutes(50));
            assert!(role.is_valid(at(minutes(59))));
            assert!(!role.is_valid(at(minutes(60))));
        }
    }

    #[test]
    fn a_slow_local_clock_is_told_an_end_that_its_own_arithmetic_gets_right() {
        let role = held(1_800_000_000 + 3600, 3600);
        let served = role.serve(at(Duration::ZERO)).expiration;
        assert_eq!(served, Timestamp::from_unix(1_800_000_000 + 3600));
    }

    #[test]
    fn a_fast_local_clock_is_not_told_an_end_that_is_past() {
        let role = held(1_800_000_000 - 7200, 3600);
        let served = role.serve(at(Duration::ZERO)).expiration;
        assert_eq!(served, Timestamp::from_unix(1_800_000_000 + 3600));
        let role = held(1_800_000_000 - 300, 3600);
        assert_eq!(role.serve(at(Duration::ZERO)).expiration, role.expiration());
    }

    #[test]
    fn an_end_beyond_what_aws_gives_is_not_believed() {
        let odd = held(1_800_000_000, 8000 * 365 * 24 * 3600);
        assert!(odd.lasting().is_plausible(Duration::MAX));
        assert!(odd.is_valid(at(minutes(36 * 60 - 60))));
        assert!(!odd.is_valid(at(minutes(36 * 60))));
    }

    #[test]
    fn nothing_counts_as_handed_out_before_it_is_served() {
        let role = held(1_800_000_000, 3600);
        assert_eq!(role.handed_out_until(), None);
        role.serve(at(Duration::ZERO));
        assert_eq!(role.handed_out_until(), Some(role.expiration()));
    }
}
