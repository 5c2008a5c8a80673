//! The authorization tokens that were made besides the user's own: their names, scopes and ends.
//! Pure: each function is given the time.

use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::Timestamp;
use stsd_secret::Secret;

use super::grant::{Grant, Scope, Unauthorized};
use crate::clock::Now;

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) name: Arc<str>,
    pub(super) secret: Secret,
    pub(super) scope: Scope,
    pub(super) created: Timestamp,
    pub(super) end: Option<End>,
    pub(super) last_used: Option<Timestamp>,
}

/// When it opens nothing any more: at the earlier of the two, so that a wall clock that is set back
/// lengthens no token that this boot has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) date: Timestamp,
    pub(super) boot: Duration,
}

impl End {
    /// So long from now.
    pub(super) fn after(length: Duration, now: Now) -> Self {
        Self { date: now.date().plus(length), boot: now.boot.saturating_add(length) }
    }

    /// Of a token that an earlier boot made: what is left by the wall clock, and never more than its
    /// whole length.
    pub(super) fn restored(date: Timestamp, created: Timestamp, now: Now) -> Self {
        let left = date.since(now.date()).min(date.since(created));
        Self { date, boot: now.boot.saturating_add(left) }
    }

    fn is_over(self, now: Now) -> bool {
        now.date() >= self.date || now.boot >= self.boot
    }
}

impl Token {
    pub(super) fn is_over(&self, now: Now) -> bool {
        self.end.is_some_and(|end| end.is_over(now))
    }

    /// Whether nobody needs to be told any more that it has ended. Both clocks must say so: a wall clock
    /// that is wrong for a while ends nothing for good.
    pub(super) fn is_long_over(&self, now: Now) -> bool {
        self.end.is_some_and(|end| {
            now.date() >= end.date.plus(REMEMBERED)
                && now.boot >= end.boot.saturating_add(REMEMBERED)
        })
    }

    /// What a request that brings it may have.
    pub(super) fn used(&mut self, now: Now) -> Result<Grant, Unauthorized> {
        let name = Arc::clone(&self.name);
        if self.is_over(now) {
            return Err(Unauthorized::Expired { name });
        }
        self.last_used = Some(now.date());
        Ok(Grant { name, scope: self.scope.clone() })
    }
}

/// How long it is said of one that it has ended.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use stsd_secret::Secret;

    use super::{End, Token};
    use crate::authorization::grant::Scope;
    use crate::clock::Now;
    use crate::clock::test::at;

    const HOUR: Duration = Duration::from_secs(3600);

    fn token(end: Option<End>) -> Token {
        let created = at(Duration::ZERO).date();
        let secret = Secret::new("fake");
        let scope = Scope::Everything;
        Token { name: "ci".into(), secret, scope, created, end, last_used: None }
    }

    /// The wall clock set by so many hours, at a moment.
    fn set(now: Now, hours: i32) -> Now {
        let by = HOUR * hours.unsigned_abs();
        Now { wall: if hours < 0 { now.wall - by } else { now.wall + by }, ..now }
    }

    #[test]
    fn a_token_ends_by_whichever_clock_comes_first() {
        let end = End::after(HOUR, at(Duration::ZERO));
        let late = at(HOUR - Duration::from_secs(1));
        for (what, now, over) in [
            ("in time", late, false),
            ("at its end", at(HOUR), true),
            ("set back, in time", set(late, -9), false),
            ("set back, at its end", set(at(HOUR), -9), true),
            ("set forward", set(late, 9), true),
        ] {
            assert_eq!(token(Some(end)).is_over(now), over, "{what}");
        }
        assert!(!token(None).is_over(at(HOUR * 1_000_000)));
    }

    #[test]
    fn what_has_expired_does_not_come_back_and_a_wrong_wall_clock_ends_nothing_for_good() {
        let mut token = token(Some(End::after(HOUR, at(Duration::ZERO))));
        assert!(token.used(at(Duration::ZERO)).is_ok());
        let wrong = set(at(Duration::ZERO), 24 * 365);
        assert!(token.used(wrong).is_err());
        assert!(!token.is_long_over(wrong));
        assert!(token.used(at(Duration::ZERO)).is_ok());
        assert!(token.used(at(HOUR)).is_err());
        assert!(token.used(set(at(HOUR), -9)).is_err());
        let month_later = HOUR * (30 * 24 + 1);
        assert!(!token.is_long_over(at(month_later - Duration::from_secs(1))));
        assert!(token.is_long_over(at(month_later)));
    }

    #[test]
    fn after_a_reboot_it_lasts_its_whole_length_at_most() {
        let created = at(Duration::ZERO).date();
        let date = created.plus(HOUR * 2);
        for (hours, left) in [(1, HOUR), (3, Duration::ZERO), (-900, HOUR * 2)] {
            let now = set(at(Duration::ZERO), hours);
            let end = End::restored(date, created, now);
            assert_eq!(end.boot, now.boot + left, "{hours}");
        }
    }
}
