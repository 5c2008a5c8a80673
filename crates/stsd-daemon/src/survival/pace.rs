//! When the record is written. The whole of it is written each time, so a thousand roles that come one
//! after the other would write it a thousand times, and each time more.

use std::time::Duration;

use super::image::SLOT;
use crate::clock::Now;

/// What was written, and when there may be more.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// [`crate::state::State::urgent`] at the last write; nothing before the first.
    urgent: Option<u64>,
    /// By the boot clock.
    next: Duration,
}

impl Pace {
    /// How long a write can wait; nothing, if it cannot.
    pub(super) fn wait(&self, urgent: u64, now: Now) -> Option<Duration> {
        let wait = self.next.saturating_sub(now.boot);
        (self.urgent == Some(urgent) && !wait.is_zero()).then_some(wait)
    }

    /// So many bytes were written. The next write waits for a second if they fill a slot, and for as
    /// much less as they are fewer: of ten roles nobody will see any delay.
    pub(super) fn wrote(&mut self, urgent: u64, bytes: usize, now: Now) {
        let nanos = bytes as u128 * 1_000_000_000 / SLOT as u128;
        let rest = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        *self = Self { urgent: Some(urgent), next: now.boot + rest };
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Pace, SLOT};
    use crate::clock::test::at;

    #[test]
    fn what_is_urgent_waits_for_nothing_and_the_rest_for_a_second_at_most() {
        let (start, second) = (at(Duration::ZERO), Duration::from_secs(1));
        let mut pace = Pace::default();
        assert_eq!(pace.wait(0, start), None, "the first time");
        pace.wrote(7, SLOT, start);
        assert_eq!(pace.wait(8, start), None, "a lock, or a session");
        assert_eq!(pace.wait(7, start), Some(second));
        assert_eq!(pace.wait(7, at(second / 4)), Some(second * 3 / 4));
        assert_eq!(pace.wait(7, at(second)), None);
        pace.wrote(7, 16 * 1024, start);
        assert!(pace.wait(7, start).unwrap() < second / 50, "{pace:?}");
        assert_eq!(pace.wait(7, at(second / 50)), None);
    }
}
