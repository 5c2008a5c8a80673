//! Sessions and profiles as tables, with what went wrong below them.

use std::time::Duration;

use stsd_protocol::control::{ProfileReport, ProfileState, SessionReport, SessionState, Unlocked};
use stsd_protocol::{Refusal, Timestamp};

use crate::show::table::table;
use crate::show::{length, printable, until};

/// One line for each identity, then the reason of each that has one.
pub(crate) fn sessions_table(sessions: &[SessionReport]) -> String {
    let rows: Vec<_> = sessions
        .iter()
        .map(|session| {
            [
                session.source_profile.clone(),
                session_state(session.state).to_owned(),
                session.account_id.clone().unwrap_or_default(),
                session.mfa_serial.clone().unwrap_or_default(),
                end(session.expiration),
                left(session.remaining_seconds),
            ]
        })
        .collect();
    let mut text = table(["SESSION", "STATE", "ACCOUNT", "MFA DEVICE", "ENDS", "LEFT"], &rows);
    for session in sessions {
        text.push_str(&reason(&session.source_profile, session.last_error.as_ref()));
    }
    text
}

/// One line for each profile, then the reason of each that has one. `session_name` says which
/// session an access key id belongs to.
pub(crate) fn profiles_table(
    profiles: &[ProfileReport],
    session_name: impl Fn(&str) -> Option<String>,
) -> String {
    let rows: Vec<_> = profiles
        .iter()
        .map(|profile| {
            let session = profile.session.as_deref();
            [
                profile.profile.clone(),
                profile_state(profile.state).to_owned(),
                session.map(|key| session_name(key).unwrap_or(key.to_owned())).unwrap_or_default(),
                profile.role_arn.clone().unwrap_or_default(),
                profile.region.clone().unwrap_or_default(),
                left(profile.remaining_seconds),
            ]
        })
        .collect();
    let mut text = table(["PROFILE", "STATE", "SESSION", "ROLE", "REGION", "LEFT"], &rows);
    for profile in profiles {
        text.push_str(&reason(&profile.profile, profile.last_error.as_ref()));
    }
    text
}

/// One line for each authorization token.
pub(crate) fn tokens_table(rows: &[[String; 5]]) -> String {
    table(["TOKEN", "PROFILES", "CREATED", "EXPIRES", "LAST USED"], rows)
}

/// What an unlock has brought, until when, and for whom.
pub(crate) fn unlocked(unlocked: &Unlocked) -> String {
    let session = &unlocked.session;
    let account =
        session.account_id.as_ref().map_or(String::new(), |id| format!(" (account {id})"));
    let end = session.expiration.map_or(String::new(), |end| {
        let left = Duration::from_secs(session.remaining_seconds.unwrap_or(0));
        format!(" until {}", until(end, left))
    });
    let what = format!("unlocked {}{account}{end}", session.source_profile);
    let whom = match unlocked.profiles.as_slice() {
        [] => "it feeds no profile".to_owned(),
        [one] => format!("it feeds the profile {one}"),
        several => format!("it feeds the profiles {}", several.join(", ")),
    };
    format!("{}\n{}\n", printable(&what), printable(&whom))
}

/// What is wrong and what to type. The message mostly names its subject; where it does not, the
/// line begins with it.
fn reason(name: &str, error: Option<&Refusal>) -> String {
    error.map_or_else(String::new, |Refusal { message, hint, .. }| {
        let subject = if message.contains(name) { String::new() } else { format!("{name}: ") };
        printable(&format!("{subject}{message}; {hint}")) + "\n"
    })
}

fn end(expiration: Option<Timestamp>) -> String {
    expiration.map(|end| end.to_string()).unwrap_or_default()
}

fn left(seconds: Option<u64>) -> String {
    seconds.map(|seconds| length(Duration::from_secs(seconds))).unwrap_or_default()
}

/// The wire's own words.
fn session_state(state: SessionState) -> &'static str {
    match state {
        SessionState::Locked => "locked",
        SessionState::Unlocking => "unlocking",
        SessionState::Unlocked => "unlocked",
        SessionState::Expiring => "expiring",
        SessionState::Ended => "ended",
        SessionState::Refused => "refused",
    }
}

/// The wire's own words.
fn profile_state(state: ProfileState) -> &'static str {
    match state {
        ProfileState::Cold => "cold",
        ProfileState::Fetching => "fetching",
        ProfileState::Ready => "ready",
        ProfileState::Locked => "locked",
        ProfileState::Denied => "denied",
        ProfileState::Unavailable => "unavailable",
        ProfileState::Unsupported => "unsupported",
        ProfileState::Invalid => "invalid",
    }
}
