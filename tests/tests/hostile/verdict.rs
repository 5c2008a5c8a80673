//! What must come of a case, and whether it did. Whatever else was expected, no answer but that of a
//! good request may hold a credential in any spelling, and no connection may bring two answers.

use std::time::Duration;

use stsd_tests::leaks::Planted;

use crate::doors::Outcome;

/// In the order in which the checks speak; where two things are wrong the first one answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Must {
    /// Not a byte.
    Closed,
    /// 400: it is no HTTP/1.1, or has more than one reading.
    Malformed,
    /// 431.
    TooLarge,
    /// 403 for what its head says.
    Refused,
    /// 400 for bytes behind its end.
    Trailing,
    /// 409: a client of another version, on the control socket.
    OtherVersion,
    /// 405.
    Method,
    /// 404.
    NotFound,
    /// 405, where the path is looked at first: on the control socket.
    ControlMethod,
    /// 401. Who has sent many wrong authorization tokens may be answered late, or not at all.
    Unauthorized,
    /// 403: there is no such profile.
    Unknown,
    /// 400 for what its body says, on the control socket.
    Body,
    /// One answer at most, whether or not it is a good one.
    Once,
    /// Credentials: a positive control.
    Served,
}

impl Must {
    fn status(self) -> Option<&'static str> {
        Some(match self {
            Self::Closed | Self::Once => return None,
            Self::Malformed | Self::Trailing | Self::Body => "400",
            Self::TooLarge => "431",
            Self::Refused | Self::Unknown => "403",
            Self::OtherVersion => "409",
            Self::Method | Self::ControlMethod => "405",
            Self::NotFound => "404",
            Self::Unauthorized => "401",
            Self::Served => "200",
        })
    }

    /// Two faults in one request: both are of the form, or the first check answers.
    pub(crate) fn and(self, other: Self) -> Vec<Self> {
        let form = |must| matches!(must, Self::Malformed | Self::TooLarge);
        if form(self) && form(other) { vec![self, other] } else { vec![self.min(other)] }
    }

    /// Whether there may be no answer because the caller was still sending when it was written.
    fn may_be_cut(self, sent: usize) -> bool {
        self == Self::Unauthorized || sent > UNREAD
    }
}

/// Looks at what came of a request of so many bytes.
pub(crate) fn judge(
    outcome: &Outcome,
    any_of: &[Must],
    sent: usize,
    secrets: &[Planted],
) -> Result<(), String> {
    let answer = outcome.answer.as_slice();
    let text = String::from_utf8_lossy(answer);
    let answers = answers(&text);
    if answers > 1 {
        return Err(format!("{answers} answers"));
    }
    let served = text.starts_with("HTTP/1.1 2");
    let may_be_served = any_of.contains(&Must::Served) || any_of.contains(&Must::Once);
    if !may_be_served {
        if let Some((name, spelling)) = found(secrets, answer) {
            return Err(format!("{name} stands {spelling} in the answer"));
        }
        if served {
            return Err("served".to_owned());
        }
    }
    if any_of.iter().any(|must| is(*must, &text, outcome, sent)) {
        return Ok(());
    }
    let first: String = text.chars().take(120).collect();
    Err(format!("wanted {any_of:?}, saw {first:?} {:?}", outcome.broken))
}

/// How many status lines there are; a refusal's own words name HTTP/1.1 too.
fn answers(text: &str) -> usize {
    let lines = text.match_indices("HTTP/1.1 ").map(|(at, name)| &text[at + name.len()..]);
    lines.filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit())).count()
}

fn is(must: Must, text: &str, outcome: &Outcome, sent: usize) -> bool {
    let hangs = outcome.took > LONGEST;
    if text.is_empty() {
        return !hangs && (matches!(must, Must::Closed | Must::Once) || must.may_be_cut(sent));
    }
    match must.status() {
        None => must == Must::Once && !hangs,
        Some(status) => {
            let whole = outcome.broken.is_none() || must.may_be_cut(sent);
            !hangs && whole && text.starts_with(&format!("HTTP/1.1 {status} "))
        }
    }
}

fn found<'a>(secrets: &'a [Planted], answer: &[u8]) -> Option<(&'a str, &'static str)> {
    secrets.iter().find_map(|secret| Some((secret.name.as_str(), secret.found_in(answer)?)))
}

/// No deadline of the daemon's is longer: 2 s for a head, 2 s more for a body.
const LONGEST: Duration = Duration::from_secs(9);

/// What the daemon reads at most of a request that it has refused, less what its socket may hold.
const UNREAD: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use data_encoding::BASE64;
    use stsd_tests::leaks::Planted;

    use super::{Must, judge};
    use crate::doors::Outcome;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    fn judged(answer: &str, must: Must) -> Result<(), String> {
        let took = Duration::ZERO;
        let outcome = Outcome { answer: answer.as_bytes().to_vec(), broken: None, took };
        judge(&outcome, &[must], 100, &[Planted::new("it", SECRET)])
    }

    #[test]
    fn a_leak_two_answers_another_status_and_a_hang_are_failures() {
        let refused = "HTTP/1.1 403 no\r\n\r\n{}";
        assert!(judged(refused, Must::Refused).is_ok());
        assert!(judged(refused, Must::Malformed).is_err());
        assert!(judged("", Must::Refused).is_err());
        assert!(judged("", Must::Closed).is_ok());
        assert!(judged(refused, Must::Closed).is_err());
        assert!(judged(&format!("{refused}{SECRET}"), Must::Refused).is_err());
        let coded = BASE64.encode(format!("{SECRET} and more").as_bytes());
        assert!(judged(&format!("{refused}{coded}"), Must::Refused).is_err());
        assert!(judged(&format!("{refused}{refused}"), Must::Refused).is_err());
        assert!(judged(&refused.repeat(2), Must::Once).is_err());
        assert!(judged("HTTP/1.1 204 done\r\n\r\n", Must::Unknown).is_err());
    }
}
