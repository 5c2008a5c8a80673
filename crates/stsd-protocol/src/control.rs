//! The control socket's requests and replies: HTTP/1.1 with JSON under `/v1/`. The replies are
//! also what the client's `--json` prints, so their fields are pinned.

use serde::{Deserialize, Serialize};
use stsd_secret::Secret;

use crate::{Confinements, Refusal, Timestamp};

/// Every request and every reply names its sender's [`crate::VERSION`] in this header.
pub const VERSION_HEADER: &str = "stsd-version";

/// `GET`: [`Status`].
pub const STATUS: &str = "/v1/status";
/// `GET`: a list of [`crate::gateway::Problem`].
pub const PROBLEMS: &str = "/v1/problems";
/// `POST` [`ChallengeRequest`]: a list of [`Challenge`].
pub const CHALLENGE: &str = "/v1/challenge";
/// `POST` [`UnlockRequest`]: [`Unlocked`].
pub const UNLOCK: &str = "/v1/unlock";
/// `POST` [`ProfileRequest`]: [`Locked`].
pub const LOCK: &str = "/v1/lock";
/// `POST` [`ProfileRequest`]: a list of [`ProfileReport`], when the new credentials are there.
pub const REFRESH: &str = "/v1/refresh";
/// `POST` [`CredentialsRequest`]: [`ProcessCredentials`].
pub const CREDENTIALS: &str = "/v1/credentials";
/// `POST` [`ProfileRequest`]: [`CallerIdentity`].
pub const WHOAMI: &str = "/v1/whoami";
/// `POST` [`ProfileRequest`]: [`Environment`].
pub const ENVIRONMENT: &str = "/v1/environment";
/// `GET`: a list of [`TokenReport`].
pub const TOKENS: &str = "/v1/tokens";
/// `POST` [`CreateTokenRequest`]: [`CreatedToken`].
pub const CREATE_TOKEN: &str = "/v1/tokens/create";
/// `POST` [`RevokeTokensRequest`]: [`RevokedTokens`].
pub const REVOKE_TOKENS: &str = "/v1/tokens/revoke";
/// `POST` [`ProfileRequest`]: [`ExecToken`].
pub const EXEC_TOKEN: &str = "/v1/tokens/exec";

/// Names a profile, as the user wrote it or in its path form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileRequest {
    /// `None` means everything for lock and refresh, and the configured default profile elsewhere.
    pub profile: Option<String>,
}

/// Asks for a profile's credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialsRequest {
    /// `None` for the configured default.
    pub profile: Option<String>,
    /// Ask for the end that the credentials have at AWS, which may be later than an hour from now.
    /// For who takes them once and does not come back.
    #[serde(default)]
    pub real_expiration: bool,
}

/// Asks what an unlock would need, before anybody is asked for a code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChallengeRequest {
    /// The profile to unlock; `None` for the configured default.
    pub profile: Option<String>,
    /// Every identity instead.
    pub all: bool,
    /// The device to use instead of the configured one.
    pub mfa_serial: Option<String>,
}

/// One identity that can be unlocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The long-term access key id.
    pub identity: String,
    /// The profile that holds it: what to name in [`UnlockRequest::profile`].
    pub source_profile: String,
    /// Twelve digits, where known.
    pub account_id: Option<String>,
    /// The device whose code is needed; `None` if none is.
    pub mfa_serial: Option<String>,
    /// Whether an allowed `mfa_process` says the code where the request brings none.
    #[serde(default)]
    pub mfa_process: bool,
    /// Whether `credential-process` may ask a person for the code (`prompt` of the configuration).
    #[serde(default)]
    pub prompt: bool,
    /// Why no code is taken for the moment, such as after three wrong ones: nobody need type one. Its
    /// hint says until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resting: Option<Refusal>,
}

/// Starts a session.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnlockRequest {
    /// Any profile of the identity; `None` for the configured default.
    pub profile: Option<String>,
    /// Six digits, where a device is to be used.
    #[serde(serialize_with = "Secret::expose_optional_to_wire")]
    pub token_code: Option<Secret>,
    /// 900 to 129,600; `None` for the configured length.
    pub duration_seconds: Option<u32>,
    /// The device to use instead of the configured one.
    pub mfa_serial: Option<String>,
}

