//! What the state wants from STS, and what to make of the answers that are not credentials.

use stsd_protocol::gateway::{
    FILE_ERROR, Failure, FailureKind, GATEWAY_LOST, GATEWAY_MISSING, GATEWAY_NOT_STARTED,
    Operation, Outcome, PROGRAM_ERROR, Settings,
};
use stsd_protocol::{Refusal, RefusalCode, Timestamp};

use super::session::{Session, quoted};
use super::sts_clock::Question;

/// One call of the gateway.
#[derive(Debug)]
pub struct Job {
    /// For whom.
    pub kind: JobKind,
    /// What its answer is known by: the session's generation when it was made; a role's calls have
    /// one each.
    pub generation: u64,
    /// When it was made, and for which STS.
    pub asked: Question,
    /// What to ask.
    pub operation: Operation,
    /// With which settings.
    pub settings: Settings,
}

/// For whom a job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// The session of an identity.
    Session {
        /// The long-term access key id.
        identity: String,
        /// The device whose code it carries.
        mfa_serial: Option<String>,
        /// What stands for that code among the spent ones, if a person typed it.
        code_mark: Option<u64>,
    },
    /// The role credentials of a profile.
    Role {
        /// The profile's name.
        profile: String,
    },
    /// Nobody: it asks an STS for the time, with credentials that may have ended.
    Time {
        /// Theirs.
        access_key_id: String,
    },
}

/// Who said the token code of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeFrom {
    /// There was none.
    Nobody,
    /// Somebody who typed it.
    Person,
    /// The profile's `mfa_process`.
    Program,
}

impl JobKind {
    pub(super) fn code_from(&self) -> CodeFrom {
        match self {
            Self::Session { mfa_serial: Some(_), code_mark: Some(_), .. } => CodeFrom::Person,
            Self::Session { mfa_serial: Some(_), code_mark: None, .. } => CodeFrom::Program,
            Self::Session { mfa_serial: None, .. } | Self::Role { .. } | Self::Time { .. } => {
                CodeFrom::Nobody
            }
        }
    }
}

/// A job's end.
#[derive(Debug)]
pub struct Finished {
    /// The job's.
    pub kind: JobKind,
    /// The job's.
    pub generation: u64,
    /// The job's.
    pub asked: Question,
    /// What came of it.
    pub outcome: Outcome,
    /// STS's date, if it answered at all.
    pub sts_date: Option<Timestamp>,
}

/// What is made of credentials that had ended when they came.
pub(super) const ENDED_CREDENTIALS: &str = "EndedCredentials";

/// Says a failed GetSessionToken.
pub(super) fn session_refusal(failure: &Failure, session: &Session) -> Refusal {
    let (unlock, source_profile) = (session.unlock_command(), &session.planned.keys.source_profile);
    let detail = format!("{}: {}", failure.code, failure.message);
    match failure.kind {
        _ if failure.code == PROGRAM_ERROR && session.needs_a_person() => other_refusal(failure)
            .with_hint(format!("run the program by hand to see why, then `{unlock}`")),
        _ if failure.code == FILE_ERROR && session.needs_a_person() => other_refusal(failure)
            .with_hint(format!("correct the file and run `{unlock}` again; no code was sent")),
        _ if failure.code == GATEWAY_LOST && session.needs_a_person() => {
            lost_unlock(failure, &unlock)
        }
        _ if is_of_this_machine(failure) => other_refusal(failure),
        FailureKind::WrongCode => {
            Refusal::new(RefusalCode::WrongCode, "STS did not take the token code")
                .with_hint(format!("check the device and run `{unlock}` with its next code"))
        }
        FailureKind::Unavailable => session_outage(failure, &detail, &unlock),
        FailureKind::Denied if !failure.code_sent => Refusal::new(
            RefusalCode::Denied,
            format!("STS refused the keys of profile {}: {detail}", quoted(source_profile)),
        )
        .with_hint(where_the_keys_are(session)),
        FailureKind::Denied => {
            Refusal::new(RefusalCode::Denied, format!("STS refused the session: {detail}"))
                .with_hint("check the device's serial number and the user's policies")
        }
        _ => other_refusal(failure),
    }
}

/// Says an unlock that was lost with its gateway, or never reached one.
fn lost_unlock(failure: &Failure, unlock: &str) -> Refusal {
    match failure.code_sent {
        true => Refusal::new(
            RefusalCode::OutcomeUnknown,
            format!("{}, and the token code may be spent", failure.message),
        )
        .with_hint(format!("wait for the next code and run `{unlock}` again")),
        false => Refusal::new(
            RefusalCode::Unavailable,
            format!("{}, and no code was sent", failure.message),
        )
        .with_hint(format!("run `{unlock}` again")),
    }
}

