//! A state for the tests of the doors that answers by the profile's name, and a client that knows
//! no HTTP: it sends bytes and compares bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use stsd_protocol::control::{
    CallerIdentity, Challenge, ChallengeRequest, CreateTokenRequest, CreatedToken, Environment,
    ExecToken, Locked, ProfileReport, Restart, RevokeTokensRequest, RevokedTokens, SessionReport,
    SessionState, Sockets, Status, TokenReport, UnlockRequest, Unlocked,
};
use stsd_protocol::gateway::Problem;
use stsd_protocol::{Confinements, Refusal, RefusalCode, Timestamp};
use stsd_secret::Secret;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::caller::{Caller, Socket};
use crate::service::{Served, Service};

/// Who is admitted everywhere.
pub(crate) const CALLER: Caller = Caller { uid: 1001, socket: Socket::Process(4711), cgroup: None };

/// AWS's documented example.
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// Profiles: `prod` and the default are served, `held` waits for [`FakeService::release`], `broken` too,
/// and panics then, `bare` has neither account nor role, and every other name is the code of its refusal.
#[derive(Debug)]
pub(crate) struct FakeService {
    gate: Semaphore,
    pub(crate) asked: AtomicUsize,
    pub(crate) unlocked: AtomicUsize,
    /// How many refusals of tools were told of.
    pub(crate) told: AtomicUsize,
}

impl FakeService {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            gate: Semaphore::new(0),
            asked: AtomicUsize::new(0),
            unlocked: AtomicUsize::new(0),
            told: AtomicUsize::new(0),
        })
    }

    /// Lets so many held requests go on.
    pub(crate) fn release(&self, count: usize) {
        self.gate.add_permits(count);
    }

    async fn hold(&self) {
        self.gate.acquire().await.expect("it is never closed").forget();
    }
}

