//! The daemon as its doors see it: reads the owner's snapshots, sends it commands, and waits.

use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::control::{
    CallerIdentity, Challenge, ChallengeRequest, CreateTokenRequest, CreatedToken, Environment,
    ExecToken, Locked, ProfileReport, ProfileState, RevokeTokensRequest, RevokedTokens, Sockets,
    Status, TokenReport, UnlockRequest, Unlocked,
};
use stsd_protocol::gateway::{Base, Operation, Outcome, Problem, Settings, WhoamiRequest};
use stsd_protocol::{Confinements, Places, Refusal, RefusalCode, VERSION, path_form};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout_at};

use crate::audit::Audit;
use crate::authorization::Authorization;
use crate::clock::Clock;
use crate::endpoint_port::EndpointPort;
use crate::gateway::Gateway;
use crate::notices::Bell;
use crate::owner::{Asked, Command};
use crate::service::{Served, Service};
use crate::state::{Answer, Held, Table, other_refusal};
use crate::survival::Outlook;

/// The one implementation of [`Service`].
#[derive(Debug)]
pub struct Daemon<C, G> {
    /// The daemon's time.
    pub clock: C,
    /// For `whoami`, which changes nothing in the state.
    pub gateway: Arc<G>,
    /// For the gateway.
    pub settings: Settings,
    /// The owner's ear.
    pub commands: mpsc::UnboundedSender<Command>,
    /// The owner's word.
    pub snapshots: watch::Receiver<Arc<Table>>,
    /// Where everything is.
    pub places: Places,
    /// The endpoint's port.
    pub port: Arc<EndpointPort>,
    /// What restarts do to the sessions.
    pub outlook: Arc<Outlook>,
    /// For what a tool is refused, and its user may never read.
    pub bell: Bell,
    /// Every authorization token.
    pub authorization: Arc<Authorization>,
    /// For what keeps it from being written.
    pub audit: Audit,
}

impl<C: Clock, G: Gateway> Daemon<C, G> {
    /// Credentials for a profile, waiting for STS if need be.
    async fn held(&self, profile: Option<&str>) -> Result<Arc<Held>, Refusal> {
        let deadline = Instant::now() + HOLD;
        let mut snapshots = self.snapshots.clone();
        loop {
            let table = Arc::clone(&snapshots.borrow_and_update());
            match table.answer(profile, self.clock.now()) {
                // The owner looks at the clocks with each command.
                Answer::Ready(held) if table.in_doubt(&held, self.clock.now()) => {
                    self.send(Command::Want(
                        table.profiles[table.find(profile)?].planned.name.clone(),
                    ))?;
                }
                Answer::Ready(held) => {
                    self.note_use(&table, profile)?;
                    return Ok(held);
                }
                Answer::Refuse(refusal) => return Err(refusal),
                Answer::Cold => {
                    let name = table.profiles[table.find(profile)?].planned.name.clone();
                    self.send(Command::Want(name))?;
                }
                Answer::Fetching => {}
            }
            drop(table);
            match timeout_at(deadline, snapshots.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(stopping()),
                Err(_) => {
                    let message = "STS has been asked and has not answered yet";
                    return Err(Refusal::new(RefusalCode::Pending, message));
                }
            }
        }
    }

    /// A profile that is served for the first time since it was unlocked is in use from then on.
    fn note_use(&self, table: &Table, profile: Option<&str>) -> Result<(), Refusal> {
        let found = &table.profiles[table.find(profile)?];
        if found.in_use { Ok(()) } else { self.send(Command::Want(found.planned.name.clone())) }
    }

