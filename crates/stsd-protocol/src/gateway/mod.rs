//! What the daemon asks the gateway, and what comes back. The gateway keeps nothing between two
//! requests, so each one carries all that it needs.

mod inspection;
mod outcome;
mod plan;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stsd_secret::Secret;

pub use inspection::{InspectedFile, InspectedProfile, Inspection};
pub use outcome::{
    Caller, FILE_ERROR, Failure, FailureKind, GATEWAY_LOST, GATEWAY_MISSING, GATEWAY_NOT_STARTED,
    Issued, Outcome, PROGRAM_ERROR, PROGRAM_IDENTITY,
};
pub use plan::{Plan, PlannedIdentity, PlannedProfile, Problem, ProfileSource, Severity};

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
