//! One thing that is wrong, or worth knowing.

use serde::Serialize;

/// What `doctor` says about one thing. The code is stable: scripts match on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    /// One line: lower case, no full stop.
    pub(super) reason: String,
    /// What to type.
    pub(super) command: String,
}

/// How bad it is. Notes leave the exit code alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// Some tool gets no credentials, or others than stsd's.
    Error,
    /// Some tool may.
    Warning,
    /// All works; good to know.
    Note,
}

impl Finding {
    pub(super) fn error(
        code: &'static str,
        reason: impl Into<String>,
        command: impl Into<String>,
    ) -> Self {
        Self::new(code, Severity::Error, reason, command)
    }

    pub(super) fn warning(
        code: &'static str,
        reason: impl Into<String>,
        command: impl Into<String>,
    ) -> Self {
        Self::new(code, Severity::Warning, reason, command)
    }

    pub(super) fn note(
        code: &'static str,
        reason: impl Into<String>,
        command: impl Into<String>,
    ) -> Self {
        Self::new(code, Severity::Note, reason, command)
    }

    fn new(
        code: &'static str,
        severity: Severity,
        reason: impl Into<String>,
        command: impl Into<String>,
    ) -> Self {
        Self { code, severity, reason: reason.into(), command: command.into() }
    }
}
