//! Every way in which the client ends with something else than success: what it says, and the exit
//! code, which is the table's of stsd-protocol wherever the table has one.

use std::borrow::Cow;
use std::io::{self, Write};
use std::process::ExitCode;

use stsd_protocol::{Refusal, RefusalCode};

use crate::show::printable;

/// Why the client did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The daemon said no, or there is none.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// The command line asks for two things at once, or for something that cannot be.
    #[error("{message}")]
    Usage { message: String, hint: Cow<'static, str> },
    /// The person at the terminal pressed ctrl-C.
    #[error("cancelled, {}", if *.after_others { "what was unlocked before stays so" } else { "nothing was changed" })]
    Cancelled { after_others: bool },
    /// Standard output cannot be written. Silent where its reader has merely gone away.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    /// The command of `exec` did not start; the code is a shell's 126 or 127.
    #[error("{message}")]
    NotStarted { message: String, code: u8 },
    /// All that there was to say has been said.
    #[error("reported before")]
    Reported(u8),
}

impl Failure {
    /// A mistake in how stsd was called.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::Usage { message: message.into(), hint: hint.into() }
    }

    /// What the process exits with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(refusal) => refusal.code.exit_code(),
            Self::Usage { .. } => RefusalCode::BadRequest.exit_code(),
            Self::Cancelled { .. } => CANCELLED,
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Output(_) => FAILED,
            Self::NotStarted { code, .. } | Self::Reported(code) => *code,
        }
    }

    /// Says it on standard error, and turns into the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        // If nobody hears it, the exit code still tells.
        let _ = io::stderr().write_all(self.text().as_bytes());
        ExitCode::from(self.exit_code())
    }

    /// What went wrong, and on a second line what to do next.
    pub(crate) fn text(&self) -> String {
        let hint = match self {
            Self::Refused(refusal) => refusal.hint.as_str(),
            Self::Usage { hint, .. } => hint,
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return String::new();
            }
            Self::Reported(_) => return String::new(),
            Self::Cancelled { .. } | Self::Output(_) | Self::NotStarted { .. } => "",
        };
        let mut text = format!("stsd: error: {}\n", printable(&self.to_string()));
        if !hint.is_empty() {
            text.push_str(&format!("stsd: hint: {}\n", printable(hint)));
        }
        text
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Failed, and no row of the table says it better.
const FAILED: u8 = 1;

/// As a shell says it of a command that ctrl-C ended.
const CANCELLED: u8 = 130;

#[cfg(test)]
mod tests {
    use std::io;

    use stsd_protocol::{Refusal, RefusalCode};

    use super::Failure;

    #[test]
    fn says_what_is_wrong_and_then_what_to_type() {
        let failure = Failure::Refused(Refusal::new(RefusalCode::Locked, "stsd is locked"));
        assert_eq!(failure.text(), "stsd: error: stsd is locked\nstsd: hint: run `stsd unlock`\n");
        assert_eq!(failure.exit_code(), 77);
    }

    #[test]
    fn a_reader_that_went_away_is_no_error() {
        let failure = Failure::Output(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((failure.text().as_str(), failure.exit_code()), ("", 0));
    }

    #[test]
    fn a_hostile_message_cannot_steer_the_terminal() {
        let refusal = Refusal::new(RefusalCode::Denied, "no\u{1b}[2J\rstsd: all is well\n");
        let text = Failure::Refused(refusal).text();
        assert!(text.starts_with("stsd: error: no?[2J?stsd: all is well?\n"), "{text}");
    }
}
