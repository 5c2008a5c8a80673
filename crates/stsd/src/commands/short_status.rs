//! `stsd status --short`: a few words for a prompt. A prompt is drawn after every command, so this asks
//! one thing, waits a tenth of a second at most, says nothing on standard error and always succeeds.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use serde::Deserialize;
use stsd_protocol::control::{ProfileState, STATUS, SessionState};
use stsd_protocol::{Refusal, RefusalCode, Timestamp};

use crate::before;
use crate::client::{self, Client};
use crate::clock;
use crate::commands::variables::variable;
use crate::environment::endpoint_path;
use crate::show::{print, printable, short_length};

/// Whether the command line is `stsd status --short`.
pub(crate) fn plain_form(arguments: &[OsString]) -> bool {
    matches!(arguments, [_, command, flag] if command == "status" && flag == "--short")
}

/// The whole command.
pub(crate) fn run() -> ExitCode {
    if let Some(shell) = Shell::find(variable) {
        let text = shell.keys_of_its_own(clock::now()).unwrap_or_else(|| {
            let status = Client::new().quick_question(STATUS, PATIENCE);
            shell.segment(status.and_then(|body| client::read(&body)))
        });
        // Nobody can be told where a prompt cannot be written.
        let _ = print(&(printable(&text) + "\n"));
    }
    ExitCode::SUCCESS
}

/// What a tool in this shell is led to.
struct Shell {
    /// The profile, or what stands for it in the endpoint's address; nothing is the default.
    profile: Option<String>,
    has_keys: bool,
    keys_end: Option<Timestamp>,
}

impl Shell {
    /// Nothing if the shell is not connected. `AWS_PROFILE` comes first, as it does for the tools
    /// themselves: `env` unsets it, so it was set later.
    fn find(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let uri = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
        let path = uri.as_deref().and_then(endpoint_path);
        let own = variable("STSD_PROFILE");
        if own.is_none() && path.is_none() && variable(before::RECORD).is_none() {
            return None;
        }
        let path = path.filter(|path| !path.is_empty()).map(str::to_owned);
        Some(Self {
            profile: variable("AWS_PROFILE").or(own).or(path),
            has_keys: variable("AWS_ACCESS_KEY_ID").is_some(),
            keys_end: variable("AWS_SESSION_EXPIRATION").and_then(|end| end.parse().ok()),
        })
    }

    /// Keys in variables win over stsd in every tool, so they are what the prompt is about.
    fn keys_of_its_own(&self, now: Timestamp) -> Option<String> {
        let end = match self.keys_end {
            None => String::new(),
            Some(end) if end <= now => " ended".to_owned(),
            Some(end) => format!(" {}", short_length(end.since(now))),
        };
        self.has_keys.then(|| format!("{} static{end}", self.name("default")))
    }

    fn segment(&self, status: Result<ShortStatus, Refusal>) -> String {
        let status = match status {
            Ok(status) => status,
            Err(refusal) if refusal.code == RefusalCode::NoDaemon => {
                return format!("{} off", self.name("default"));
            }
            Err(_) => return format!("{} ?", self.name("default")),
        };
        let name = self.name(&status.default_profile);
        let mut profiles = status.profiles.iter();
        let by_name = profiles.clone().find(|profile| profile.profile == name);
        let Some(profile) = by_name.or_else(|| profiles.find(|profile| profile.path == name))
        else {
            return format!("{name} unknown");
        };
        let state = profile.state(&status.sessions);
        format!("{} {state}", profile.profile).trim_end().to_owned()
    }

    fn name<'a>(&'a self, default: &'a str) -> &'a str {
        self.profile.as_deref().unwrap_or(default)
    }
}

/// The part of a status that a prompt needs.
#[derive(Debug, Deserialize)]
struct ShortStatus {
    default_profile: String,
    sessions: Vec<ShortSession>,
    profiles: Vec<ShortProfile>,
}

#[derive(Debug, Deserialize)]
struct ShortSession {
    identity: String,
    mfa_serial: Option<String>,
    state: SessionState,
    remaining_seconds: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct ShortProfile {
    profile: String,
    path: String,
    state: ProfileState,
    session: Option<String>,
    remaining_seconds: Option<u64>,
}

impl ShortProfile {
    fn state(&self, sessions: &[ShortSession]) -> String {
        match self.state {
            ProfileState::Cold | ProfileState::Fetching | ProfileState::Ready => {
                let key = self.session.as_deref();
                let session = sessions.iter().find(|session| Some(&*session.identity) == key);
                session.map_or(String::new(), |session| self.left(session))
            }
            ProfileState::Locked => "locked".to_owned(),
            ProfileState::Denied => "denied".to_owned(),
            ProfileState::Unavailable => "unavailable".to_owned(),
            ProfileState::Unsupported => "not served".to_owned(),
            ProfileState::Invalid => "invalid".to_owned(),
        }
    }

    /// Until a code is needed; roles are renewed without one. An identity without a device needs none.
    fn left(&self, session: &ShortSession) -> String {
        if session.mfa_serial.is_none() {
            return String::new();
        }
        let (mark, left) = match session.state {
            SessionState::Unlocked => ("", session.remaining_seconds),
            SessionState::Expiring => ("! ", session.remaining_seconds),
            // What the session gave goes on for a while without it.
            _ => ("! ", self.remaining_seconds),
        };
        left.map_or(String::new(), |left| {
            format!("{mark}{}", short_length(Duration::from_secs(left)))
        })
    }
}

/// For the whole answer.
const PATIENCE: Duration = Duration::from_millis(80);

#[cfg(test)]
mod tests;