    fn send(&self, command: Command) -> Result<(), Refusal> {
        self.commands.send(command).map_err(|_| stopping())
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, Refusal>>) -> Command,
    ) -> Result<T, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.send(command(reply))?;
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Waits for the end of each of these calls. Not for a moment without any: during an outage
    /// there is always some profile that is being tried again.
    async fn settled(&self, calls: &[Asked]) -> Result<Arc<Table>, Refusal> {
        let mut snapshots = self.snapshots.clone();
        let goes_on = |table: &Table, asked: &Asked| {
            let Ok(place) = table.find(Some(&asked.profile)) else { return false };
            let profile = &table.profiles[place];
            match (asked.call, profile.asking) {
                (Some(call), asking) => asking == Some(call),
                // Its session has come, for which it waited.
                (None, Some(_)) => !profile.hops().is_empty(),
                (None, None) => table.session_of(profile).is_some_and(|session| {
                    session.asking && (profile.hops().is_empty() || session.comes_first())
                }),
            }
        };
        let asking = |table: &Arc<Table>| calls.iter().any(|asked| goes_on(table, asked));
        let table = snapshots.wait_for(|table| !asking(table)).await.map_err(|_| stopping())?;
        Ok(Arc::clone(&table))
    }
}

impl<C: Clock, G: Gateway> Service for Daemon<C, G> {
    async fn credentials(&self, profile: Option<&str>) -> Result<Served, Refusal> {
        let (held, now) = (self.held(profile).await?, self.clock.now());
        let most = self.snapshots.borrow().served_for(&held, now);
        Ok(held.serve_for(most, now))
    }

    fn default_profile(&self) -> String {
        self.snapshots.borrow().default_profile.to_string()
    }

    fn tool_was_refused(&self, profile: Option<&str>, refusal: &Refusal) {
        self.bell.ring(profile, refusal);
    }

    fn status(&self) -> Status {
        let now = self.clock.now();
        let table = Arc::clone(&self.snapshots.borrow());
        let text = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
        Status {
            version: VERSION.to_owned(),
            pid: std::process::id(),
            endpoint: self.port.port().map(|port| format!("http://127.0.0.1:{port}")),
            authorization_token_file: text(self.places.authorization_token()),
            config_view: text(self.places.config_view()),
            sockets: Sockets {
                control: text(self.places.control_socket()),
                credentials: text(self.places.credentials_socket()),
            },
            clock_offset_seconds: table.clock_offset(now),
            default_profile: table.default_profile.to_string(),
            restart: self.outlook.restart(),
            confinement: Confinements {
                daemon: stsd_confinement::in_force(),
                gateway: table.gateway_confinement,
            },
            sessions: table.session_reports(now),
            profiles: table.profile_reports(now),
        }
    }

    fn problems(&self) -> Vec<Problem> {
        let (table, now) = (Arc::clone(&self.snapshots.borrow()), self.clock.now());
        let locked = !table.sessions.iter().any(|session| session.held(now).is_some());
        let restart = self.outlook.problem().filter(|_| locked);
        let tokens = self.authorization.problems();
        let ours = restart
            .into_iter()
            .chain(self.port.problems())
            .chain(tokens)
            .chain(self.audit.problems());
        ours.chain(table.problems()).collect()
    }

    fn challenge(&self, request: ChallengeRequest) -> Result<Vec<Challenge>, Refusal> {
        let challenges = self.snapshots.borrow().challenge(&request, self.clock.now())?;
        let by_person = |one: &&Challenge| one.mfa_serial.is_some() && !one.mfa_process;
        for asked in challenges.iter().filter(by_person).filter(|one| one.resting.is_none()) {
            self.bell.a_person_is_asked(&asked.identity);
        }
        Ok(challenges)
    }

    async fn unlock(&self, request: UnlockRequest) -> Result<Unlocked, Refusal> {
        self.ask(|reply| Command::Unlock(Box::new(request), reply)).await
    }

    async fn lock(&self, profile: Option<String>) -> Result<Locked, Refusal> {
        self.ask(|reply| Command::Lock(profile, reply)).await
    }

    async fn refresh(&self, profile: Option<String>) -> Result<Vec<ProfileReport>, Refusal> {
        let calls = self.ask(|reply| Command::Refresh(profile, reply)).await?;
        let table = self.settled(&calls).await?;
        let now = self.clock.now();
        let mut reports = table.profile_reports(now);
        reports.retain(|report| calls.iter().any(|asked| asked.profile == report.profile));
        Ok(reports)
    }