/// The reply to [`UNLOCK`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlocked {
    /// What there is now.
    pub session: SessionReport,
    /// The names of the profiles that it feeds.
    pub profiles: Vec<String>,
}

/// The reply to [`LOCK`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// The long-term access key ids that are locked now.
    pub locked: Vec<String>,
    /// The latest end of anything that was handed out: it stays valid at AWS until then.
    pub handed_out_until: Option<Timestamp>,
    /// The lock could not be written down: it holds until the daemon ends, and not in the next one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub until_restart: bool,
}

/// What GetCallerIdentity says, in AWS's own spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CallerIdentity {
    /// `AIDA…` of a user, `AROA…:session` of a role.
    pub user_id: String,
    /// Twelve digits.
    pub account: String,
    /// Of the user or of the role session.
    pub arn: String,
}

/// What a `credential_process` prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessCredentials {
    /// Always the number 1.
    pub version: u8,
    /// `ASIA…`.
    pub access_key_id: String,
    /// Secret.
    #[serde(serialize_with = "Secret::expose_to_wire")]
    pub secret_access_key: Secret,
    /// Secret.
    #[serde(serialize_with = "Secret::expose_to_wire")]
    pub session_token: Secret,
    /// At most an hour from now, so that every SDK comes back within the hour; the real one where the
    /// request wants that.
    pub expiration: Timestamp,
    /// Twelve digits, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account_id: Option<String>,
}

/// What the client puts into variables for one profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The profile's name as the user wrote it.
    pub profile: String,
    /// For `AWS_CONTAINER_CREDENTIALS_FULL_URI`; nothing while the port is not ours.
    pub credentials_uri: Option<String>,
    /// For `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`.
    pub authorization_token_file: String,
    /// For `AWS_CONFIG_FILE`.
    pub config_view: String,
    /// For `AWS_SHARED_CREDENTIALS_FILE`: an empty file.
    pub credentials_view: String,
    /// For `AWS_REGION` and `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
}

/// Makes an authorization token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTokenRequest {
    /// What to call it; `None` for a name after its first profile.
    pub name: Option<String>,
    /// The profiles that it opens; `None` for all, also those to come. That must be said, as `null`.
    #[serde(deserialize_with = "Option::deserialize")]
    pub profiles: Option<Vec<String>>,
    /// How long it lasts; `None` until it is revoked, which must be said too.
    #[serde(deserialize_with = "Option::deserialize")]
    pub expires_seconds: Option<u64>,
}

/// The reply to [`CREATE_TOKEN`], and the only time that the token is shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreatedToken {
    /// Secret.
    #[serde(serialize_with = "Secret::expose_to_wire")]
    pub authorization_token: Secret,
    /// For `AWS_CONTAINER_CREDENTIALS_FULL_URI`: its first profile's, or of a token for all the default
    /// profile's; nothing while the port is not ours.
    pub credentials_uri: Option<String>,
    /// What there is now.
    #[serde(flatten)]
    pub report: TokenReport,
}

/// An authorization token, without the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenReport {
    /// `own` is the user's own.
    pub name: String,
    /// As the user wrote them; `None` is all.
    pub profiles: Option<Vec<String>>,
    /// When it was made; nothing of the user's own.
    pub created: Option<Timestamp>,
    /// When it ends; `None` until it is revoked.
    pub expires: Option<Timestamp>,
    /// When it opened something last, since the daemon's start.
    pub last_used: Option<Timestamp>,
}

/// Ends authorization tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeTokensRequest {
    /// Which; `None` for all but the user's own.
    pub names: Option<Vec<String>>,
}

/// The reply to [`REVOKE_TOKENS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedTokens {
    /// The names of those that open nothing any more.
    pub revoked: Vec<String>,
}

/// The reply to [`EXEC_TOKEN`]: the authorization token for the commands of one profile, made if there
/// was none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecToken {
    /// Its name.
    pub name: String,
    /// For `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`.
    pub authorization_token_file: String,
}

