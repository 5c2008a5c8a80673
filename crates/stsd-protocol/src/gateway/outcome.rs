//! What came of a request.

use serde::{Deserialize, Serialize};

use super::{Inspection, Plan, TemporaryCredentials};

/// What came of a request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// To `plan`.
    Plan(Plan),
    /// To `unlock` and `assume`.
    Credentials(Issued),
    /// To `whoami`.
    Caller(Caller),
    /// To `inspect`.
    Inspection(Inspection),
    /// To any.
    Failure(Failure),
}

/// New credentials.
#[derive(Debug, Serialize, Deserialize)]
pub struct Issued {
    /// The credentials at the end of the chain.
    pub credentials: TemporaryCredentials,
    /// The IAM user behind the long-term keys, where this request learned it; asking costs no
    /// permission.
    pub user: Option<Caller>,
    /// The ARN of the assumed-role session, for `assume`.
    pub assumed_role_arn: Option<String>,
}

/// What GetCallerIdentity says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// `AIDA…` of a user, `AROA…:session` of a role.
    pub user_id: String,
    /// Twelve digits.
    pub account: String,
    /// Of the user or of the role session.
    pub arn: String,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What the daemon should do about it.
    pub kind: FailureKind,
    /// STS's own error code, or the gateway's (`ConnectError`, `TimeoutError`, `ConfigError`, …).
    pub code: String,
    /// STS's own message, or a sentence. Never a body, never a secret.
    pub message: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// The HTTP status of STS's answer, if there was one.
    pub http_status: Option<u16>,
    /// Whether the token code of an `unlock` reached STS: it is spent then, whatever STS said.
    pub code_sent: bool,
}

/// The code of a failure to start the gateway's program: neither STS nor the network is to blame.
pub const GATEWAY_MISSING: &str = "GatewayMissing";

/// The code of a failure to start it for which a limit of the system is to blame: of descriptors,
/// processes or memory.
pub const GATEWAY_NOT_STARTED: &str = "GatewayNotStarted";

/// The code of an answer that was lost with the gateway's process: neither STS nor the network is to
/// blame.
pub const GATEWAY_LOST: &str = "GatewayLost";

/// The code of a failure to read or to use a file: `ca_bundle`, or one of the user's. It may be there again
/// at the next try, and what a confined process may read was settled when it began: the next try needs
/// another process.
pub const FILE_ERROR: &str = "FileError";

/// The code of a failure of a `credential_process` or an `mfa_process`: neither STS nor the network is
/// to blame, and the message says which program of which profile it was.
pub const PROGRAM_ERROR: &str = "ProgramError";

/// What the id of an identity begins with whose keys a program says: `process:NAME`, which is no
/// access key's id. What it says may be temporary credentials; an `unlock` answers with these.
pub const PROGRAM_IDENTITY: &str = "process:";

/// The kinds of failure, by what follows from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// STS refused: stop, and show it.
    Denied,
    /// STS did not take the token code: stop; the old session stays.
    WrongCode,
    /// STS, or the way to it, is out of order: try again later, and serve what is still good.
    Unavailable,
    /// The user's files say something else than when the daemon planned: plan again.
    Changed,
    /// The user's files, or stsd's settings, cannot be used as they are: show it.
    Configuration,
    /// It cannot be had in this way (keys of the root user): show it.
    Unsupported,
    /// Another version of the daemon asked.
    Version,
}
