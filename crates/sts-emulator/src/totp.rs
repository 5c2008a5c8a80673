//! Virtual MFA devices: the token codes of RFC 6238, and which of them are spent.
//!
//! As AWS does it: six digits, HMAC-SHA1, steps of 30 seconds, one step either side of the current one
//! accepted, and each code accepted once per device.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// The length of one time step.
const STEP: Duration = Duration::from_secs(30);

/// How many steps before and after the current one a code is accepted for.
const WINDOW: u64 = 1;

/// The token codes that were accepted already, by device and step.
#[derive(Debug, Default)]
pub(crate) struct SpentCodes {
    spent: BTreeSet<(String, u64)>,
}

impl SpentCodes {
    /// Accepts `code` for the device once; says whether it did.
    pub(crate) fn spend(&mut self, serial: &str, seed: &[u8], code: &str, now: SystemTime) -> bool {
        let matching =
            window(now).find(|step| self.is_fresh(serial, *step) && code_at(seed, *step) == code);
        match matching {
            Some(step) => self.spent.insert((serial.to_owned(), step)),
            None => false,
        }
    }

    /// A code that `spend` would accept now: the current one, else a neighbour.
    ///
    /// # Errors
    /// How long until there is one, when all three are spent.
    pub(crate) fn unspent(
        &self,
        serial: &str,
        seed: &[u8],
        now: SystemTime,
    ) -> Result<String, Duration> {
        let current = step_at(now);
        [current, current + WINDOW, current.saturating_sub(WINDOW)]
            .into_iter()
            .find(|step| self.is_fresh(serial, *step))
            .map(|step| code_at(seed, step))
            .ok_or_else(|| until_next_step(now))
    }

    fn is_fresh(&self, serial: &str, step: u64) -> bool {
        !self.spent.contains(&(serial.to_owned(), step))
    }
}

fn window(now: SystemTime) -> impl Iterator<Item = u64> {
    let current = step_at(now);
    current.saturating_sub(WINDOW)..=current + WINDOW
}

fn step_at(now: SystemTime) -> u64 {
    seconds(now) / STEP.as_secs()
}

fn until_next_step(now: SystemTime) -> Duration {
    Duration::from_secs(STEP.as_secs() - seconds(now) % STEP.as_secs())
}

fn seconds(now: SystemTime) -> u64 {
    now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// RFC 4226 section 5.3, cut to six digits.
fn code_at(seed: &[u8], step: u64) -> String {
    format!("{:06}", truncated(seed, step) % 1_000_000)
}

fn truncated(seed: &[u8], step: u64) -> u32 {
    // RFC 2104 section 2: a key of any length.
    let mut mac = Hmac::<Sha1>::new_from_slice(seed).expect("HMAC takes any key");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    // Four bits of offset reach byte 18 of twenty at most.
    let offset = usize::from(digest[19] & 0x0f);
    u32::from_be_bytes([
        digest[offset] & 0x7f,
        digest[offset + 1],
        digest[offset + 2],
        digest[offset + 3],
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &[u8] = b"12345678901234567890";
    const SERIAL: &str = "arn:aws:iam::111122223333:mfa/alice";

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn matches_the_sha1_vectors_of_rfc_6238() {
        let vectors = [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ];
        for (time, eight_digits) in vectors {
            assert_eq!(truncated(SEED, step_at(at(time))) % 100_000_000, eight_digits, "at {time}");
            assert_eq!(
                code_at(SEED, step_at(at(time))),
                format!("{:06}", eight_digits % 1_000_000)
            );
        }
    }

    #[test]
    fn accepts_one_step_either_side_and_no_more() {
        let now = at(1_234_567_890);
        for (step, accepted) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let code = code_at(SEED, step_at(now).saturating_add_signed(step));
            assert_eq!(
                SpentCodes::default().spend(SERIAL, SEED, &code, now),
                accepted,
                "step {step}"
            );
        }
    }

    #[test]
    fn accepts_a_code_once_per_device() {
        let (mut codes, now) = (SpentCodes::default(), at(1_234_567_890));
        let code = code_at(SEED, step_at(now));
        assert!(codes.spend(SERIAL, SEED, &code, now));
        assert!(!codes.spend(SERIAL, SEED, &code, now));
        assert!(codes.spend("arn:aws:iam::111122223333:mfa/other", SEED, &code, now));
    }

    #[test]
    fn offers_the_three_codes_of_the_window_and_then_says_how_long_to_wait() {
        let (mut codes, now) = (SpentCodes::default(), at(1_234_567_895));
        for _ in 0..3 {
            let code = codes.unspent(SERIAL, SEED, now).expect("one of three is fresh");
            assert!(codes.spend(SERIAL, SEED, &code, now));
        }
        assert_eq!(codes.unspent(SERIAL, SEED, now), Err(Duration::from_secs(25)));
        assert!(codes.unspent(SERIAL, SEED, now + Duration::from_secs(25)).is_ok());
    }
}
