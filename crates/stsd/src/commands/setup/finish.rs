//! After the changes: the daemon answers, the session is started, AWS says who it is, and doctor has
//! the last word.

use std::thread::sleep;
use std::time::Duration;

use stsd_configuration::device::FIDO_HINT;
use stsd_protocol::control::{
    CallerIdentity, ProfileRequest, STATUS, SessionState, Status, WHOAMI,
};
use stsd_protocol::{Refusal, RefusalCode};

use super::identities::Identity;
use crate::arguments::{SetupArguments, UnlockArguments};
use crate::client::{self, Client};
use crate::commands::service::Installation;
use crate::commands::{doctor, unlock, variables};
use crate::failure::Failure;
use crate::show::{print, printable};
use crate::terminal::Terminal;

/// What is left to do.
pub(super) struct Finish {
    /// The default one first; never empty.
    pub(super) identities: Vec<Identity>,
    /// Whether the daemon is the user's to start.
    pub(super) by_hand: bool,
    /// Whether a start file connects every new shell.
    pub(super) connects_shells: bool,
}

impl Finish {
    pub(super) fn run(
        &self,
        installation: &Installation<'_>,
        arguments: SetupArguments,
    ) -> Result<(), Failure> {
        let status = match answer(if self.by_hand { 1 } else { ATTEMPTS }) {
            Ok(status) => status,
            Err(_) if self.by_hand => {
                let way = printable(&installation.by_hand());
                return print(&format!("next: {way}; then `stsd unlock`\n"));
            }
            Err(refusal) => {
                return Err(refusal.with_hint("see `stsd service logs`").into());
            }
        };
        let unlocked = self.unlock(&status, arguments);
        if matches!(unlocked, Ok(true)) {
            prove()?;
        }
        verdict()?;
        print(&connect_this_shell(self.connects_shells))?;
        unlocked.map(|_| ())
    }

    /// Where nothing was to be changed: a run that ended before its unlock is finished.
    pub(super) fn resume(&self, arguments: SetupArguments) -> Result<(), Failure> {
        let unlocked = match answer(1) {
            Ok(status) => self.unlock(&status, arguments).map(|_| ()),
            Err(_) => Ok(()),
        };
        verdict()?;
        unlocked
    }

    /// Starts the default identity's session; false if that was not possible now.
    fn unlock(&self, status: &Status, arguments: SetupArguments) -> Result<bool, Failure> {
        let Some(identity) = self.identities.first() else { return Ok(false) };
        if let (None, Some(mistake)) = (&identity.mfa_serial, &identity.fido) {
            print(&format!("not unlocked: {}; {FIDO_HINT}\n", printable(mistake)))?;
            return Ok(false);
        }
        // One that was started before the device was known is without MFA.
        let is_unlocked = status.sessions.iter().any(|session| {
            session.source_profile == identity.profile
                && session.mfa_serial == identity.mfa_serial
                && session.state == SessionState::Unlocked
        });
        if is_unlocked || identity.mfa_serial.is_none() {
            return Ok(true);
        }
        if arguments.mfa_token.is_none() && (arguments.yes || Terminal::open().is_none()) {
            print("next: `stsd unlock`, which asks for the token code\n")?;
            return Ok(false);
        }
        let order = UnlockArguments {
            first: None,
            second: None,
            profile: Some(identity.profile.clone()),
            mfa_token: arguments.mfa_token,
            duration: None,
            // A daemon that is not a service has not read the new configuration.
            mfa_serial: identity.mfa_serial.clone(),
            all: false,
            json: false,
        };
        match unlock::run(order) {
            Ok(()) => Ok(true),
            Err(Failure::Refused(refusal)) if refusal.code == RefusalCode::CodeRequired => {
                print("not unlocked; `stsd unlock` asks again\n")?;
                Ok(false)
            }
            Err(Failure::Cancelled { .. }) => {
                print("not unlocked; `stsd unlock` asks again\n")?;
                Err(Failure::Reported(CANCELLED))
            }
            Err(failure) => Err(failure),
        }
    }
}

/// Doctor's last word, for a shell that is started from now on.
fn verdict() -> Result<(), Failure> {
    let Ok(variables) = variables::of(None, false) else { return Ok(()) };
    let verdict = doctor::verdict(&variables);
    let more =
        if verdict.starts_with(WELL) { "" } else { "`stsd doctor` says what to do about it\n" };
    print(&(verdict + more))
}

/// Asks AWS by way of everything that was set up.
fn prove() -> Result<(), Failure> {
    let request = ProfileRequest { profile: None };
    let body = Client::new().patient_order(WHOAMI, &request)?;
    let identity: CallerIdentity = client::read(&body)?;
    print(&format!("AWS says that you are {}\n", printable(&identity.arn)))
}

/// The daemon's own word, as soon as it has one.
fn answer(attempts: u32) -> Result<Status, Refusal> {
    let client = Client::new();
    for _ in 1..attempts {
        match client.question(STATUS) {
            Err(refusal) if refusal.code == RefusalCode::NoDaemon => sleep(PAUSE),
            body => return client::read(&body?),
        }
    }
    client::read(&client.question(STATUS)?)
}

fn connect_this_shell(others_are: bool) -> String {
    let line = evaluated("stsd env");
    match others_are {
        true => format!("new shells are connected; this one by: {line}\n"),
        false => format!("a shell is connected by: {line}\n"),
    }
}

/// How the user's shell takes the variables that this command prints.
pub(super) fn evaluated(command: &str) -> String {
    let shell = std::env::var("SHELL").unwrap_or_default();
    match shell.ends_with("/fish") {
        true => format!("{command} --format fish | source"),
        false => format!("eval \"$({command})\""),
    }
}

/// How doctor begins where there is nothing to do.
const WELL: &str = "all is well";

/// Ten seconds in all, which is longer than the service manager waits.
const ATTEMPTS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);

/// As a shell says it of a command that ctrl-C ended.
const CANCELLED: u8 = 130;
