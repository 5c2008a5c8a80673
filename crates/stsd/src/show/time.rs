//! Moments and lengths as a person reads them. Moments stay in UTC, as AWS, `--json` and the log
//! write them: the length beside it is what people look for, and the local time zone would cost a
//! parser of its files or an unsafe call into libc.

use std::time::Duration;

use stsd_protocol::Timestamp;

/// `11 h 59 min`, `47 min` or `30 s`, to the unit below.
pub(crate) fn length(length: Duration) -> String {
    let seconds = length.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// `11h`, `47m` or `30s`, for a prompt.
pub(crate) fn short_length(length: Duration) -> String {
    match length.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", seconds / 60),
        seconds => format!("{}h", seconds / 3600),
    }
}

/// `2026-01-02T03:04:05Z, in 47 min`; a moment that is over has no second half.
pub(crate) fn until(end: Timestamp, remaining: Duration) -> String {
    if remaining.is_zero() { end.to_string() } else { format!("{end}, in {}", length(remaining)) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use stsd_protocol::Timestamp;

    use super::{length, short_length, until};

    #[test]
    fn lengths_have_the_units_that_matter() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (43_199, "11 h 59 min"),
            (129_600, "36 h"),
        ] {
            assert_eq!(length(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_prompt_has_the_first_unit_alone() {
        for (seconds, text) in
            [(59, "59s"), (60, "1m"), (3_599, "59m"), (3_600, "1h"), (43_199, "11h")]
        {
            assert_eq!(short_length(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_moment_comes_with_what_is_left() {
        let end = Timestamp::from_unix(1_800_000_000);
        assert_eq!(until(end, Duration::from_secs(60)), "2027-01-15T08:00:00Z, in 1 min");
        assert_eq!(until(end, Duration::ZERO), "2027-01-15T08:00:00Z");
    }
}
