//! What the story plays with: emulator, home, daemon, and programs that are run to their end.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use sts_emulator::{CodeError, Emulator, Entry};
use stsd_tests::{ALICE_DEVICE, Daemon, Home, Programs, Ran, config, credentials, get};

use crate::DemoError;

/// All of it goes away with this: the daemon first, then the files under it.
pub(crate) struct Stage {
    pub(crate) daemon: Daemon,
    pub(crate) emulator: Emulator,
    pub(crate) home: Home,
    programs: Programs,
}

/// What went wrong in a step.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StageError {
    #[error("cannot run {0}")]
    Start(String, #[source] std::io::Error),
    #[error("{command} ended with {code} where it should have {}:\n{said}", if *.expected { "worked" } else { "failed" })]
    Ended { command: String, code: i32, expected: bool, said: String },
    #[error("no token code to be had")]
    Code(#[from] CodeError),
    #[error("the refresh that should have come within {} s did not come", WAIT.as_secs())]
    NoRefresh,
}

impl Stage {
    pub(crate) fn set(programs: Programs) -> Result<Self, DemoError> {
        let emulator = Emulator::example().map_err(DemoError::Stage)?;
        let home = Home::new().map_err(DemoError::Stage)?;
        home.write_config(&config(&emulator.url())).map_err(DemoError::Stage)?;
        home.write_credentials(&credentials()).map_err(DemoError::Stage)?;
        let daemon = Daemon::start(&programs, &home, [("", ""); 0])?;
        Ok(Self { daemon, emulator, home, programs })
    }

    /// A token code, as alice's telephone would show it now.
    pub(crate) fn code(&self) -> Result<String, StageError> {
        Ok(self.emulator.code(ALICE_DEVICE)?)
    }

    /// Runs the client, which is to work or not.
    pub(crate) async fn stsd(&self, arguments: &[&str], works: bool) -> Result<Ran, StageError> {
        let mut command = Command::new(self.programs.path("stsd"));
        command.args(arguments).env_clear().envs(self.home.environment());
        expect(works, run(command).await?, || format!("stsd {}", arguments.join(" ")))
    }

    /// What a program must be given, and nothing more: the endpoint, the token file and a region.
    /// The last one is only for this demo.
    pub(crate) fn variables(&self, path: &str) -> Vec<(&'static str, String)> {
        let token = self.home.places().authorization_token();
        vec![
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}{path}", self.daemon.endpoint())),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token.to_string_lossy().into_owned()),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_ENDPOINT_URL_STS", self.emulator.url()),
        ]
    }

    /// Runs a program on the AWS SDK for Rust that asks STS who it is.
    pub(crate) async fn sdk(&self, path: &str, works: bool) -> Result<Ran, StageError> {
        let mut command = Command::new(self.programs.path("rust-client"));
        command.env_clear().envs(self.variables(path));
        expect(works, run(command).await?, || format!("rust-client for {path}"))
    }

    /// What the endpoint answers, as it stands on the wire but for a header or two.
    pub(crate) fn answer(&self, path: &str) -> Result<String, StageError> {
        let fetch = || {
            let authorization = fs::read_to_string(self.home.places().authorization_token())?;
            get(self.daemon.endpoint(), path, Some(&authorization))
        };
        let reply = fetch().map_err(|error| StageError::Start("the endpoint".to_owned(), error))?;
        Ok(format!("HTTP/1.1 {} {}\n{}", reply.status, reply.reason, reply.body))
    }

    /// The access key id that the last GetCallerIdentity was signed with.
    pub(crate) fn last_signer(&self) -> String {
        let mut asked = self.emulator.journal().into_iter().map(|entry| entry.asked);
        let last = asked.rfind(|asked| asked.action == "GetCallerIdentity");
        last.and_then(|asked| asked.access_key_id).unwrap_or_default()
    }

    /// Waits until STS was asked so many times for this role.
    pub(crate) async fn assumed(&self, role_arn: &str, times: usize) -> Result<(), StageError> {
        let enough = |entries: &[Entry]| assumed(entries, role_arn) >= times;
        let waited = tokio::time::timeout(WAIT, self.emulator.journal_when(enough)).await;
        waited.map(drop).map_err(|_| StageError::NoRefresh)
    }
}

/// How often a role was assumed.
pub(crate) fn assumed(entries: &[Entry], role_arn: &str) -> usize {
    let ours = |entry: &&Entry| entry.asked.role_arn.as_deref() == Some(role_arn);
    entries.iter().filter(ours).filter(|entry| entry.status == Some(200)).count()
}

/// Runs it to its end; it goes down with whoever stops waiting for it.
async fn run(mut command: Command) -> Result<Ran, StageError> {
    command.stdin(Stdio::null());
    let name = command.get_program().to_string_lossy().into_owned();
    let output = tokio::process::Command::from(command).kill_on_drop(true).output().await;
    output.map(Ran::from).map_err(|error| StageError::Start(name, error))
}

fn expect(works: bool, ran: Ran, command: impl Fn() -> String) -> Result<Ran, StageError> {
    if (ran.code == 0) == works {
        return Ok(ran);
    }
    let said = ran.stdout + &ran.stderr;
    Err(StageError::Ended { command: command(), code: ran.code, expected: works, said })
}

const WAIT: Duration = Duration::from_secs(20);
