//! What the profiles that tools take here get from stsd now, and of which sessions.

use std::collections::BTreeSet;
use std::time::Duration;

use stsd_configuration::device::fido_mistake;
use stsd_protocol::RefusalCode;
use stsd_protocol::control::{ProfileReport, ProfileState, SessionReport, SessionState, Status};

use super::typed;
use crate::commands::doctor::facts::Facts;
use crate::commands::doctor::finding::Finding;
use crate::show::length;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let Some(heard) = facts.daemon.heard() else { return vec![] };
    let status = &heard.status;
    let names = wanted(facts);
    let profiles: Vec<&ProfileReport> =
        status.profiles.iter().filter(|report| names.contains(report.profile.as_str())).collect();
    let mut found: Vec<Finding> = profiles.iter().filter_map(|report| of_profile(report)).collect();
    let sessions: Vec<&SessionReport> = status
        .sessions
        .iter()
        .filter(|session| profiles.iter().any(|p| p.session.as_ref() == Some(&session.identity)))
        .collect();
    found.extend(sessions.iter().filter_map(|session| of_session(session)));
    found.extend(devices(status));
    found
}

/// The profiles that tools end at, and the one that they would in a connected shell.
fn wanted(facts: &Facts) -> BTreeSet<&str> {
    let ends = facts.tools.iter().filter(|known| known.verdict.source.is_stsd());
    let mut names: BTreeSet<&str> =
        ends.filter_map(|known| known.verdict.profile.as_deref()).collect();
    if names.is_empty() {
        let shell = &facts.shell;
        let default = shell.filled("STSD_PROFILE").or(shell.stsd.default_profile.as_deref());
        names.extend(shell.asked.as_deref().or(default));
    }
    names
}

fn of_profile(report: &ProfileReport) -> Option<Finding> {
    let name = &report.profile;
    let said = report.last_error.as_ref();
    let message = |plain: &str| said.map_or(plain.to_owned(), |refusal| refusal.message.clone());
    Some(match report.state {
        ProfileState::Cold | ProfileState::Fetching | ProfileState::Ready => return None,
        ProfileState::Locked => {
            let reason = format!("stsd is locked, and gives nothing for profile {name}");
            Finding::error("Locked", reason, typed::unlock(name))
        }
        ProfileState::Denied => {
            let reason = message(&format!("STS denied profile {name}"));
            Finding::error("Denied", reason, format!("stsd refresh {}", typed::word(name)))
        }
        ProfileState::Unavailable => {
            let reason = message(&format!("STS cannot be reached for profile {name}"));
            Finding::error("Unavailable", reason, format!("stsd refresh {}", typed::word(name)))
        }
        ProfileState::Unsupported => {
            let reason = message(&format!("stsd does not serve profile {name}"));
            Finding::error("Unsupported", reason, "stsd profiles")
        }
        ProfileState::Invalid => {
            let reason = message(&format!("profile {name} has a mistake"));
            Finding::error("Invalid", reason, typed::STATUS)
        }
    })
}

fn of_session(session: &SessionReport) -> Option<Finding> {
    let name = &session.source_profile;
    let refused = session.last_error.as_ref();
    if let Some(refusal) = refused.filter(|r| r.code == RefusalCode::UnsupportedProfile) {
        let console = "aws iam create-user --user-name NAME";
        return Some(Finding::error("RootKeys", refusal.message.clone(), console));
    }
    match session.state {
        SessionState::Ended => {
            let reason = format!("the session of {name} has ended");
            Some(Finding::error("Expired", reason, typed::unlock(name)))
        }
        SessionState::Refused => {
            let reason = refused.map_or_else(
                || format!("STS refused the keys of {name}"),
                |refusal| refusal.message.clone(),
            );
            Some(Finding::error("SessionRefused", reason, typed::unlock(name)))
        }
        SessionState::Expiring => {
            let left = Duration::from_secs(session.remaining_seconds.unwrap_or(0));
            let reason = format!("the session of {name} ends in {}", length(left));
            Some(Finding::note("Expiring", reason, typed::unlock(name)))
        }
        _ if session.mfa_serial.is_none() => {
            let reason =
                format!("profile {name} has no mfa_serial: AWS refuses its session every IAM call");
            Some(Finding::note("NoMfa", reason, "stsd setup"))
        }
        _ => None,
    }
}

fn devices(status: &Status) -> Vec<Finding> {
    let of = |session: &SessionReport| fido_mistake(session.mfa_serial.as_deref()?);
    let device = |reason| Finding::error("FidoSerial", reason, "aws login");
    status.sessions.iter().filter_map(of).map(device).collect()
}
