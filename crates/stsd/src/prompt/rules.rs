//! Who is asked, and what follows an answer that did not unlock. Pure.

use stsd_protocol::control::Challenge;
use stsd_protocol::{Refusal, RefusalCode};

/// Whether nobody sits at this terminal: continuous integration says so by `CI`.
pub(super) fn is_automation(variable: impl Fn(&str) -> Option<String>) -> bool {
    let no = ["", "0", "false", "no", "off"];
    variable("CI").is_some_and(|value| !no.contains(&value.trim().to_ascii_lowercase().as_str()))
}

/// Whether a person has the code of this identity and wants to be asked. Where a program says the
/// codes there may be no device at hand, and `stsd unlock` runs the program.
pub(super) fn may_be_asked(challenge: &Challenge) -> bool {
    challenge.prompt && challenge.mfa_serial.is_some() && !challenge.mfa_process
}

/// What to do about a code that brought no session.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Ask once more; `refusal` is how it ends if there is no more asking.
    Again { said: String, refusal: Refusal },
    /// Another code would not help.
    Stop(Refusal),
}

/// Tells a code that was mistyped, late or early from everything that the next one cannot cure.
pub(super) fn after(refusal: Refusal, locked: &Refusal) -> After {
    match refusal.code {
        RefusalCode::WrongCode => After::Again { said: refusal.message.clone(), refusal },
        RefusalCode::SpentCode => {
            let said = format!("{}: wait for the next one", refusal.message);
            After::Again { said, refusal }
        }
        // No code was typed, or another unlock is under way; neither has to do with STS.
        RefusalCode::Locked | RefusalCode::Pending => {
            After::Again { said: refusal.message, refusal: locked.clone() }
        }
        _ => After::Stop(refusal),
    }
}

#[cfg(test)]
mod tests {
    use stsd_protocol::control::Challenge;
    use stsd_protocol::{Refusal, RefusalCode};

    use super::{After, after, is_automation, may_be_asked};

    #[test]
    fn ci_is_set_unless_it_says_no() {
        for (value, automation) in [
            (Some("true"), true),
            (Some("1"), true),
            (Some("woodpecker"), true),
            (Some("false"), false),
            (Some("FALSE"), false),
            (Some("0"), false),
            (Some(""), false),
            (None, false),
        ] {
            let variable = |name: &str| value.filter(|_| name == "CI").map(str::to_owned);
            assert_eq!(is_automation(variable), automation, "{value:?}");
        }
    }

    #[test]
    fn asked_is_who_has_a_device_and_no_program_and_did_not_say_no() {
        let challenge = |device: bool, mfa_process, prompt| Challenge {
            identity: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            source_profile: "default".to_owned(),
            account_id: None,
            mfa_serial: device.then(|| "arn:aws:iam::111122223333:mfa/alice".to_owned()),
            mfa_process,
            prompt,
            resting: None,
        };
        assert!(may_be_asked(&challenge(true, false, true)));
        assert!(!may_be_asked(&challenge(false, false, true)));
        assert!(!may_be_asked(&challenge(true, true, true)));
        assert!(!may_be_asked(&challenge(true, false, false)));
    }

    #[test]
    fn only_what_the_next_code_can_cure_is_asked_again() {
        let locked = Refusal::new(RefusalCode::Locked, "stsd is locked");
        let refused = |code| Refusal::new(code, "no");
        for (code, said) in
            [(RefusalCode::WrongCode, "no"), (RefusalCode::SpentCode, "no: wait for the next one")]
        {
            let again = After::Again { said: said.to_owned(), refusal: refused(code) };
            assert_eq!(after(refused(code), &locked), again);
        }
        let again = After::Again { said: "no".to_owned(), refusal: locked.clone() };
        assert_eq!(after(refused(RefusalCode::Pending), &locked), again);
        for code in [RefusalCode::Unavailable, RefusalCode::SlowDown, RefusalCode::OutcomeUnknown] {
            assert_eq!(after(refused(code), &locked), After::Stop(refused(code)));
        }
    }
}
