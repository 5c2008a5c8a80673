//! Locked: what everybody hears, and that it stays so.

use std::fs;

use stsd_tests::{ALICE, BOB, CI, Fixture, Ran};

#[test]
fn every_door_says_that_it_is_locked_and_what_to_type() {
    let stsd = Fixture::start();
    for words in [&["whoami"][..], &["whoami", "prod"], &["refresh", "prod"]] {
        let said = stsd.stsd(words).failed(77);
        assert_eq!(said, "stsd: error: stsd is locked\nstsd: hint: run `stsd unlock`\n");
    }
    let said = stsd.stsd(&["credential-process", "prod"]).failed(77);
    assert_eq!(said, "stsd is locked - run `stsd unlock`\n");
    let said = stsd.stsd(&["credential-process", "bob"]).failed(77);
    assert_eq!(said, "stsd is locked - run `stsd unlock bob`\n");
    for path in ["/creds", "/creds/prod"] {
        let reply = stsd.get(path);
        assert_eq!(
            (reply.status, reply.reason.as_str()),
            (403, "stsd is locked - run `stsd unlock`")
        );
    }
}

#[test]
fn locked_is_a_state_and_no_error_for_those_who_only_look_or_prepare() {
    let stsd = Fixture::start();
    for words in [&["status"][..], &["profiles"], &["env", "prod"], &["refresh"], &["lock"]] {
        stsd.stsd(words).well();
    }
    stsd.stsd(&["exec", "prod", "--", "/bin/true"]).well();
}

#[test]
fn lock_ends_every_session_and_says_until_when_the_handed_out_stays_valid() {
    let stsd = Fixture::start();
    assert_eq!(stsd.stsd(&["lock", "--json"]).json()["handed_out_until"], serde_json::Value::Null);
    stsd.unlock();
    stsd.stsd(&["unlock", "ci"]).well();
    assert_eq!(stsd.get("/creds/prod").status, 200);
    let end = stsd.profile("prod")["expiration"].clone();
    let locked = stsd.stsd(&["lock", "--json"]).json();
    assert_eq!(locked["locked"], serde_json::json!([ALICE, BOB, CI]));
    assert_eq!(locked["handed_out_until"], end);
    for path in ["/creds", "/creds/prod", "/creds/ci", "/creds/deploy"] {
        assert_eq!(stsd.get(path).status, 403, "{path}");
    }
}

#[test]
fn one_profile_can_be_locked_without_the_others() {
    let stsd = Fixture::start();
    stsd.unlock();
    assert_eq!(stsd.get("/creds/ci").status, 200);
    stsd.stsd(&["lock", "prod"]).well();
    assert_eq!(stsd.session(ALICE)["state"], "locked");
    assert_eq!(stsd.get("/creds/ci").status, 200);
}

#[test]
fn lock_means_everything_whatever_the_shells_profile_is() {
    let stsd = Fixture::start();
    stsd.unlock();
    let mut command = stsd.command(&["lock"]);
    command.env("STSD_PROFILE", "bob");
    Ran::of(command).well();
    assert_eq!(stsd.session(ALICE)["state"], "locked");
}

#[test]
fn a_profile_without_a_device_needs_nobody_until_it_is_locked_by_hand() {
    let mut stsd = Fixture::start();
    for path in ["/creds/ci", "/creds/deploy"] {
        assert_eq!(stsd.get(path).status, 200, "{path}");
    }
    stsd.stsd(&["lock"]).well();
    drop(stsd.take_daemon());
    stsd.start_daemon();
    for path in ["/creds/ci", "/creds/deploy"] {
        let reply = stsd.get(path);
        assert_eq!(
            (reply.status, reply.reason.as_str()),
            (403, "stsd is locked - run `stsd unlock ci`")
        );
    }
    let remembered = fs::read_to_string(stsd.places().locked()).unwrap();
    assert!(remembered.lines().any(|line| line == CI), "{remembered}");
    stsd.stsd(&["unlock", "ci"]).well();
    assert_eq!(stsd.get("/creds/deploy").status, 200);
    let remembered = fs::read_to_string(stsd.places().locked()).unwrap();
    assert!(!remembered.lines().any(|line| line == CI), "{remembered}");
}