/// All that the daemon has, without a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The daemon's.
    pub version: String,
    /// The daemon's.
    pub pid: u32,
    /// `http://127.0.0.1:PORT`, or nothing while the port is not ours.
    pub endpoint: Option<String>,
    /// Where the user's own authorization token is.
    pub authorization_token_file: String,
    /// Where the view is.
    pub config_view: String,
    /// The Unix sockets.
    pub sockets: Sockets,
    /// What is added to the local clock to get STS's, in seconds, as last measured.
    #[serde(default)]
    pub clock_offset_seconds: i64,
    /// The profile of `/creds`: the configured one, else `default`.
    #[serde(default)]
    pub default_profile: String,
    /// What a restart of the daemon would do to the sessions.
    #[serde(default)]
    pub restart: Restart,
    /// What the daemon and the gateway cannot do any more.
    #[serde(default)]
    pub confinement: Confinements,
    /// One for each identity.
    pub sessions: Vec<SessionReport>,
    /// One for each profile.
    pub profiles: Vec<ProfileReport>,
}

/// What a crash, a restart or an upgrade of the daemon does to the sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restart {
    /// Whether they are there afterwards.
    pub sessions: RestartKeeps,
    /// Why not, if they are not.
    pub reason: Option<String>,
}

/// What becomes of the sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RestartKeeps {
    /// The service manager keeps them for the next daemon.
    Kept,
    /// Each costs a code.
    #[default]
    Lost,
}

/// The paths of the daemon's Unix sockets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sockets {
    /// For the client.
    pub control: String,
    /// The credentials endpoint.
    pub credentials: String,
}

/// One identity and its session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionReport {
    /// The long-term access key id.
    pub identity: String,
    /// The profile that holds it.
    pub source_profile: String,
    /// Twelve digits, where known.
    pub account_id: Option<String>,
    /// The device, where there is one.
    pub mfa_serial: Option<String>,
    /// See [`SessionState`].
    pub state: SessionState,
    /// When STS gave it.
    pub issued: Option<Timestamp>,
    /// When it ends, by STS's clock.
    pub expiration: Option<Timestamp>,
    /// What is left of it.
    pub remaining_seconds: Option<u64>,
    /// The session's own access key id, `ASIA…`.
    pub access_key_id: Option<String>,
    /// The last thing that went wrong, until something goes right.
    pub last_error: Option<Refusal>,
}

/// One profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileReport {
    /// As the user wrote it.
    pub profile: String,
    /// As it stands in `/creds/PATH`.
    pub path: String,
    /// See [`ProfileState`].
    pub state: ProfileState,
    /// The long-term access key id of the identity that feeds it.
    pub session: Option<String>,
    /// The role at the end of its chain.
    pub role_arn: Option<String>,
    /// Twelve digits, where known.
    pub account_id: Option<String>,
    /// The profile's own.
    pub region: Option<String>,
    /// When the credentials that are held end, by STS's clock.
    pub expiration: Option<Timestamp>,
    /// What is left of them.
    pub remaining_seconds: Option<u64>,
    /// The last thing that went wrong, until something goes right.
    pub last_error: Option<Refusal>,
}

/// The states of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionState {
    /// No session; a code, or an `unlock` after an explicit `lock`, is needed.
    Locked,
    /// STS has been asked.
    Unlocking,
    /// There is a session, or the identity needs no person.
    Unlocked,
    /// There is a session that a person must soon renew.
    Expiring,
    /// There was a session, and it reached its end.
    Ended,
    /// STS refused.
    Refused,
}

/// The states of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProfileState {
    /// Nobody has asked for it yet.
    Cold,
    /// STS has been asked, and there is nothing to serve yet.
    Fetching,
    /// There are credentials to serve.
    Ready,
    /// Its identity is locked.
    Locked,
    /// STS refused.
    Denied,
    /// STS cannot be reached, and there is nothing to serve.
    Unavailable,
    /// A kind that stsd does not serve.
    Unsupported,
    /// A mistake in the configuration.
    Invalid,
}
