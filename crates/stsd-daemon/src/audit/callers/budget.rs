//! How much time goes into finding callers: a hundredth of all, so that a flood of requests is
//! answered and not looked at, and as much at once as a build that starts its tools needs.

use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Budget {
    left: Duration,
    at: Instant,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { left: MOST, at: Instant::now() }
    }

    /// Takes what something has cost.
    pub(super) fn spend(&mut self, cost: Duration) {
        self.left = self.left(Instant::now()).saturating_sub(cost);
    }

    /// Whether nothing is left.
    pub(super) fn is_spent(&mut self) -> bool {
        self.left(Instant::now()) < LEAST
    }

    fn left(&mut self, now: Instant) -> Duration {
        let earned = now.saturating_duration_since(self.at) / SHARE;
        self.left = (self.left + earned).min(MOST);
        self.at = now;
        self.left
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
        let mut budget = Budget { left: MOST, at: start };
        budget.left = Duration::ZERO;
        assert_eq!(budget.left(start + Duration::from_secs(1)), Duration::from_millis(10));
        assert_eq!(budget.left(start + Duration::from_secs(60)), MOST);
    }

    #[test]
    fn more_than_there_is_can_be_spent_only_once() {
        let mut budget = Budget::new();
        assert!(!budget.is_spent());
        budget.spend(Duration::from_secs(9));
        assert!(budget.is_spent());
    }
}
