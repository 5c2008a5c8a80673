//! How much time goes into finding callers: a hundredth of all, so that a flood of requests is
//! answered and not looked at, and as much at once as a build that starts its tools needs.

use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Budget {
    left: Duration,
    /// What a search has cost beyond what was left: it is earned back before the next.
    owed: Duration,
    at: Instant,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { left: MOST, owed: Duration::ZERO, at: Instant::now() }
    }

    /// Takes what something has cost.
    pub(super) fn spend(&mut self, cost: Duration) {
        self.earn(Instant::now());
        self.owed = (self.owed + cost.saturating_sub(self.left)).min(MOST);
        self.left = self.left.saturating_sub(cost);
    }

    /// Whether nothing is left.
    pub(super) fn is_spent(&mut self) -> bool {
        self.earn(Instant::now());
        self.left < LEAST
    }

    fn earn(&mut self, now: Instant) {
        let earned = now.saturating_duration_since(self.at) / SHARE;
        self.left = (self.left + earned.saturating_sub(self.owed)).min(MOST);
        self.owed = self.owed.saturating_sub(earned);
        self.at = now;
    }
}

const SHARE: u32 = 100;
const MOST: Duration = Duration::from_millis(100);
/// Below this, it is not begun.
const LEAST: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Budget, MOST};

    #[test]
    fn a_hundredth_part_comes_back() {
        let start = Instant::now();
        let mut budget = Budget { left: Duration::ZERO, owed: Duration::ZERO, at: start };
        budget.earn(start + Duration::from_secs(1));
        assert_eq!(budget.left, Duration::from_millis(10));
        budget.earn(start + Duration::from_secs(60));
        assert_eq!(budget.left, MOST);
    }

    #[test]
    fn what_was_spent_beyond_the_rest_is_earned_back_first() {
        let start = Instant::now();
        let owed = Duration::from_millis(20);
        let mut budget = Budget { left: Duration::ZERO, owed, at: start };
        budget.earn(start + Duration::from_secs(1));
        assert_eq!((budget.left, budget.owed), (Duration::ZERO, Duration::from_millis(10)));
        budget.earn(start + Duration::from_secs(3));
        assert_eq!((budget.left, budget.owed), (Duration::from_millis(10), Duration::ZERO));
    }

    #[test]
    fn one_long_search_is_not_held_against_it_for_ever() {
        let mut budget = Budget::new();
        assert!(!budget.is_spent());
        budget.spend(Duration::from_secs(9));
        assert!(budget.is_spent());
        budget.earn(budget.at + Duration::from_secs(30));
        assert!(!budget.is_spent());
    }
}
