//! What a token code looks like, how a person is asked for one, and where one on the command line
//! comes from. Nothing here ever
//! shows what was typed: it may be a password in the wrong window.

use std::io::{self, BufRead};

use stsd_protocol::control::Challenge;
use stsd_secret::Secret;

use crate::failure::Failure;
use crate::show;

/// Reads six digits; spaces are for the eye, as authenticators show them (`123 456`).
pub(crate) fn parse(text: &str) -> Option<Secret> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let fits = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    let code = Secret::new(digits);
    fits.then_some(code)
}

/// The words after `unlock`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words<'a> {
    pub(crate) profile: Option<&'a str>,
    /// As it stands there: `-`, or what should be a code.
    pub(crate) code: Option<String>,
}

/// Tells the profile from the code: six digits, or `-`, are the code even when they stand alone.
pub(crate) fn words<'a>(first: Option<&'a str>, second: Option<&'a str>) -> Words<'a> {
    let is_code = |word: &str| word == FROM_INPUT || parse(word).is_some();
    match (first, second) {
        (Some(first), None) if is_code(first) => {
            Words { profile: None, code: Some(first.to_owned()) }
        }
        // `123 456` without quotes: neither half can be meant alone.
        (Some(first), Some(second)) if !is_code(second) && is_code(&format!("{first}{second}")) => {
            Words { profile: None, code: Some(format!("{first}{second}")) }
        }
        (profile, code) => Words { profile, code: code.map(str::to_owned) },
    }
}

/// The code that was given as text, or on standard input if the text is `-`.
pub(crate) fn given(text: &str) -> Result<Secret, Failure> {
    if text != FROM_INPUT {
        return parse(text).ok_or_else(|| Failure::usage(FORM, HINT));
    }
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .ok()
        .and_then(|_| parse(&line))
        .ok_or_else(|| Failure::usage("the first line of standard input is no token code", HINT))
}

/// Names the device and the account: people have several of both.
pub(crate) fn question(challenge: &Challenge) -> String {
    let device = challenge.mfa_serial.as_deref().unwrap_or_default();
    let account = match &challenge.account_id {
        Some(account) => format!(" (account {account})"),
        None => String::new(),
    };
    show::printable(&format!("Token code for {device}{account}: "))
}

/// What is wrong with a code that does not parse.
pub(crate) const FORM: &str = "a token code has six digits";

const HINT: &str = "type the six digits that the device shows: `stsd unlock 123456`";
const DIGITS: usize = 6;
const FROM_INPUT: &str = "-";

#[cfg(test)]
mod tests {
    use super::{Words, parse, words};

    #[test]
    fn six_digits_are_a_code_with_or_without_spaces() {
        for text in ["123456", "123 456", " 123456\n", "1 2 3 4 5 6"] {
            assert_eq!(parse(text).unwrap().expose(), "123456", "{text}");
        }
        for text in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "-12345", "prod"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn six_digits_alone_are_the_code_and_a_name_alone_is_the_profile() {
        for (first, second, profile, code) in [
            (None, None, None, None),
            (Some("123456"), None, None, Some("123456")),
            (Some("-"), None, None, Some("-")),
            (Some("prod"), None, Some("prod"), None),
            (Some("prod"), Some("123456"), Some("prod"), Some("123456")),
            (Some("654321"), Some("123456"), Some("654321"), Some("123456")),
            (Some("123"), Some("456"), None, Some("123456")),
            (Some("prod"), Some("-"), Some("prod"), Some("-")),
            (Some("prod"), Some("12"), Some("prod"), Some("12")),
        ] {
            let wanted = Words { profile, code: code.map(str::to_owned) };
            assert_eq!(words(first, second), wanted, "{first:?} {second:?}");
        }
    }
}
