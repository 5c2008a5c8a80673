//! The line that is written of whatever programs, profiles and roles are called, and whatever stands in the
//! place of a name.

use std::sync::Arc;

use stsd_protocol::audit::{Event, LONGEST, Reason, Record, bounded};
use stsd_protocol::gateway::{Plan, PlannedProfile, ProfileSource, StsTarget};
use stsd_protocol::{RefusalCode, Timestamp, path_form};
use stsd_secret::Secret;
use tokio::sync::watch;

use super::log_file::LogFile;
use super::note::{Asked, Note, Seen, What};
use super::queue::Queue;
use super::writer::Writer;
use crate::caller::{Caller, Socket};
use crate::service::Served;
use crate::state::{Options, Remembered, State, Table};

/// Reads the bytes as names, with a byte that no text has between them; the first byte chooses what
/// happened.
pub fn audit(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    // Who is called like a secret is shown by that name.
    let tells = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    if tells(SECRET) || tells(SESSION) {
        return;
    }
    let names: Vec<String> = bytes
        .split(|byte| *byte == 0xff)
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .chain(std::iter::repeat_with(String::new))
        .take(9)
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let [stat, cgroup, program, profile, key, account, role, token, wrong] = names[..] else {
        return;
    };
    let (_sender, snapshots) = watch::channel(Arc::new(table(profile)));
    // Nothing is written: the lines are looked at.
    let file = LogFile::new("/nonexistent".into(), 0);
    let mut writer = Writer::new(Arc::new(Queue::default()), file, snapshots);
    writer.callers.found_to_be(CALLER, [stat, cgroup, program]);
    let served = served([key, account, role]);
    let done = Event::TokenCreated { expiration: Some(END) };
    let code = RefusalCode::UnsupportedProfile;
    let what = match choice % 4 {
        0 => What::Served(&served),
        1 => What::Refused { request: Some("/v1/credentials"), code },
        2 => What::TurnedAway { reason: Reason::WrongTokens, uid: None },
        _ => What::Done { event: &done, code: Some(code) },
    };
    for name in [profile, wrong] {
        let is_short = bounded(name, 256) == name;
        let is_known = is_short && [profile, &path_form(profile)].contains(&name);
        let record = record(&mut writer, Asked::Named(name), token, what);
        assert_eq!(record.profile.is_some(), is_known, "{name:?} of {profile:?}");
        line(&record);
    }
    line(&record(&mut writer, Asked::Default, token, what));
}

/// Of the longest that its numbers can be.
fn record(writer: &mut Writer, profile: Asked<'_>, token: &str, what: What<'_>) -> Record {
    let (caller, authorization_token) = (Some(&CALLER), Some(token));
    let seen = Seen { door: "creds.sock", caller, authorization_token, profile, what };
    writer.record(&Note { count: u64::MAX, until: Some(END), ..seen.note(END) })
}

const CALLER: Caller = Caller { uid: u32::MAX, socket: Socket::Process(u32::MAX), cgroup: None };
const END: Timestamp = Timestamp::from_unix(u64::MAX);
const SECRET: &str = "fake-secret-access-key";
const SESSION: &str = "fake-session-token";

/// One line, and no longer than it may be; it says what it is to say, and no secret.
fn line(record: &Record) {
    let line = serde_json::to_string(record).expect("a record has a JSON form");
    assert!(line.len() < LONGEST, "{} bytes: {line}", line.len() + 1);
    assert!(!line.bytes().any(|byte| byte < b' '), "{line:?}");
    assert_eq!(serde_json::from_str::<Record>(&line).ok().as_ref(), Some(record));
    assert!(!line.contains(SECRET) && !line.contains(SESSION), "{line}");
}

fn served([key, account, role]: [&str; 3]) -> Served {
    Served {
        access_key_id: key.to_owned(),
        secret_access_key: Secret::new(SECRET),
        session_token: Secret::new(SESSION),
        expiration: END,
        real_expiration: END,
        last_updated: END,
        account_id: Some(account.to_owned()),
        role_arn: Some(role.to_owned()),
    }
}

/// With this profile.
fn table(name: &str) -> Table {
    let options = Options {
        default_profile: name.to_owned(),
        prompt: false,
        session_duration: std::time::Duration::from_secs(3600),
        settings: stsd_protocol::gateway::Settings::default(),
        seed: 1,
    };
    let mut state = State::new(Remembered::default(), options);
    let source = ProfileSource::Session { identity: "AKIAIOSFODNN7EXAMPLE".to_owned() };
    let profile = PlannedProfile {
        name: name.to_owned(),
        path: path_form(name),
        source,
        region: None,
        account_id: None,
        target: StsTarget::default(),
    };
    state.replan(Plan { profiles: vec![profile], ..Plan::default() });
    state.table().clone()
}
