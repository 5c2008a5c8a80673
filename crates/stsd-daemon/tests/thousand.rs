//! A thousand role profiles that are all assumed when their user unlocks: what the record costs, which is
//! written whole each time, and what it costs to look a name up. Prints its figures.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant, UNIX_EPOCH};

use nix::sys::memfd::{MFdFlags, memfd_create};
use stsd_daemon::clock::Now;
use stsd_daemon::state::{Finished, Job, Options, Remembered, State};
use stsd_daemon::survival::{SIZE, Survival};
use stsd_protocol::control::UnlockRequest;
use stsd_protocol::gateway::{
    Hop, Issued, LongTermKeys, Outcome, Plan, PlannedIdentity, PlannedProfile, ProfileSource,
    Settings, StsTarget, TemporaryCredentials,
};
use stsd_secret::Secret;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const PROFILES: usize = 1000;

/// So many milliseconds after 2027-01-15T08:00:00Z, a thousand seconds after boot.
fn at(milliseconds: u64) -> Now {
    let elapsed = Duration::from_millis(milliseconds);
    Now {
        wall: UNIX_EPOCH + Duration::from_secs(1_800_000_000) + elapsed,
        boot: Duration::from_secs(1000) + elapsed,
    }
}

fn name(number: usize) -> String {
    format!("customer-{number:04}-administrator")
}

fn plan() -> Plan {
    let role = |number| PlannedProfile {
        name: name(number),
        path: name(number),
        source: ProfileSource::Role {
            identity: KEY.to_owned(),
            hops: vec![Hop {
                role_arn: format!("arn:aws:iam::{number:012}:role/administrator"),
                external_id: None,
                role_session_name: Some("alice".to_owned()),
                duration_seconds: None,
                target: StsTarget { region: "eu-central-1".to_owned(), ..StsTarget::default() },
            }],
        },
        region: Some("eu-central-1".to_owned()),
        account_id: Some(format!("{number:012}")),
        target: StsTarget::default(),
    };
    let identity = PlannedIdentity {
        keys: LongTermKeys { source_profile: name(0), identity: KEY.to_owned() },
        account_id: None,
        mfa_serial: Some("arn:aws:iam::111122223333:mfa/alice".to_owned()),
        mfa_process: false,
        program: None,
        target: StsTarget::default(),
    };
    Plan {
        profiles: (0..PROFILES).map(role).collect(),
        identities: vec![identity],
        ..Plan::default()
    }
}

fn issued(now: Now) -> Outcome {
    let credentials = TemporaryCredentials {
        access_key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        // As long as STS's own are.
        session_token: Secret::new("example-session-token".repeat(20)),
        expiration: now.date().plus(Duration::from_secs(3600)),
    };
    Outcome::Credentials(Issued { credentials, user: None, assumed_role_arn: None })
}

fn finished(job: Job, now: Now) -> Finished {
    let Job { kind, generation, asked, .. } = job;
    Finished { kind, generation, asked, outcome: issued(now), sts_date: Some(now.date()) }
}

/// A state with all profiles in use, and the jobs of its unlock.
fn unlocking() -> (State, Vec<Job>) {
    let options = Options {
        default_profile: name(0),
        prompt: true,
        session_duration: Duration::from_secs(12 * 3600),
        settings: Settings::default(),
        seed: 1,
    };
    let in_use = (0..PROFILES).map(name).collect();
    let mut state = State::new(Remembered { in_use, ..Remembered::default() }, options);
    state.replan(plan());
    let token_code = Some(Secret::new("123456"));
    let request = UnlockRequest { token_code, ..UnlockRequest::default() };
    let job = state.begin_unlock(request, at(0)).expect("it can be unlocked");
    let jobs = state.finish(finished(job, at(0)), at(0)).jobs;
    assert_eq!(jobs.len(), PROFILES);
    (state, jobs)
}

