//! The emulator's own clock, and how AWS writes times.
//!
//! The clock is the machine's (or one moment of it, held), plus an offset that tests and the control endpoint
//! move. Everything the
//! emulator decides by time (expirations, token codes, the skew of signatures, the `Date` header)
//! follows it. Nothing else in this crate reads the wall clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// A wall clock that can be moved.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_millis: AtomicI64,
    /// Set for a clock that stands still between two moves.
    frozen_at: Option<SystemTime>,
}

impl Clock {
    /// A clock that stands still at this moment, until it is moved.
    pub(crate) fn frozen() -> Self {
        Self { frozen_at: Some(machine_time()), ..Self::default() }
    }

    /// The machine's time plus the offset.
    pub(crate) fn now(&self) -> SystemTime {
        let offset = self.offset_millis.load(Ordering::SeqCst);
        let shift = Duration::from_millis(offset.unsigned_abs());
        let base = self.frozen_at.unwrap_or_else(machine_time);
        if offset < 0 { base - shift } else { base + shift }
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        self.offset_millis.fetch_add(millis(by), Ordering::SeqCst);
    }

    /// Moves the clock back, as a laptop does whose battery was empty.
    pub(crate) fn rewind(&self, by: Duration) {
        self.offset_millis.fetch_sub(millis(by), Ordering::SeqCst);
    }
}

/// `2026-11-22T03:46:28Z`: expirations in STS's XML.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// `20261122T034628Z`: `x-amz-date`, and STS's texts about skew.
pub(crate) fn basic(time: SystemTime) -> String {
    rfc3339(time).replace(['-', ':'], "")
}

/// Reads `x-amz-date`, in the basic form only, as AWS does.
pub(crate) fn parse_basic(text: &str) -> Option<SystemTime> {
    let digits_and_letters =
        text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !digits_and_letters {
        return None;
    }
    let (date, time) = (&text[..8], &text[9..15]);
    let extended = format!(
        "{}-{}-{}{}{}:{}:{}{}",
        &date[..4],
        &date[4..6],
        &date[6..],
        &text[8..9],
        &time[..2],
        &time[2..4],
        &time[4..],
        &text[15..]
    );
    humantime::parse_rfc3339(&extended).ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this module is the emulator's one reader of the wall clock"
)]
fn machine_time() -> SystemTime {
    SystemTime::now()
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_offset_in_both_directions() {
        let clock = Clock::default();
        let before = clock.now();
        clock.advance(Duration::from_secs(3600));
        assert!(clock.now() >= before + Duration::from_secs(3600));
        clock.rewind(Duration::from_secs(7200));
        assert!(clock.now() < before);
    }

    #[test]
    fn a_frozen_one_moves_on_command_alone() {
        let clock = Clock::frozen();
        let before = clock.now();
        clock.advance(Duration::from_secs(30));
        assert_eq!(clock.now(), before + Duration::from_secs(30));
    }

    #[test]
    fn reads_what_it_writes() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        assert_eq!(basic(time), "20150830T123600Z");
        assert_eq!(parse_basic("20150830T123600Z"), Some(time));
    }

    #[test]
    fn refuses_every_other_form_of_a_time() {
        for text in [
            "",
            "2015-08-30T12:36:00Z",
            "20150830T123600",
            "20150830 123600Z",
            "20151330T123600Z",
            "٢٠١٥0830T1236",
        ] {
            assert_eq!(parse_basic(text), None, "{text}");
        }
    }
}
