//! The one table of refusals: what each is called, how HTTP and a shell hear it, and what to type
//! next.

use serde::{Deserialize, Serialize};

/// Why stsd did not do what it was asked. The wire name is stable: scripts match on it.
///
/// None of the names is on an SDK's list of errors to retry (`Throttling`, `RequestTimeout`,
/// `ExpiredToken` and their kin), so that a refusal is final where it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RefusalCode {
    /// No session: a token code is needed first.
    #[serde(rename = "StsdLocked")]
    Locked,
    /// STS said no to a call that was well formed.
    #[serde(rename = "StsdDenied")]
    Denied,
    /// The configuration has no such profile.
    #[serde(rename = "StsdUnknownProfile")]
    UnknownProfile,
    /// The profile is of a kind that stsd does not serve.
    #[serde(rename = "StsdUnsupportedProfile")]
    UnsupportedProfile,
    /// The profile has a mistake in it.
    #[serde(rename = "StsdInvalidProfile")]
    InvalidProfile,
    /// The authorization token is missing or wrong.
    #[serde(rename = "StsdUnauthorized")]
    Unauthorized,
    /// The authorization token is for other profiles.
    #[serde(rename = "StsdOutOfScope")]
    OutOfScope,
    /// The request has a header or a shape that no SDK sends.
    #[serde(rename = "StsdRequestRefused")]
    RequestRefused,
    /// Another method than the path has.
    #[serde(rename = "StsdMethodNotAllowed")]
    MethodNotAllowed,
    /// Not a path of this door.
    #[serde(rename = "StsdNotFound")]
    NotFound,
    /// STS has been asked and has not answered yet.
    #[serde(rename = "StsdPending")]
    Pending,
    /// STS cannot be reached and nothing valid is left.
    #[serde(rename = "StsdUnavailable")]
    Unavailable,
    /// STS did not take the token code.
    #[serde(rename = "StsdWrongCode")]
    WrongCode,
    /// The token code was used before; STS takes each one once.
    #[serde(rename = "StsdSpentCode")]
    SpentCode,
    /// Three wrong token codes in a row.
    #[serde(rename = "StsdSlowDown")]
    SlowDown,
    /// The answer to an unlock was lost on the way, so the token code may be spent.
    #[serde(rename = "StsdOutcomeUnknown")]
    OutcomeUnknown,
    /// A token code is needed and none was given.
    #[serde(rename = "StsdCodeRequired")]
    CodeRequired,
    /// The request to the control socket makes no sense.
    #[serde(rename = "StsdBadRequest")]
    BadRequest,
    /// Client, daemon and gateway are of different versions.
    #[serde(rename = "StsdVersionMismatch")]
    VersionMismatch,
    /// The user's AWS configuration, or stsd's own, cannot be read.
    #[serde(rename = "StsdConfiguration")]
    Configuration,
    /// No daemon answers.
    #[serde(rename = "StsdNoDaemon")]
    NoDaemon,
    /// Something is missing or broken in the installation.
    #[serde(rename = "StsdInternal")]
    Internal,
}

impl RefusalCode {
    /// The HTTP status that carries it. Never one that SDKs retry for a refusal that a repetition
    /// cannot cure: a 404 makes Java hide everything, and 408, 429 and 5xx are tried again for minutes
    /// by some.
    pub const fn http_status(self) -> u16 {
        self.row().0
    }

    /// What the client exits with: the numbers of `sysexits.h`, and 1 for a plain no.
    pub const fn exit_code(self) -> u8 {
        self.row().1
    }

    /// What to do next, where the case at hand has no better advice.
    pub const fn hint(self) -> &'static str {
        self.row().2
    }

    const fn row(self) -> (u16, u8, &'static str) {
        match self {
            Self::Locked => (403, 77, "run `stsd unlock`"),
            Self::Denied => (403, 1, "run `stsd status`"),
            Self::UnknownProfile => (403, 78, "run `stsd profiles`"),
            Self::UnsupportedProfile => (403, 78, "run `stsd profiles`"),
            Self::InvalidProfile => (403, 78, "run `stsd profiles`"),
            Self::Unauthorized => (401, 1, "run `eval \"$(stsd env)\"`"),
            Self::OutOfScope => (403, 1, "run `stsd token list`"),
            Self::RequestRefused => (403, 1, "ask with a plain GET, as the AWS SDKs do"),
            Self::MethodNotAllowed => (405, 1, "use GET"),
            Self::NotFound => (404, 1, "ask for /creds or /creds/PROFILE"),
            Self::Pending => (503, 75, "try again in a second"),
            Self::Unavailable => (503, 75, "run `stsd status`, and try again when STS answers"),
            Self::WrongCode => {
                (403, 1, "check the device and run `stsd unlock` with its next code")
            }
            Self::SpentCode => {
                (403, 1, "wait for the next code, at most 30 seconds, and run `stsd unlock`")
            }
            Self::SlowDown => {
                (403, 75, "check which device the account has, then run `stsd unlock` again")
            }
            Self::OutcomeUnknown => (503, 75, "wait for the next code and run `stsd unlock` again"),
            Self::CodeRequired => (
                400,
                64,
                "give the code: `stsd unlock 123456`, or `-` to read it from standard input",
            ),
            Self::BadRequest => (400, 64, "see `stsd --help`"),
            Self::VersionMismatch => (409, 75, "restart the daemon: `stsd service restart`"),
            Self::Configuration => (403, 78, "correct the file; stsd reads it again by itself"),
            Self::NoDaemon => {
                (503, 69, "start it: `stsd service start`, or `stsd-daemon` in another terminal")
            }
            Self::Internal => (500, 70, "look at the daemon's log"),
        }
    }
}

/// A refusal with its sentence. Never holds a secret: it is shown, logged and sent to anybody with
/// an authorization token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which row of the table.
    pub code: RefusalCode,
    /// What is wrong: lower case, no full stop. Whatever stands before the first `: ` must be
    /// understandable alone.
    pub message: String,
    /// What to type next.
    pub hint: String,
}

impl Refusal {
    /// A refusal with the table's own hint.
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: code.hint().to_owned() }
    }

    /// The same with better advice for the case at hand.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The sentence for an SDK: what is wrong, what to type, then the detail. PHP shows the first
    /// 120 bytes of a body, and delta-rs breaks the text at each `: `, so there is none in it.
    pub fn one_line(&self) -> String {
        let (short, detail) = match self.message.split_once(": ") {
            Some((short, detail)) => (short, format!(" - {}", detail.replace(": ", " "))),
            None => (self.message.as_str(), String::new()),
        };
        format!("{short} - {}{detail}", self.hint.replace(": ", " "))
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, RefusalCode};

    #[test]
    fn locked_reads_as_the_design_has_it() {
        let locked = Refusal::new(RefusalCode::Locked, "stsd is locked");
        assert_eq!(locked.one_line(), "stsd is locked - run `stsd unlock`");
        assert_eq!((locked.code.http_status(), locked.code.exit_code()), (403, 77));
        assert_eq!(serde_json::to_string(&locked.code).unwrap(), "\"StsdLocked\"");
    }

    #[test]
    fn the_command_stands_before_the_detail_and_no_colon_breaks_the_text() {
        let denied = Refusal::new(
            RefusalCode::Denied,
            "STS denied profile prod: AccessDenied: User: alice is not authorized",
        );
        assert_eq!(
            denied.one_line(),
            "STS denied profile prod - run `stsd status` - AccessDenied User alice is not authorized",
        );
    }
}