    async fn whoami(&self, profile: Option<String>) -> Result<CallerIdentity, Refusal> {
        // A copy for the call alone: what is held may be forgotten before the answer comes.
        let base = Base::Temporary(self.held(profile.as_deref()).await?.credentials().clone());
        let (target, clock_offset) = {
            let table = self.snapshots.borrow();
            let found = &table.profiles[table.find(profile.as_deref())?];
            let offset = table.clock_offset_at(&found.planned.target, self.clock.now());
            (found.planned.target.clone(), offset)
        };
        let request = WhoamiRequest { base, target, clock_offset };
        let call = self.gateway.call(Operation::Whoami(request), self.settings.clone());
        match call.await.outcome {
            Outcome::Caller(caller) => Ok(CallerIdentity {
                user_id: caller.user_id,
                account: caller.account,
                arn: caller.arn,
            }),
            Outcome::Failure(failure) => Err(other_refusal(&failure)),
            Outcome::Credentials(_) | Outcome::Plan(_) | Outcome::Inspection(_) => {
                Err(Refusal::new(RefusalCode::Internal, "the gateway answered out of turn"))
            }
        }
    }

    fn environment(&self, profile: Option<String>) -> Result<Environment, Refusal> {
        let table = self.snapshots.borrow();
        let found = &table.profiles[table.find(profile.as_deref())?];
        let report = found.report(table.session_of(found), self.clock.now());
        if let (ProfileState::Unsupported | ProfileState::Invalid, Some(refusal)) =
            (report.state, report.last_error)
        {
            return Err(refusal);
        }
        let text = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
        Ok(Environment {
            credentials_uri: self
                .port
                .port()
                .map(|port| format!("http://127.0.0.1:{port}/creds/{}", report.path)),
            profile: report.profile,
            authorization_token_file: text(self.places.authorization_token()),
            config_view: text(self.places.config_view()),
            credentials_view: text(self.places.credentials_view()),
            region: report.region,
        })
    }

    fn tokens(&self) -> Vec<TokenReport> {
        self.authorization.reports()
    }

    fn create_token(&self, request: CreateTokenRequest) -> Result<CreatedToken, Refusal> {
        let CreateTokenRequest { name, profiles, expires_seconds } = request;
        let path = {
            let table = self.snapshots.borrow();
            for profile in profiles.iter().flatten() {
                table.find(Some(profile))?;
            }
            match profiles.as_deref() {
                Some([]) => {
                    let message = "an authorization token for no profile opens nothing";
                    return Err(Refusal::new(RefusalCode::BadRequest, message));
                }
                // Without a name it would be the default profile's, which need not be among them.
                Some([profile, ..]) => format!("/creds/{}", path_form(profile)),
                None => "/creds".to_owned(),
            }
        };
        let length = expires_seconds.map(Duration::from_secs);
        let (authorization_token, report) = self.authorization.create(name, profiles, length)?;
        let port = self.port.port();
        let credentials_uri = port.map(|port| format!("http://127.0.0.1:{port}{path}"));
        Ok(CreatedToken { authorization_token, credentials_uri, report })
    }

    fn revoke_tokens(&self, request: RevokeTokensRequest) -> Result<RevokedTokens, Refusal> {
        let revoked = self.authorization.revoke(request.names)?;
        Ok(RevokedTokens { revoked })
    }

    fn exec_token(
        &self,
        profile: Option<String>,
    ) -> Result<(ExecToken, Option<TokenReport>), Refusal> {
        let profile = {
            let table = self.snapshots.borrow();
            table.profiles[table.find(profile.as_deref())?].planned.name.clone()
        };
        let (name, made) = self.authorization.for_exec(&profile)?;
        let file = self.places.exec_token(&path_form(&profile));
        let authorization_token_file = file.to_string_lossy().into_owned();
        Ok((ExecToken { name, authorization_token_file }, made))
    }
}

fn stopping() -> Refusal {
    Refusal::new(RefusalCode::Pending, "the daemon is stopping").with_hint("start it again")
}

/// How long a request for something cold is held. SDKs that are less patient hang up and come back;
/// an error that comes earlier is final in several of them.
const HOLD: Duration = Duration::from_millis(4500);
