//! A record as a person reads it: one line, and nothing in it that steers a terminal.

use stsd_protocol::audit::{Caller, Event, Reason, Record};
use stsd_protocol::{RefusalCode, Timestamp};

use crate::show::printable;

/// When, what, which profile, who, and what came of it.
pub(super) fn of(record: &Record) -> String {
    let profile = record.profile.as_deref().unwrap_or("-");
    let mut line = format!("{}  {:<12} {profile:<12} ", record.time, name(record));
    line.push_str(&by(record));
    for part in [outcome(record), token(record), times(record)] {
        if !part.is_empty() {
            line.push_str("  ");
            line.push_str(&part);
        }
    }
    printable(&line) + "\n"
}

fn name(record: &Record) -> &'static str {
    match &record.event {
        Event::Credentials { .. } => "credentials",
        Event::RequestRefused { .. } => "refused",
        Event::NotAdmitted { .. } => "not admitted",
        Event::Unlock { .. } => "unlock",
        Event::Lock { .. } => "lock",
        Event::RefreshRequested | Event::Refresh { .. } => "refresh",
        Event::SessionEnded { .. } => "end",
        Event::TokenCreated { .. } => "token",
        Event::TokenRevoked => "token",
        Event::Started { .. } => "start",
        Event::Stopped => "stop",
        Event::RecordsDropped => "missing",
    }
}

/// The program with its process, its unit and its door; `stsd` itself for what nobody asked for.
fn by(record: &Record) -> String {
    let Some(caller) = &record.caller else {
        let door = record.door.as_deref();
        return door.map_or_else(|| "stsd itself".to_owned(), |door| format!("somebody at {door}"));
    };
    let mut text = who(caller, &record.event);
    if let Some(unit) = &caller.unit {
        text.push_str(&format!(" in {unit}"));
    }
    if let Some(door) = &record.door {
        text.push_str(&format!(" at {door}"));
    }
    text
}

fn who(caller: &Caller, event: &Event) -> String {
    if matches!(event, Event::NotAdmitted { .. }) && caller.pid.is_none() {
        return format!("uid {}", caller.uid);
    }
    let one = |program: &Option<String>, pid: u32| match program {
        Some(program) => format!("{program} ({pid})"),
        None => format!("process {pid}"),
    };
    let Some(pid) = caller.pid else { return "a process".to_owned() };
    let process = one(&caller.program, pid);
    match &caller.parent {
        Some(parent) => format!("{process} for {}", one(&parent.program, parent.pid)),
        None => process,
    }
}

fn outcome(record: &Record) -> String {
    let until = |what: &str, end: Option<Timestamp>| {
        end.map_or_else(|| what.to_owned(), |end| format!("{what} until {end}"))
    };
    match (&record.event, record.code) {
        (_, Some(code)) => code_name(code),
        (Event::Credentials { access_key_id, expiration, .. }, _) => {
            until(access_key_id, Some(*expiration))
        }
        (Event::NotAdmitted { reason }, _) => reason_name(*reason).to_owned(),
        (Event::Unlock { identity, expiration }, _) => {
            until(identity.as_deref().unwrap_or(""), *expiration)
        }
        (Event::Lock { identities }, _) => format!("{identities} locked"),
        (Event::Refresh { identity, access_key_id, expiration, error }, _) => {
            let of = identity.as_ref().map(|key| format!("session of {key}: ")).unwrap_or_default();
            match (error, access_key_id) {
                (Some(error), _) => format!("{of}{error}"),
                (None, Some(key)) => until(&format!("{of}{key}"), *expiration),
                (None, None) => of,
            }
        }
        (Event::SessionEnded { identity }, _) => format!("session of {identity}"),
        (Event::TokenCreated { expiration }, _) => until("created", *expiration),
        (Event::TokenRevoked, _) => "revoked".to_owned(),
        (Event::Started { pid, stsd }, _) => format!("{stsd}, process {pid}"),
        (Event::RequestRefused { .. } | Event::RefreshRequested | Event::Stopped, _) => {
            String::new()
        }
        (Event::RecordsDropped, _) => "records that could not be written".to_owned(),
    }
}

/// The user's own goes without saying.
fn token(record: &Record) -> String {
    let named = record.authorization_token.as_deref().filter(|name| *name != "own");
    named.map_or_else(String::new, |name| format!("authorization token {name}"))
}

fn times(record: &Record) -> String {
    match (record.count, record.until) {
        (1, None) => String::new(),
        (count, None) => format!("x{count}"),
        (count, Some(until)) => format!("x{count} until {until}"),
    }
}

fn code_name(code: RefusalCode) -> String {
    format!("{code:?}")
}

fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::OtherUser => "another user",
        Reason::NotLoopback => "not from this machine",
        Reason::Unknown => "its socket is unknown",
        Reason::Closed => "it had closed its socket",
        Reason::WrongTokens => "too many wrong authorization tokens",
        Reason::Unanswered => "the kernel did not say who it was",
    }
}
