//! When the user's files are read: by one plan at a time, once more if something happened to them
//! under it, and again after a while if no plan came.

use std::time::Duration;

use crate::clock::Now;
use crate::schedule::{LONGEST_NAP, backoff};

/// Whether a plan is under way, and what follows it.
#[derive(Debug, Default)]
pub(super) struct Planning {
    under_way: bool,
    /// Somebody wanted one while the last was under way, which may have read the files before.
    again: bool,
    failures: u32,
    retry: Option<Duration>,
}

impl Planning {
    /// Somebody wants a plan. Whether to begin it now.
    pub(super) fn begin(&mut self) -> bool {
        self.again = self.under_way;
        self.retry = None;
        !std::mem::replace(&mut self.under_way, true)
    }

    /// The plan has come, or not. Whether to begin another one right away.
    pub(super) fn end(&mut self, outage: bool, now: Now) -> bool {
        self.under_way = false;
        self.failures = if outage { self.failures.saturating_add(1) } else { 0 };
        // Nobody else's plans come at the same moment, so nothing is to be spread out.
        self.retry = outage.then(|| now.boot + backoff(self.failures, 1.0));
        std::mem::take(&mut self.again)
    }

    /// Whether it is time for another try.
    pub(super) fn is_due(&self, now: Now) -> bool {
        self.retry.is_some_and(|retry| retry <= now.boot)
    }

    /// How long until then.
    pub(super) fn nap(&self, now: Now) -> Duration {
        self.retry.map_or(LONGEST_NAP, |retry| retry.saturating_sub(now.boot))
    }
}

#[cfg(test)]
mod tests {
    use super::Planning;
    use crate::clock::test::at;
    use std::time::Duration;

    fn after(seconds: u64) -> crate::clock::Now {
        at(Duration::from_secs(seconds))
    }

    #[test]
    fn files_that_change_while_they_are_read_are_read_once_more() {
        let mut planning = Planning::default();
        assert!(planning.begin());
        assert!(!planning.begin() && !planning.begin());
        assert!(planning.end(false, after(1)));
        assert!(planning.begin());
        assert!(!planning.end(false, after(2)));
    }

    #[test]
    fn a_plan_that_did_not_come_is_asked_for_again_and_ever_more_seldom() {
        let mut planning = Planning::default();
        let mut now = 0;
        for pause in [2, 4, 8] {
            assert!(planning.begin());
            planning.end(true, after(now));
            assert_eq!(planning.nap(after(now)), Duration::from_secs(pause));
            assert!(!planning.is_due(after(now + pause - 1)));
            now += pause;
            assert!(planning.is_due(after(now)));
        }
        assert!(planning.begin());
        assert!(!planning.is_due(after(now)), "it is under way");
        planning.end(false, after(now));
        assert!(!planning.is_due(after(now + 1000)));
    }
}
