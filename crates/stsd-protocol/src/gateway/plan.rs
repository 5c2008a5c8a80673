//! What the gateway says of the user's files: what it takes to serve each profile, and every mistake.

use serde::{Deserialize, Serialize};

use super::{Hop, LongTermKeys, StsTarget};
use crate::Confinement;

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
    /// What is in force in the gateway that read them.
    #[serde(default)]
    pub confinement: Option<Confinement>,
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
    /// Where a `credential_process` says the keys: tells one command from another, and says nothing
    /// of it. With another command, the profile's name stands for other keys.
    #[serde(default)]
    pub program: Option<u64>,
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
