//! The profiles' names, for completion: the daemon's list if it answers at once, else the view's.

use std::fs;
use std::time::Duration;

use serde::Deserialize;
use stsd_protocol::control::STATUS;

use super::Candidate;
use crate::client::{self, Client};
use crate::{socket, view};

/// Every profile whose name a shell can be shown on one line.
pub(super) fn all() -> Vec<Candidate> {
    let mut found = from_the_daemon().or_else(from_the_view).unwrap_or_default();
    found.retain(|profile| !profile.word.is_empty() && !profile.word.contains(char::is_control));
    found
}

fn from_the_daemon() -> Option<Vec<Candidate>> {
    let body = Client::new().quick_question(STATUS, PATIENCE).ok()?;
    let status: Names = client::read(&body).ok()?;
    let candidate = |profile: Name| Candidate {
        word: profile.profile,
        meaning: profile.role_arn.or(profile.account_id).unwrap_or_default(),
    };
    Some(status.profiles.into_iter().map(candidate).collect())
}

fn from_the_view() -> Option<Vec<Candidate>> {
    let text = fs::read_to_string(socket::places().ok()?.config_view()).ok()?;
    let candidate = |name| Candidate { word: name, meaning: String::new() };
    Some(view::names(&text).into_iter().map(candidate).collect())
}

/// The part of a status that completion needs.
#[derive(Deserialize)]
struct Names {
    profiles: Vec<Name>,
}

#[derive(Deserialize)]
struct Name {
    profile: String,
    role_arn: Option<String>,
    account_id: Option<String>,
}

/// A person has pressed a key and waits.
const PATIENCE: Duration = Duration::from_millis(300);
