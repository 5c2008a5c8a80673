//! What the daemon asks the gateway, and what comes back. The gateway keeps nothing between two
//! requests, so each one carries all that it needs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stsd_secret::Secret;

use crate::Timestamp;

/// One request. Several may be under way at once; the reply carries the same `id`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The daemon's version; another one than the gateway's own is refused.
    pub v: String,
    /// Chosen by the daemon, unique within one gateway process.
    pub id: u64,
    /// Where files and endpoints are, from stsd's own configuration.
    pub settings: Settings,
    /// What to do.
    pub op: Operation,
}

/// The answer to the request with the same `id`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Response {
    /// The gateway's version.
    pub v: String,
    /// The request's.
    pub id: u64,
    /// What came of it.
    pub outcome: Outcome,
    /// The `Date` of the last answer that STS gave in this request: the daemon measures the local
    /// clock's skew by it.
    pub sts_date: Option<Timestamp>,
}

/// What stsd's own configuration says that concerns the gateway. Absolute paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Instead of `~/.aws/config`.
    pub aws_config_file: Option<String>,
    /// Instead of `~/.aws/credentials`.
    pub aws_credentials_file: Option<String>,
    /// The STS endpoint of every profile that names none itself.
    pub sts_endpoint: Option<String>,
    /// A PEM file with the roots to trust, instead of the system's.
    pub ca_bundle: Option<String>,
    /// The HTTP proxy on the way to STS.
    pub proxy: Option<String>,
    /// The profiles whose `credential_process` and `mfa_process` may be run.
    #[serde(default)]
    pub allow_programs: Vec<String>,
    /// The environment of those programs, besides `HOME`.
    #[serde(default)]
    pub program_environment: Vec<(String, String)>,
    /// What stsd's own configuration says of a profile; goes before what the user's files say.
    #[serde(default)]
    pub profiles: BTreeMap<String, ProfileSettings>,
}

/// `[profiles.NAME]` of stsd's own configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileSettings {
    /// The device, instead of the one in the user's files.
    pub mfa_serial: Option<String>,
}

/// What the gateway can do. No `Debug` output of it shows a secret: every secret has the type.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Read the user's files.
    Plan(PlanRequest),
    /// GetSessionToken.
    Unlock(UnlockRequest),
    /// AssumeRole, down a chain.
    Assume(AssumeRequest),
    /// GetCallerIdentity.
    Whoami(WhoamiRequest),
    /// Say what stands in a pair of files, whether stsd could serve it or not.
    Inspect(InspectRequest),
}

/// Asks for the profiles, their chains, every mistake, and the text of the view.
#[derive(Debug, Serialize, Deserialize)]
pub struct PlanRequest {
    /// The absolute path of the `stsd` program, for the view's `credential_process` lines.
    pub client_program: String,
}

/// Asks for the session of one identity.
#[derive(Debug, Serialize, Deserialize)]
pub struct UnlockRequest {
    /// Whose keys to sign with.
    pub keys: LongTermKeys,
    /// Which STS to ask.
    pub target: StsTarget,
    /// The device and its code; without it, the session has no MFA.
    pub mfa: Option<Mfa>,
    /// 900 to 129,600.
    pub duration_seconds: u32,
    /// Added to the local clock, in seconds, before a request is signed.
    pub clock_offset: i64,
}

/// An MFA device and the code that it shows.
#[derive(Debug, Serialize, Deserialize)]
pub struct Mfa {
    /// The ARN of a virtual device, or the number printed on a hardware one.
    pub serial_number: String,
    /// Six digits; `None` if the profile's `mfa_process`, which must be allowed, is to say them.
    #[serde(serialize_with = "Secret::expose_optional_to_wire", default)]
    pub token_code: Option<Secret>,
}

/// Asks for the credentials at the end of a chain of roles.
#[derive(Debug, Serialize, Deserialize)]
pub struct AssumeRequest {
    /// Who assumes the first role.
    pub base: Base,
    /// The roles, each assumed with the credentials of the one before. Never empty.
    pub hops: Vec<Hop>,
    /// Added to the local clock, in seconds, before a request is signed.
    pub clock_offset: i64,
}

/// Asks STS who it takes us for.
#[derive(Debug, Serialize, Deserialize)]
pub struct WhoamiRequest {
    /// Whose credentials to sign with.
    pub base: Base,
    /// Which STS to ask.
    pub target: StsTarget,
    /// Added to the local clock, in seconds, before a request is signed.
    pub clock_offset: i64,
}

/// Asks what stands in the files that a tool would read.
#[derive(Debug, Serialize, Deserialize)]
pub struct InspectRequest {
    /// Absolute; `None` is `~/.aws/config`.
    pub config_file: Option<String>,
    /// Absolute; `None` is `~/.aws/credentials`.
    pub credentials_file: Option<String>,
}

/// Where a call's credentials come from.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// The user's own keys, read from the user's files.
    LongTerm(LongTermKeys),
    /// Credentials that the daemon holds.
    Temporary(TemporaryCredentials),
}

