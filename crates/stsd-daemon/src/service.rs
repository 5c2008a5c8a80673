//! What the two wires may ask of the state: the seam between HTTP and everything behind it.

use std::future::Future;

use stsd_protocol::control::{
    CallerIdentity, Challenge, ChallengeRequest, CreateTokenRequest, CreatedToken, Environment,
    ExecToken, Locked, ProfileReport, RevokeTokensRequest, RevokedTokens, Status, TokenReport,
    UnlockRequest, Unlocked,
};
use stsd_protocol::gateway::Problem;
use stsd_protocol::{Refusal, Timestamp};
use stsd_secret::Secret;

/// The daemon as its doors see it. Profiles are named as the user wrote them or in their path form.
pub trait Service: Send + Sync + 'static {
    /// Credentials for a profile (`None`: the configured default). Waits up to 4.5 s for STS, never
    /// for a person.
    fn credentials(
        &self,
        profile: Option<&str>,
    ) -> impl Future<Output = Result<Served, Refusal>> + Send;

    /// The profile that is meant where none is named.
    fn default_profile(&self) -> String;

    /// A tool was refused a profile, and whoever uses it may never read why.
    fn tool_was_refused(&self, profile: Option<&str>, refusal: &Refusal);

    /// All that there is, without a secret.
    fn status(&self) -> Status;

    /// The mistakes in the user's files.
    fn problems(&self) -> Vec<Problem>;

    /// What an unlock would need.
    fn challenge(&self, request: ChallengeRequest) -> Result<Vec<Challenge>, Refusal>;

    /// Starts a session; the answer comes when STS has given it or refused.
    fn unlock(
        &self,
        request: UnlockRequest,
    ) -> impl Future<Output = Result<Unlocked, Refusal>> + Send;

    /// Forgets the session of a profile's identity, or of all.
    fn lock(&self, profile: Option<String>)
    -> impl Future<Output = Result<Locked, Refusal>> + Send;

    /// Fetches role credentials anew, for one profile or for all in use.
    fn refresh(
        &self,
        profile: Option<String>,
    ) -> impl Future<Output = Result<Vec<ProfileReport>, Refusal>> + Send;

    /// Asks STS who a profile's credentials belong to.
    fn whoami(
        &self,
        profile: Option<String>,
    ) -> impl Future<Output = Result<CallerIdentity, Refusal>> + Send;

    /// What to put into variables for a profile.
    fn environment(&self, profile: Option<String>) -> Result<Environment, Refusal>;

    /// The authorization tokens, without a secret.
    fn tokens(&self) -> Vec<TokenReport>;

    /// Makes an authorization token.
    fn create_token(&self, request: CreateTokenRequest) -> Result<CreatedToken, Refusal>;

    /// Ends authorization tokens.
    fn revoke_tokens(&self, request: RevokeTokensRequest) -> Result<RevokedTokens, Refusal>;

    /// The authorization token for the commands that `stsd exec` starts for a profile; with its report,
    /// where it was made just now.
    fn exec_token(
        &self,
        profile: Option<String>,
    ) -> Result<(ExecToken, Option<TokenReport>), Refusal>;
}

/// Credentials as they are handed out.
#[derive(Clone, Debug)]
pub struct Served {
    /// `ASIA…`.
    pub access_key_id: String,
    /// Secret.
    pub secret_access_key: Secret,
    /// Secret.
    pub session_token: Secret,
    /// Never later than an hour from now, nor than the real end.
    pub expiration: Timestamp,
    /// The end that they have at AWS.
    pub real_expiration: Timestamp,
    /// When STS gave them.
    pub last_updated: Timestamp,
    /// Twelve digits, where known.
    pub account_id: Option<String>,
    /// The role, or the user's ARN for a user's own session, where known.
    pub role_arn: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::panic::catch_unwind;

    use stsd_protocol::control::{ProcessCredentials, UnlockRequest};
    use stsd_protocol::gateway::{Base, TemporaryCredentials};
    use stsd_secret::Secret;

    use crate::wire::testing::{SECRET, served};

    /// What a panic says of a value, as its message has it.
    fn said(value: &(impl Debug + std::panic::RefUnwindSafe)) -> String {
        let panicked = catch_unwind(|| panic!("a defect near {value:?} {value:#?}"));
        *panicked.unwrap_err().downcast().unwrap()
    }

    #[test]
    fn a_panic_that_shows_what_it_holds_shows_no_secret() {
        let served = served();
        let secret = || Secret::new(SECRET);
        let credentials = TemporaryCredentials {
            access_key_id: served.access_key_id.clone(),
            secret_access_key: secret(),
            session_token: secret(),
            expiration: served.expiration,
        };
        let unlock = UnlockRequest { token_code: Some(secret()), ..UnlockRequest::default() };
        let process = ProcessCredentials {
            version: 1,
            access_key_id: served.access_key_id.clone(),
            secret_access_key: secret(),
            session_token: secret(),
            expiration: served.expiration,
            account_id: None,
        };
        let base = Base::Temporary(credentials.clone());
        for text in [said(&served), said(&credentials), said(&unlock), said(&process), said(&base)]
        {
            assert!(text.starts_with("a defect near "));
            assert!(!text.contains(SECRET) && !text.contains("fake/session"), "{text}");
        }
        assert!(said(&SECRET).contains(SECRET), "a secret in a panic would be seen");
    }
}