/// Says an outage of GetSessionToken: whether the code was sent is what its person must know.
fn session_outage(failure: &Failure, detail: &str, unlock: &str) -> Refusal {
    match (failure.code_sent, says_no(failure)) {
        // No answer after the code was sent, or one that cannot be read: whether there is a session
        // now, nobody knows.
        (true, false) => Refusal::new(
            RefusalCode::OutcomeUnknown,
            format!("STS's answer was lost and the token code may be spent: {detail}"),
        )
        .with_hint(format!("wait for the next code and run `{unlock}` again")),
        // The same code is not sent again, whether STS has looked at it or not.
        (true, true) => {
            Refusal::new(RefusalCode::Unavailable, format!("STS gave no session: {detail}"))
                .with_hint(format!("wait for the next code and run `{unlock}` again"))
        }
        (false, true) => Refusal::new(
            RefusalCode::Unavailable,
            format!("STS does not answer as it should, and no code was sent: {detail}"),
        )
        .with_hint(format!("run `{unlock}` again in a minute")),
        (false, false) => Refusal::new(
            RefusalCode::Unavailable,
            format!("STS cannot be reached, and no code was sent: {detail}"),
        )
        .with_hint(format!("run `{unlock}` again when the network is back")),
    }
}

fn where_the_keys_are(session: &Session) -> String {
    let profile = quoted(&session.planned.keys.source_profile);
    if session.planned.program.is_none() {
        return format!("check the keys of {profile} in ~/.aws/credentials");
    }
    let again = match session.needs_a_person() {
        true => session.unlock_command(),
        false => format!("stsd refresh {profile}"),
    };
    format!("run its credential_process by hand to see why, then `{again}`")
}

/// Whether neither STS nor the network is to blame.
fn is_of_this_machine(failure: &Failure) -> bool {
    [GATEWAY_LOST, GATEWAY_MISSING, GATEWAY_NOT_STARTED, PROGRAM_ERROR]
        .contains(&failure.code.as_str())
}

/// Whether STS has answered, and the answer is known to be of no use.
fn says_no(failure: &Failure) -> bool {
    let ended = failure.code == ENDED_CREDENTIALS;
    ended || failure.http_status.is_some_and(|status| status >= 300)
}

/// Says a failed AssumeRole. `unlock` is the command that renews the session, where the role has
/// worked under the one that there is.
pub(super) fn role_refusal(failure: &Failure, profile: &str, unlock: Option<&str>) -> Refusal {
    let name = quoted(profile);
    let detail = format!("{}: {}", failure.code, failure.message);
    match failure.kind {
        _ if is_of_this_machine(failure) => other_refusal(failure),
        FailureKind::Denied if unlock.is_some() => Refusal::new(
            RefusalCode::Denied,
            format!("STS denied profile {name}, which worked earlier; the MFA may be too old for the role's policy: {detail}"),
        )
        .with_hint(format!("run `{}` to renew it", unlock.unwrap_or_default())),
        FailureKind::Denied | FailureKind::WrongCode => {
            Refusal::new(RefusalCode::Denied, format!("STS denied profile {name}: {detail}"))
                .with_hint(format!("ask for the role's trust policy, then run `stsd refresh {name}`"))
        }
        FailureKind::Unavailable if says_no(failure) => Refusal::new(
            RefusalCode::Unavailable,
            format!("STS gave no credentials for profile {name}: {detail}"),
        )
        .with_hint("run `stsd status` in a minute; stsd asks again by itself"),
        FailureKind::Unavailable => Refusal::new(
            RefusalCode::Unavailable,
            format!("STS cannot be reached for profile {name}: {detail}"),
        ),
        _ => other_refusal(failure),
    }
}

