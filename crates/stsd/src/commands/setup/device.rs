//! Which MFA device an identity has, where no file says it: by the command line, by a question, or
//! not at all.

use std::convert::Infallible;

use stsd_configuration::device::{FIDO_HINT, fido_mistake, is_serial_number};
use stsd_protocol::{Refusal, RefusalCode};

use super::identities::Identity;
use crate::failure::Failure;
use crate::show::{print, printable};
use crate::terminal::{Answer, Terminal};

/// A device that is to be written, or that there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Device {
    Serial(String),
    None,
    /// Nobody was asked.
    Unknown,
}

/// What the command line says. `none` is an answer too.
///
/// # Errors
/// If it names something from which STS takes no codes.
pub(super) fn given(text: &str) -> Result<Device, Failure> {
    if text.eq_ignore_ascii_case(NONE) {
        return Ok(Device::None);
    }
    match mistake(text) {
        None => Ok(Device::Serial(text.to_owned())),
        Some(mistake) => Err(Failure::usage(mistake, HINT)),
    }
}

/// Asks on the terminal; Enter takes what is likely.
pub(super) fn asked(terminal: &Terminal, identity: &Identity) -> Result<Device, Failure> {
    let likely = identity.likely_device();
    print(&format!("{}\n", introduction(identity)))?;
    let question = match &likely {
        Some(device) => format!("MFA device, or `none` [{}]: ", printable(device)),
        None => "MFA device's ARN, or `none`: ".to_owned(),
    };
    for _ in 0..ATTEMPTS {
        let typed = match ask(terminal, &question)? {
            Answer::Interrupted | Answer::Ended => {
                return Err(Failure::Cancelled { after_others: false });
            }
            Answer::Nothing => likely.clone().unwrap_or_default(),
            Answer::Line(line) => line.trim().to_owned(),
        };
        if typed.eq_ignore_ascii_case(NONE) {
            return Ok(Device::None);
        }
        match mistake(&typed) {
            None => return Ok(Device::Serial(typed)),
            Some(mistake) => print(&format!("{}; {HINT}\n", printable(&mistake)))?,
        }
    }
    Err(Failure::usage("no device was named in three attempts, nothing was changed", HINT))
}

/// A question; what cannot be asked is an error.
pub(super) fn ask(terminal: &Terminal, question: &str) -> Result<Answer<Infallible>, Failure> {
    terminal.ask(question).map_err(|error| {
        let message = format!("the terminal cannot be asked: {error}");
        Refusal::new(RefusalCode::CodeRequired, message).with_hint("add --yes").into()
    })
}

/// Says whose device is missing, or why the one that there is does not count.
pub(super) fn introduction(identity: &Identity) -> String {
    let who = identity.arn.as_ref().map_or(String::new(), |arn| format!(" ({arn})"));
    let what = match &identity.fido {
        Some(mistake) => format!("cannot be unlocked: {mistake}"),
        None => "has no mfa_serial".to_owned(),
    };
    printable(&format!("profile {}{who} {what}", identity.profile))
}

fn mistake(serial: &str) -> Option<String> {
    if let Some(mistake) = fido_mistake(serial) {
        return Some(format!("{mistake}; {FIDO_HINT}"));
    }
    let fits = is_serial_number(serial);
    (!fits).then(|| "that is no device's ARN, and no hardware device's number".to_owned())
}

const NONE: &str = "none";
const ATTEMPTS: u32 = 3;
const HINT: &str =
    "the AWS console shows it as your user's MFA device, and so does `aws iam list-mfa-devices`";

#[cfg(test)]
mod tests {
    use super::{Device, given};

    #[test]
    fn none_is_an_answer_and_a_security_key_is_not() {
        assert_eq!(given("None").unwrap(), Device::None);
        let arn = "arn:aws:iam::111122223333:mfa/alice";
        assert_eq!(given(arn).unwrap(), Device::Serial(arn.to_owned()));
        let key = given("arn:aws:iam::111122223333:u2f/user/alice/key").unwrap_err();
        assert!(key.text().contains("STS takes no security keys"), "{}", key.text());
        assert_eq!(given("alice").unwrap_err().exit_code(), 64);
    }
}
