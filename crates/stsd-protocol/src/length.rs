//! Lengths of time as a person writes them: `12h`, `90m`, `1h30m`, or plain seconds.

use std::time::Duration;

/// The longest that an authorization token lasts which has an end: a hundred years, 36500 days. A longer
/// one is a slip of the finger, or means never, which has a word of its own; and from any date that a
/// clock shows this side of the year 9899 the end is one that [`crate::Timestamp`] can say.
pub const LONGEST_TOKEN_LIFE: Duration = Duration::from_secs(36_500 * 86_400);

/// Reads `43200`, `12h`, `90m`, `1h30m` or `45s`; a bare number is seconds.
///
/// # Errors
/// If the text is anything else. Whether the length is allowed is for STS's limits to say.
pub fn parse_length(text: &str) -> Result<Duration, LengthError> {
    let error = || LengthError(text.to_owned());
    if let Ok(seconds) = text.parse::<u64>() {
        return if text.starts_with('+') { Err(error()) } else { Ok(Duration::from_secs(seconds)) };
    }
    let mut total = 0_u64;
    let mut rest = text;
    // Each unit once, the larger first.
    for (unit, seconds) in [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)] {
        let Some((number, after)) = rest.split_once(unit) else { continue };
        let all_digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let count = number.parse::<u64>().ok().filter(|_| all_digits).ok_or_else(error)?;
        let length = count.checked_mul(seconds).ok_or_else(error)?;
        total = total.checked_add(length).ok_or_else(error)?;
        rest = after;
    }
    if rest.is_empty() && !text.is_empty() { Ok(Duration::from_secs(total)) } else { Err(error()) }
}

/// The text is not a length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time: write seconds or, for example, 12h, 90m or 1h30m")]
pub struct LengthError(String);

#[cfg(test)]
mod tests {
    use super::parse_length;
    use std::time::Duration;

    #[test]
    fn reads_seconds_and_units() {
        for (text, seconds) in [
            ("900", 900),
            ("12h", 43_200),
            ("90m", 5_400),
            ("1h30m", 5_400),
            ("1d", 86_400),
            ("45s", 45),
        ] {
            assert_eq!(parse_length(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_length() {
        for text in
            ["", "h", "-1", "+5", "1.5h", "12 h", "30m1h", "1h1h", "99999999999999999999h", "x"]
        {
            assert!(parse_length(text).is_err(), "{text}");
        }
    }
}
