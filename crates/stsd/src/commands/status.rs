//! `stsd status`: sessions, profiles, doors and mistakes at a glance. Locked is a state, not an
//! error: it exits 0.

use stsd_protocol::Confinements;
use stsd_protocol::control::{
    PROBLEMS, ProfileReport, ProfileState, Restart, RestartKeeps, STATUS, SessionReport,
    SessionState, Status,
};
use stsd_protocol::gateway::{Problem, Severity};

use crate::arguments::StatusArguments;
use crate::client::{self, Client};
use crate::failure::Failure;
use crate::quote;
use crate::show::{print, print_bytes, printable, profiles_table, sessions_table};

/// `--json` is the daemon's own answer, byte for byte.
pub(crate) fn run(arguments: &StatusArguments) -> Result<(), Failure> {
    let client = Client::new();
    let mut body = client.question(STATUS)?;
    let status: Status = client::read(&body)?;
    if arguments.json {
        body.push(b'\n');
        return print_bytes(body);
    }
    let problems: Vec<Problem> = client::read(&client.question(PROBLEMS)?)?;
    print(&text(&status, &problems))
}

/// The name by which a person knows a session: the profile that holds its keys.
pub(crate) fn session_name(sessions: &[SessionReport], key: &str) -> Option<String> {
    let session = sessions.iter().find(|session| session.identity == key)?;
    Some(session.source_profile.clone())
}

fn text(status: &Status, problems: &[Problem]) -> String {
    let endpoint = match &status.endpoint {
        Some(address) => printable(address),
        None => "no endpoint: its port is taken by another program".to_owned(),
    };
    let mut parts = vec![
        format!("stsd-daemon {}, pid {}, {endpoint}\n", printable(&status.version), status.pid)
            + &restart(&status.restart)
            + &confinement(&status.confinement),
    ];
    if status.sessions.is_empty() {
        parts.push("no long-term access key in the AWS configuration\n".to_owned());
    } else {
        parts.push(sessions_table(&status.sessions) + &remarks(status));
    }
    if !status.profiles.is_empty() {
        // What is wrong with an invalid one stands among the mistakes, with its line.
        let mut profiles = status.profiles.clone();
        let invalid = |profile: &&mut ProfileReport| profile.state == ProfileState::Invalid;
        profiles.iter_mut().filter(invalid).for_each(|profile| profile.last_error = None);
        let name = |key: &str| session_name(&status.sessions, key);
        parts.push(profiles_table(&profiles, name));
    }
    if !problems.is_empty() {
        parts.push(problems.iter().map(problem).collect());
    }
    parts.join("\n")
}

/// What a crash, a restart or an upgrade would cost.
fn restart(restart: &Restart) -> String {
    match (restart.sessions, &restart.reason) {
        (RestartKeeps::Kept, _) => "the sessions outlive a restart\n".to_owned(),
        (RestartKeeps::Lost, None) => "a restart ends the sessions\n".to_owned(),
        (RestartKeeps::Lost, Some(reason)) => {
            format!("a restart ends the sessions: {}\n", printable(reason))
        }
    }
}

/// As both processes found it in force.
fn confinement(found: &Confinements) -> String {
    let gateway = found.gateway.map(|gateway| format!("; gateway {gateway}")).unwrap_or_default();
    format!("confinement: daemon {}{gateway}\n", found.daemon)
}

/// What can be done about a session as it is.
fn remarks(status: &Status) -> String {
    status.sessions.iter().filter_map(|session| remark(session, status)).collect()
}

fn remark(session: &SessionReport, status: &Status) -> Option<String> {
    let name = printable(&session.source_profile);
    match session.state {
        // AWS's rule, and the reason why IAM calls fail for people without a device.
        SessionState::Unlocked if session.mfa_serial.is_none() => {
            Some(format!("{name}: a session without MFA; AWS refuses it every IAM call\n"))
        }
        // What tools are told, and half of them keep to themselves.
        SessionState::Locked | SessionState::Ended if session.last_error.is_none() => {
            let default = status.profiles.iter().find(|p| p.profile == status.default_profile);
            let is_default = default.and_then(|p| p.session.as_ref()) == Some(&session.identity);
            Some(match is_default {
                true => "stsd is locked; run `stsd unlock`\n".to_owned(),
                false => format!("{name} is locked; run `stsd unlock {}`\n", word(&name)),
            })
        }
        _ => None,
    }
}

/// A profile's name as a shell takes it.
fn word(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@+".contains(c);
    if name.chars().all(plain) { name.to_owned() } else { quote::sh(name) }
}

fn problem(problem: &Problem) -> String {
    let Problem { file, line, profile, key, severity, message } = problem;
    let line = line.map_or(String::new(), |line| format!(":{line}"));
    let severity = match severity {
        Severity::Error => "error",
        Severity::Notice => "notice",
    };
    let subject: Vec<_> = [
        profile.as_ref().map(|name| format!("profile {name}")),
        key.as_ref().map(ToString::to_string),
    ]
    .into_iter()
    .flatten()
    .collect();
    let subject =
        if subject.is_empty() { String::new() } else { format!("{}: ", subject.join(", ")) };
    printable(&format!("{file}{line}: {severity}: {subject}{message}")) + "\n"
}
