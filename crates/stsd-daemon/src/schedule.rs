//! When to ask STS again: pure functions of lengths, so that the whole schedule is tested with
//! neither a clock nor a network.

use std::time::Duration;

/// No nap is longer: timers stop while a machine sleeps, so the owner looks at the boot clock again.
pub const LONGEST_NAP: Duration = Duration::from_secs(30);

/// With so much of an MFA session left, the roles in use are assumed once more: theirs will outlive
/// it by up to an hour.
pub const LAST_CALL: Duration = Duration::from_secs(120);

/// With so much of an MFA session left, the program that can say its codes is asked for one: time
/// enough for it to fail and be run again.
pub const RENEWAL: Duration = Duration::from_secs(10 * 60);

/// With so much left, a session that needs a person is called expiring.
pub const EXPIRING: Duration = Duration::from_secs(30 * 60);

/// The served `Expiration` is never later than this from now, so that every SDK comes back within
/// the hour and learns of a lock or of a new session.
pub const LONGEST_SERVED: Duration = Duration::from_secs(60 * 60);

/// No retry after an outage waits longer.
const LONGEST_BACKOFF: Duration = Duration::from_secs(5 * 60);

/// A request may bring a retry forward, but not more often than this.
pub const SHORTEST_RETRY: Duration = Duration::from_secs(5);

/// How long after they were issued credentials are due for renewal.
///
/// At half their life, at most one hour before their end, and up to a tenth of the remainder
/// earlier by `jitter` (0 to 1), so that roles that were assumed together are not renewed together.
/// An hour-long role is renewed with about half an hour to go: botocore, .NET and Java begin to ask
/// again with 15 minutes left.
pub fn due_after(life: Duration, jitter: f64) -> Duration {
    let half = life / 2;
    let hour_before = life.saturating_sub(Duration::from_secs(3600));
    let latest = half.max(hour_before);
    latest.saturating_sub(latest.mul_f64(jitter.clamp(0.0, 1.0) / 10.0))
}

/// Credentials with no more than this left are not served: a signature made with them might arrive
/// after their end.
///
/// 15 s, for everything that STS gives: it gives nothing for less than 15 minutes. What lives
/// shorter comes from an emulator, and keeps the proportion.
pub fn last_moment(life: Duration) -> Duration {
    (life / 60).min(Duration::from_secs(15))
}

/// How long to wait after the `attempt`th outage in a row (1, 2, …): full jitter over a doubling
/// range, so that a thousand daemons do not return together when STS does.
pub fn backoff(attempt: u32, jitter: f64) -> Duration {
    let doubled = Duration::from_secs(1) * 2_u32.saturating_pow(attempt.min(16));
    let range = doubled.min(LONGEST_BACKOFF);
    Duration::from_secs(1).max(range.mul_f64(jitter.clamp(0.0, 1.0)))
}

/// Numbers between 0 and 1 for spreading work out; neither secret nor unpredictable.
#[derive(Clone, Debug)]
pub struct Jitter(u64);

impl Jitter {
    /// The same seed gives the same numbers.
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next one (splitmix64, of which the upper 53 bits make the fraction).
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    pub fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{Jitter, backoff, due_after, last_moment};
    use std::time::Duration;

    const MINUTE: u64 = 60;
    const HOUR: u64 = 3600;

    #[test]
    fn credentials_are_due_at_half_their_life_and_at_most_an_hour_before_their_end() {
        for (life, due) in [
            (15 * MINUTE, 15 * MINUTE / 2),
            (HOUR, 30 * MINUTE),
            (2 * HOUR, HOUR),
            (12 * HOUR, 11 * HOUR),
            (36 * HOUR, 35 * HOUR),
        ] {
            assert_eq!(due_after(Duration::from_secs(life), 0.0), Duration::from_secs(due));
        }
    }

    #[test]
    fn jitter_only_ever_makes_it_earlier_and_by_a_tenth_at_most() {
        let life = Duration::from_secs(HOUR);
        assert_eq!(due_after(life, 1.0), Duration::from_secs(27 * MINUTE));
        assert_eq!(due_after(Duration::ZERO, 1.0), Duration::ZERO);
    }

    #[test]
    fn nothing_that_sts_gives_is_served_in_its_last_fifteen_seconds() {
        for life in [15 * MINUTE, HOUR, 36 * HOUR] {
            assert_eq!(last_moment(Duration::from_secs(life)), Duration::from_secs(15));
        }
        assert_eq!(last_moment(Duration::from_secs(6)), Duration::from_millis(100));
    }

    #[test]
    fn retries_spread_over_a_range_that_doubles_up_to_five_minutes() {
        for (attempt, most) in [(1, 2), (2, 4), (5, 32), (8, 256), (9, 300), (4_000_000, 300)] {
            assert_eq!(backoff(attempt, 1.0), Duration::from_secs(most));
            assert_eq!(backoff(attempt, 0.0), Duration::from_secs(1));
        }
    }

    #[test]
    fn jitter_stays_between_zero_and_one_and_varies() {
        let mut jitter = Jitter::seeded(7);
        let numbers: Vec<f64> = (0..1000).map(|_| jitter.fraction()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        let mean = numbers.iter().sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
    }

    #[test]
    fn jitter_is_splitmix64_whose_low_bits_are_as_good_as_its_high_ones() {
        // The first of what its authors print for this seed, over 2^64.
        let mut jitter = Jitter::seeded(1_234_567);
        for published in [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973] {
            let fraction = (published >> 11) as f64 / 9_007_199_254_740_992.0;
            assert!((jitter.fraction() - fraction).abs() < f64::EPSILON);
        }
    }
}