/// Keys that only the gateway reads, or that a program tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongTermKeys {
    /// The profile that holds them.
    pub source_profile: String,
    /// The access key id that the profile had when the daemon planned. If it has another by now,
    /// the answer is [`FailureKind::Changed`], and no call is made. Where an allowed
    /// `credential_process` says the keys: [`PROGRAM_IDENTITY`] and the profile's name.
    pub identity: String,
}

/// What STS gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TemporaryCredentials {
    /// `ASIA…`; not secret.
    pub access_key_id: String,
    /// Secret.
    #[serde(serialize_with = "Secret::expose_to_wire")]
    pub secret_access_key: Secret,
    /// Secret.
    #[serde(serialize_with = "Secret::expose_to_wire")]
    pub session_token: Secret,
    /// The end that STS gave them, by STS's clock.
    pub expiration: Timestamp,
}

/// One AssumeRole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// The role.
    pub role_arn: String,
    /// As the trust policy wants it.
    pub external_id: Option<String>,
    /// Without one, the IAM user's name: the gateway asks GetCallerIdentity for it where the
    /// request does not bring it.
    pub role_session_name: Option<String>,
    /// As the profile has it. The gateway asks for an hour at most wherever STS would refuse more
    /// (role chaining).
    pub duration_seconds: Option<u32>,
    /// Which STS to ask.
    pub target: StsTarget,
}

/// Which STS a call goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StsTarget {
    /// The region whose endpoint is called and for which the request is signed.
    pub region: String,
    /// The profile's own endpoint (`endpoint_url`, `services`); goes before [`Settings::sts_endpoint`].
    pub endpoint_url: Option<String>,
    /// The profile's own `ca_bundle`; goes before [`Settings::ca_bundle`].
    pub ca_bundle: Option<String>,
    /// `use_fips_endpoint`.
    #[serde(default)]
    pub use_fips: bool,
    /// `use_dualstack_endpoint`.
    #[serde(default)]
    pub use_dual_stack: bool,
}

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

/// The user's files, understood. Never holds a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Every profile of both files, in the order of the files.
    pub profiles: Vec<PlannedProfile>,
    /// Every long-term access key that some profile leads to.
    pub identities: Vec<PlannedIdentity>,
    /// Every mistake, and every setting that has no effect.
    pub problems: Vec<Problem>,
    /// The text of the view; see README.md, "How a profile reaches a tool".
    pub view: String,
}

/// One long-term access key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedIdentity {
    /// The key's id and the profile that holds it (`default` where several do).
    pub keys: LongTermKeys,
    /// The account, where the device's ARN says it.
    pub account_id: Option<String>,
    /// The device; without one the identity needs no person.
    pub mfa_serial: Option<String>,
    /// Whether an allowed `mfa_process` can say the device's code.
    #[serde(default)]
    pub mfa_process: bool,
    /// Which STS gives its session.
    pub target: StsTarget,
}

/// One profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedProfile {
    /// As the user wrote it.
    pub name: String,
    /// As it stands in paths: [`crate::path_form`].
    pub path: String,
    /// What it takes to serve it.
    pub source: ProfileSource,
    /// The profile's own region, for the caller's environment.
    pub region: Option<String>,
    /// The account of its role, or of the identity's device.
    pub account_id: Option<String>,
    /// Which STS answers `whoami` for it.
    pub target: StsTarget,
}

/// What it takes to serve a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileSource {
    /// The identity's own session.
    Session {
        /// The long-term access key id.
        identity: String,
    },
    /// The end of a chain of roles.
    Role {
        /// The long-term access key id that the chain begins with.
        identity: String,
        /// The roles in the order in which they are assumed. Never empty.
        hops: Vec<Hop>,
    },
    /// A kind that stsd does not serve; the view leaves it as it is.
    Unsupported {
        /// A whole sentence, such as "profile dev uses IAM Identity Center (sso_session), which …".
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// A mistake.
    Invalid {
        /// With file, line and key.
        reason: String,
        /// What to do about it.
        hint: String,
    },
}

/// What stands in a pair of files. Never holds a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// The files, config first.
    pub files: Vec<InspectedFile>,
}

/// One file of AWS settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectedFile {
    /// Its absolute path.
    pub file: String,
    /// Why it cannot be read, if it exists and cannot.
    pub unreadable: Option<String>,
    /// Whether it exists.
    pub exists: bool,
    /// Its profiles, in the order of the file; sections of other kinds are left out.
    pub profiles: Vec<InspectedProfile>,
    /// What could not be understood.
    pub problems: Vec<Problem>,
}

/// One profile as one file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectedProfile {
    /// As the user wrote it.
    pub name: String,
    /// Every key with a value, in lower case. The value is `None` wherever it might be secret:
    /// secret access keys, tokens, and programs that are not stsd.
    pub settings: BTreeMap<String, Option<String>>,
}

/// One mistake in the user's files, or one setting without effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// Counted from 1, where a line is to blame.
    pub line: Option<u32>,
    /// The profile, where it is about one.
    pub profile: Option<String>,
    /// The key, where it is about one.
    pub key: Option<String>,
    /// Whether it keeps a profile from being served.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, no value that could be a secret.
    pub message: String,
}

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A profile cannot be served.
    Error,
    /// Something is ignored or clamped.
    Notice,
}
