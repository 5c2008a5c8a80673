//! The token codes that STS has seen. It takes each one once, and answers a second try as if the
//! code were wrong; so no code is ever sent twice.

use std::collections::HashMap;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stsd_secret::Secret;

use crate::clock::Now;

/// Remembers codes by a keyed hash: the codes themselves are not kept. A restart under another
/// version of the standard library may hash otherwise; then STS is the one who says no.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SpentCodes {
    key: u64,
    seen: HashMap<u64, Duration>,
}

impl Default for SpentCodes {
    fn default() -> Self {
        Self { key: RandomState::new().hash_one(0_u64), seen: HashMap::new() }
    }
}

impl SpentCodes {
    /// Notes that a code goes to STS, or has gone there.
    pub(super) fn spend(&mut self, mark: u64, now: Now) {
        self.forget(now);
        self.seen.insert(mark, now.boot);
    }

    /// Forgets what nobody can send any more. Whether there was anything.
    pub(super) fn forget(&mut self, now: Now) -> bool {
        let before = self.seen.len();
        self.seen.retain(|_, at| now.boot < *at + WINDOW);
        self.seen.len() < before
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Notes that a code did not reach STS after all.
    pub(super) fn give_back(&mut self, mark: u64) {
        self.seen.remove(&mark);
    }

    /// Whether the code went to STS within its window.
    pub(super) fn is_spent(&self, mark: u64, now: Now) -> bool {
        self.seen.get(&mark).is_some_and(|at| now.boot < *at + WINDOW)
    }

    /// What stands for a code of a device.
    pub(super) fn mark(&self, serial_number: &str, code: &Secret) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.key, serial_number, code.expose()).hash(&mut hasher);
        hasher.finish()
    }

    /// All that it says of the boot clock.
    pub(super) fn moments(&self) -> impl Iterator<Item = Duration> {
        self.seen.values().copied()
    }
}

/// AWS takes a code one step of 30 s early or late, so it can match for 90 s; a step more for a
/// slow clock. A device shows the same six digits again in that time once in 250,000 tries.
const WINDOW: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::SpentCodes;
    use crate::clock::test::at;
    use std::time::Duration;
    use stsd_secret::Secret;

    #[test]
    fn a_code_is_spent_for_its_device_and_for_its_window_only() {
        let mut spent = SpentCodes::default();
        let code = Secret::new("123456");
        let mark = spent.mark("arn:aws:iam::111122223333:mfa/alice", &code);
        let other = spent.mark("arn:aws:iam::111122223333:mfa/bob", &code);
        let start = at(Duration::ZERO);
        assert!(!spent.is_spent(mark, start));
        spent.spend(mark, start);
        assert!(spent.is_spent(mark, at(Duration::from_secs(119))));
        assert!(!spent.is_spent(other, start));
        assert!(!spent.is_spent(mark, at(Duration::from_secs(120))));
    }

    #[test]
    fn whether_anything_was_forgotten_is_said_once() {
        let mut spent = SpentCodes::default();
        let mark = spent.mark("device", &Secret::new("123456"));
        assert!(!spent.forget(at(Duration::ZERO)));
        spent.spend(mark, at(Duration::ZERO));
        for (seconds, forgot) in [(119, false), (120, true), (121, false)] {
            assert_eq!(spent.forget(at(Duration::from_secs(seconds))), forgot, "{seconds} s");
        }
    }

    #[test]
    fn a_code_stays_spent_when_the_next_one_is_and_leaves_with_its_window() {
        let mut spent = SpentCodes::default();
        let marks =
            ["123456", "234567", "345678"].map(|code| spent.mark("device", &Secret::new(code)));
        for (mark, seconds) in marks.into_iter().zip([0, 30, 120]) {
            spent.spend(mark, at(Duration::from_secs(seconds)));
        }
        assert!(spent.is_spent(marks[1], at(Duration::from_secs(120))));
        assert_eq!(spent.seen.len(), 2, "the first one is forgotten");
    }
}