/// Says what neither STS nor the network is to blame for.
pub(crate) fn other_refusal(failure: &Failure) -> Refusal {
    let code = match failure.kind {
        FailureKind::Denied | FailureKind::WrongCode => RefusalCode::Denied,
        FailureKind::Unavailable => RefusalCode::Unavailable,
        FailureKind::Changed | FailureKind::Configuration => RefusalCode::Configuration,
        FailureKind::Unsupported => RefusalCode::UnsupportedProfile,
        FailureKind::Version => RefusalCode::VersionMismatch,
    };
    let refusal = Refusal::new(code, failure.message.clone());
    match failure.code.as_str() {
        GATEWAY_MISSING => {
            refusal.with_hint("put stsd-gateway, of the same version, beside stsd-daemon")
        }
        GATEWAY_NOT_STARTED => refusal
            .with_hint("close what you can spare, or raise the limit; stsd tries again by itself"),
        GATEWAY_LOST => refusal.with_hint(
            "try again; stsd starts another one by itself, and `stsd service logs` says more",
        ),
        PROGRAM_ERROR => {
            refusal.with_hint("run the program by hand to see why, then `stsd refresh`")
        }
        _ => refusal,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use stsd_protocol::RefusalCode;
    use stsd_protocol::gateway::{FILE_ERROR, Failure, FailureKind, GATEWAY_LOST, PROGRAM_ERROR};

    use super::{Session, role_refusal, session_refusal};
    use crate::state::test_plan;

    fn of_the_default_profile() -> Session {
        let identity = Arc::new(test_plan().identities.remove(0));
        Session { is_default: true, ..Session::new(identity, false) }
    }

    #[test]
    fn an_sts_that_throttles_is_not_called_out_of_reach() {
        let mut failure = Failure {
            kind: FailureKind::Unavailable,
            code: "Throttling".to_owned(),
            message: "Rate exceeded".to_owned(),
            retryable: true,
            http_status: Some(400),
            code_sent: false,
        };
        let message = role_refusal(&failure, "prod", None).message;
        assert_eq!(message, "STS gave no credentials for profile prod: Throttling: Rate exceeded");
        failure.http_status = None;
        let message = role_refusal(&failure, "prod", None).message;
        assert!(message.starts_with("STS cannot be reached for profile prod: "), "{message}");
    }

    #[test]
    fn sts_is_not_blamed_for_a_program() {
        let session = Session::new(Arc::new(test_plan().identities.remove(0)), false);
        let mut failure = Failure {
            kind: FailureKind::Unavailable,
            code: PROGRAM_ERROR.to_owned(),
            message: "mfa_process of profile default did not end in time".to_owned(),
            retryable: true,
            http_status: None,
            code_sent: false,
        };
        for (kind, code) in [
            (FailureKind::Unavailable, RefusalCode::Unavailable),
            (FailureKind::Configuration, RefusalCode::Configuration),
        ] {
            failure.kind = kind;
            for refusal in
                [session_refusal(&failure, &session), role_refusal(&failure, "prod", None)]
            {
                assert_eq!((refusal.code, &refusal.message), (code, &failure.message));
                assert!(refusal.hint.starts_with("run the program by hand"), "{}", refusal.hint);
            }
        }
    }

    #[test]
    fn sts_is_not_blamed_for_a_gateway_that_is_lost() {
        let session = of_the_default_profile();
        let lost = |code_sent| Failure {
            kind: FailureKind::Unavailable,
            code: GATEWAY_LOST.to_owned(),
            message: "the gateway stood still and was ended".to_owned(),
            retryable: true,
            http_status: None,
            code_sent,
        };
        let role = role_refusal(&lost(true), "prod", None);
        assert_eq!(role.message, "the gateway stood still and was ended");
        assert!(role.hint.starts_with("try again"), "{}", role.hint);
        for (code_sent, code, says) in [
            (true, RefusalCode::OutcomeUnknown, "and the token code may be spent"),
            (false, RefusalCode::Unavailable, "and no code was sent"),
        ] {
            let refusal = session_refusal(&lost(code_sent), &session);
            assert!(refusal.code == code && refusal.message.ends_with(says), "{refusal:?}");
            assert!(refusal.hint.contains("run `stsd unlock` again"), "{}", refusal.hint);
        }
    }

    #[test]
    fn an_unlock_that_met_a_file_it_cannot_read_says_that_the_code_is_good_still() {
        let session = of_the_default_profile();
        let failure = Failure {
            kind: FailureKind::Configuration,
            code: FILE_ERROR.to_owned(),
            message: "ca_bundle /roots.pem is not there".to_owned(),
            retryable: true,
            http_status: None,
            code_sent: false,
        };
        let refusal = session_refusal(&failure, &session);
        assert_eq!(
            (refusal.code, &refusal.message),
            (RefusalCode::Configuration, &failure.message)
        );
        assert!(refusal.hint.ends_with("run `stsd unlock` again; no code was sent"), "{refusal:?}");
        let role = role_refusal(&failure, "prod", None);
        assert_eq!(role.hint, "correct the file; stsd reads it again by itself");
    }

    #[test]
    fn an_unlock_whose_answer_cannot_be_read_leaves_the_code_in_doubt() {
        let session = Session::new(Arc::new(test_plan().identities.remove(0)), false);
        for (http_status, code_sent, code) in [
            (None, true, RefusalCode::OutcomeUnknown),
            (Some(200), true, RefusalCode::OutcomeUnknown),
            (Some(503), true, RefusalCode::Unavailable),
            (Some(400), true, RefusalCode::Unavailable),
            (None, false, RefusalCode::Unavailable),
        ] {
            let failure = Failure {
                kind: FailureKind::Unavailable,
                code: "ResponseError".to_owned(),
                message: "it cannot be read".to_owned(),
                retryable: true,
                http_status,
                code_sent,
            };
            let refusal = session_refusal(&failure, &session);
            assert_eq!(refusal.code, code, "{http_status:?} {code_sent}");
            let next_code = refusal.hint.starts_with("wait for the next code");
            assert_eq!(next_code, code_sent, "{}", refusal.hint);
        }
    }
}
