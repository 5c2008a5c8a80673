//! What the daemon says of itself, without waiting long for it.

use std::time::{Duration, Instant};

use stsd_protocol::control::{
    ENVIRONMENT, Environment, PROBLEMS, ProfileReport, ProfileRequest, ProfileState, STATUS, Status,
};
use stsd_protocol::gateway::Problem;
use stsd_protocol::{Places, Refusal, RefusalCode};

use crate::chains::{Served, Stsd};
use crate::client::{self, Client};

/// The daemon, or why there is nothing to be heard of it.
#[derive(Debug)]
pub(super) enum Daemon {
    Here(Box<Heard>),
    Absent(Refusal),
}

/// What it said.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) status: Status,
    pub(super) problems: Vec<Problem>,
    /// What a request without a profile means; nothing where that profile is not served.
    pub(super) default_profile: Option<String>,
}

impl Daemon {
    /// Asks it. One that hangs is asked once.
    pub(super) fn ask() -> Self {
        match hear() {
            Ok(heard) => Self::Here(Box::new(heard)),
            Err(refusal) => Self::Absent(refusal),
        }
    }

    /// Whether the endpoint's port is its own. One that answers and is not understood may have it.
    pub(super) fn has_port(&self) -> bool {
        match self {
            Self::Here(heard) => heard.status.endpoint.is_some(),
            Self::Absent(refusal) => refusal.code != RefusalCode::NoDaemon,
        }
    }

    pub(super) fn heard(&self) -> Option<&Heard> {
        match self {
            Self::Here(heard) => Some(heard),
            Self::Absent(_) => None,
        }
    }

    /// For the chains. Without a daemon the recorded port tells which endpoint is meant.
    pub(super) fn stsd(&self, places: Option<&Places>, default_profile: &str) -> Stsd {
        let recorded = || {
            let text = std::fs::read_to_string(places?.port()).ok()?;
            text.trim().parse().ok()
        };
        match self {
            Self::Absent(refusal) => Stsd {
                port: recorded(),
                silent: Some(refusal.message.clone()),
                default_profile: Some(default_profile.to_owned()),
                profiles: vec![],
            },
            Self::Here(heard) => Stsd {
                port: heard.status.endpoint.as_deref().and_then(port).or_else(recorded),
                silent: None,
                default_profile: heard.default_profile.clone().or(Some(default_profile.to_owned())),
                profiles: heard.status.profiles.iter().map(served).collect(),
            },
        }
    }
}

fn hear() -> Result<Heard, Refusal> {
    let client = Client::new();
    let start = Instant::now();
    let status: Status = client::read(&client.quick_question(STATUS, PATIENCE)?)?;
    let left = || PATIENCE.saturating_sub(start.elapsed()).max(Duration::from_millis(100));
    let problems = client::read(&client.quick_question(PROBLEMS, left())?)?;
    let default = client.order::<Environment>(ENVIRONMENT, &ProfileRequest::default(), left());
    let default_profile = default.ok().map(|environment| environment.profile);
    Ok(Heard { status, problems, default_profile })
}

fn served(report: &ProfileReport) -> Served {
    let said = || report.last_error.as_ref().map(|refusal| refusal.message.clone());
    let refusal = match report.state {
        ProfileState::Cold | ProfileState::Fetching | ProfileState::Ready => None,
        ProfileState::Locked => Some("stsd is locked".to_owned()),
        ProfileState::Denied => Some(said().unwrap_or_else(|| "STS denied it".to_owned())),
        ProfileState::Unavailable => {
            Some(said().unwrap_or_else(|| "STS cannot be reached".to_owned()))
        }
        ProfileState::Unsupported => {
            Some(said().unwrap_or_else(|| "stsd does not serve it".to_owned()))
        }
        ProfileState::Invalid => Some(said().unwrap_or_else(|| "it has a mistake".to_owned())),
    };
    Served { name: report.profile.clone(), path: report.path.clone(), refusal }
}

fn port(address: &str) -> Option<u16> {
    address.rsplit_once(':')?.1.parse().ok()
}

/// The daemon answers all this from memory; a person waits for `doctor`.
const PATIENCE: Duration = Duration::from_millis(1500);