/// A record as systemd would pass it, and a second look at it.
fn survival() -> (Survival, File) {
    let record =
        File::from(memfd_create("stsd-sessions", MFdFlags::MFD_CLOEXEC).expect("a file of memory"));
    record.set_len(SIZE as u64).expect("its length");
    let passed = vec![record.try_clone().expect("another descriptor").into()];
    let (survival, found) = Survival::begin(passed, true, |variable| match variable {
        "NOTIFY_SOCKET" => Some("/nobody/listens".into()),
        "SYSTEMD_EXEC_PID" => Some(std::process::id().to_string().into()),
        _ => None,
    });
    assert!(found.is_none());
    (survival, record)
}

/// How often the record was written, as it says itself.
fn writes(record: &File) -> u64 {
    let slots = [4096, 4096 + (SIZE as u64 - 4096) / 2];
    let sequence = |slot: u64| {
        let mut bytes = [0; 8];
        record.read_exact_at(&mut bytes, slot + 16).expect("the record is there");
        u64::from_le_bytes(bytes)
    };
    slots.into_iter().map(sequence).max().unwrap_or(0)
}

/// Whether the secret that STS gave stands anywhere in the record.
fn stands_in(record: &File) -> bool {
    let mut bytes = vec![0; SIZE];
    record.read_exact_at(&mut bytes, 0).expect("the record is there");
    bytes.windows(12).any(|window| window == b"wJalrXUtnFEM")
}

#[test]
fn a_thousand_roles_at_once_write_the_record_a_few_times() {
    let (mut state, jobs) = unlocking();
    let (mut survival, record) = survival();
    let mut wait = survival.keep(&state, at(0));
    assert_eq!((wait, writes(&record)), (None, 1), "a session waits for nothing");
    let mut took = Duration::ZERO;
    for (number, job) in jobs.into_iter().enumerate() {
        let now = at(number as u64 + 1);
        state.finish(finished(job, now), now);
        let begun = Instant::now();
        wait = survival.keep(&state, now);
        took += begun.elapsed();
    }
    let few = writes(&record) - 1;
    let wait = wait.expect("the last roles wait");
    let end = 1000 + u64::try_from(wait.as_millis()).unwrap() + 1;
    let begun = Instant::now();
    assert_eq!(survival.keep(&state, at(end)), None);
    let one = begun.elapsed();
    assert_eq!(writes(&record), few + 2, "what waited is written");
    assert!(stands_in(&record), "what is held is in the record");
    let figures = format!(
        "{PROFILES} roles, a millisecond apart: the record was written {few} times, in {took:?}; \
         once with all of them takes {one:?}\n"
    );
    std::io::stderr().write_all(figures.as_bytes()).unwrap();
    assert!(wait <= Duration::from_secs(1) && few < 20, "{wait:?} {few}");
    // A lock waits for nothing, and what is held no more stands nowhere.
    state.lock(None, at(end)).unwrap();
    assert_eq!(survival.keep(&state, at(end)), None);
    assert!(!stands_in(&record), "what was held is in the record");
}

#[test]
fn each_of_a_thousand_names_is_found_and_what_it_costs_is_printed() {
    let (state, _) = unlocking();
    let table = state.table();
    let names: Vec<String> = (0..PROFILES).map(name).collect();
    let rounds = 100;
    let begun = Instant::now();
    let mut found = 0;
    for name in names.iter().cycle().take(rounds * PROFILES) {
        found += usize::from(table.knows(std::hint::black_box(name)));
        found += table.find(Some(std::hint::black_box(name))).map_or(0, |_| 1);
    }
    let each = begun.elapsed() / u32::try_from(2 * rounds * PROFILES).unwrap();
    assert_eq!(found, 2 * rounds * PROFILES);
    let begun = Instant::now();
    for _ in 0..rounds {
        std::hint::black_box(table.clone());
    }
    let copy = begun.elapsed() / u32::try_from(rounds).unwrap();
    let begun = Instant::now();
    for name in &names {
        let name = std::hint::black_box(name);
        assert!(table.profiles.iter().any(|profile| profile.planned.name == *name));
    }
    let search = begun.elapsed() / u32::try_from(PROFILES).unwrap();
    let figures = format!(
        "{PROFILES} profiles: a look-up takes {each:?}, one by looking at all {search:?}, a snapshot {copy:?}\n"
    );
    std::io::stderr().write_all(figures.as_bytes()).unwrap();
}