impl Service for FakeService {
    async fn credentials(&self, profile: Option<&str>) -> Result<Served, Refusal> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let refuse = |code, message: &str| Err(Refusal::new(code, message));
        match profile {
            None | Some("prod") => Ok(served()),
            Some("bare") => Ok(Served { account_id: None, role_arn: None, ..served() }),
            Some("held") => {
                self.hold().await;
                Ok(served())
            }
            Some("broken") => {
                self.hold().await;
                panic!("a defect")
            }
            Some("locked") => refuse(RefusalCode::Locked, "stsd is locked"),
            Some("denied") => refuse(
                RefusalCode::Denied,
                "STS denied profile denied: AccessDenied: User: alice\r\nSet-Cookie: é is not authorized",
            ),
            Some("pending") => refuse(RefusalCode::Pending, "STS has not answered yet"),
            Some("unavailable") => refuse(RefusalCode::Unavailable, "STS cannot be reached"),
            Some(_) => refuse(RefusalCode::UnknownProfile, "there is no such profile"),
        }
    }

    fn default_profile(&self) -> String {
        "prod".to_owned()
    }

    fn tool_was_refused(&self, _: Option<&str>, _: &Refusal) {
        self.told.fetch_add(1, Ordering::SeqCst);
    }

    fn status(&self) -> Status {
        Status {
            version: "0".to_owned(),
            pid: 1,
            endpoint: None,
            authorization_token_file: String::new(),
            config_view: String::new(),
            sockets: Sockets { control: String::new(), credentials: String::new() },
            clock_offset_seconds: 0,
            default_profile: "default".to_owned(),
            restart: Restart::default(),
            confinement: Confinements::default(),
            sessions: Vec::new(),
            profiles: Vec::new(),
        }
    }

    fn problems(&self) -> Vec<Problem> {
        Vec::new()
    }

    fn challenge(&self, request: ChallengeRequest) -> Result<Vec<Challenge>, Refusal> {
        Ok(vec![Challenge {
            identity: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            source_profile: request.profile.unwrap_or_else(|| "default".to_owned()),
            account_id: None,
            mfa_serial: None,
            mfa_process: false,
            prompt: true,
            resting: None,
        }])
    }

    async fn unlock(&self, request: UnlockRequest) -> Result<Unlocked, Refusal> {
        let code = request.token_code.as_ref().map(Secret::expose);
        if code != Some("123456") {
            return Err(Refusal::new(RefusalCode::WrongCode, "STS did not take the code"));
        }
        if request.profile.as_deref() == Some("held") {
            self.hold().await;
        }
        self.unlocked.fetch_add(1, Ordering::SeqCst);
        Ok(Unlocked { session: session(), profiles: vec!["prod".to_owned()] })
    }

    async fn lock(&self, _: Option<String>) -> Result<Locked, Refusal> {
        let locked = vec!["AKIAIOSFODNN7EXAMPLE".to_owned()];
        Ok(Locked { locked, handed_out_until: None, until_restart: false })
    }

    async fn refresh(&self, _: Option<String>) -> Result<Vec<ProfileReport>, Refusal> {
        Ok(Vec::new())
    }

    async fn whoami(&self, _: Option<String>) -> Result<CallerIdentity, Refusal> {
        Ok(CallerIdentity {
            user_id: "AIDACKCEVSQ6C2EXAMPLE".to_owned(),
            account: "111122223333".to_owned(),
            arn: "arn:aws:iam::111122223333:user/alice".to_owned(),
        })
    }

    fn environment(&self, profile: Option<String>) -> Result<Environment, Refusal> {
        Ok(Environment {
            profile: profile.unwrap_or_else(|| "default".to_owned()),
            credentials_uri: None,
            authorization_token_file: String::new(),
            config_view: String::new(),
            credentials_view: String::new(),
            region: None,
        })
    }

    fn tokens(&self) -> Vec<TokenReport> {
        vec![token()]
    }

    fn create_token(&self, _: CreateTokenRequest) -> Result<CreatedToken, Refusal> {
        let authorization_token = Secret::new("fake-authorization_token");
        Ok(CreatedToken { authorization_token, credentials_uri: None, report: token() })
    }

    fn revoke_tokens(&self, request: RevokeTokensRequest) -> Result<RevokedTokens, Refusal> {
        Ok(RevokedTokens { revoked: request.names.unwrap_or_default() })
    }

    fn exec_token(
        &self,
        profile: Option<String>,
    ) -> Result<(ExecToken, Option<TokenReport>), Refusal> {
        let authorization_token_file = "/state/exec-tokens/prod".to_owned();
        let made = (profile.as_deref() == Some("new")).then(token);
        Ok((ExecToken { name: "exec-prod".to_owned(), authorization_token_file }, made))
    }
}

fn token() -> TokenReport {
    TokenReport {
        name: "ci".to_owned(),
        profiles: Some(vec!["prod".to_owned()]),
        created: None,
        expires: None,
        last_used: None,
    }
}

pub(crate) fn served() -> Served {
    Served {
        access_key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: Secret::new(SECRET),
        session_token: Secret::new("fake/session+token=="),
        expiration: Timestamp::from_unix(1_800_000_000),
        real_expiration: Timestamp::from_unix(1_800_043_200),
        last_updated: Timestamp::from_unix(1_799_996_400),
        account_id: Some("111122223333".to_owned()),
        role_arn: Some("arn:aws:iam::111122223333:role/deploy".to_owned()),
    }
}

fn session() -> SessionReport {
    SessionReport {
        identity: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        source_profile: "default".to_owned(),
        account_id: None,
        mfa_serial: None,
        state: SessionState::Unlocked,
        issued: None,
        expiration: None,
        remaining_seconds: None,
        access_key_id: None,
        last_error: None,
    }
}

/// Sends the bytes and reads until the end; what a reset leaves unread counts as not said.
pub(crate) async fn talk<C: AsyncRead + AsyncWrite + Unpin>(client: C, bytes: &[u8]) -> String {
    let exchange = async move {
        let mut client = client;
        // Who refuses early may have closed already.
        let _ = client.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        String::from_utf8(answer).expect("an answer is text")
    };
    timeout(Duration::from_secs(20), exchange).await.expect("the connection was not closed")
}
