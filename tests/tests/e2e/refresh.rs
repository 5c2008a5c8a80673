//! Renewal ahead of the end, with credentials that live for seconds.

use std::time::Duration;

use sts_emulator::{Entry, Fault};
use stsd_tests::Fixture;

const PROD: &str = "arn:aws:iam::444455556666:role/prod";
const LIFE: Duration = Duration::from_secs(6);

fn assumed(entries: &[Entry], role_arn: &str) -> usize {
    let ours = entries.iter().filter(|entry| entry.asked.role_arn.as_deref() == Some(role_arn));
    ours.filter(|entry| entry.status == Some(200)).count()
}

#[test]
fn role_credentials_are_renewed_ahead_of_their_end_and_nobody_waits() {
    let stsd = Fixture::start();
    stsd.unlock();
    stsd.emulator.fault(Fault::short_lived(LIFE).on("AssumeRole"));
    let first = stsd.get("/creds/prod").json();
    let mut keys = vec![first["AccessKeyId"].clone()];
    for times in 2..=3 {
        stsd.journal_when(|entries| assumed(entries, PROD) == times);
        // The answer reaches the daemon a moment after the journal.
        let next = stsd.until(
            |stsd| stsd.get("/creds/prod"),
            |reply| reply.status != 200 || Some(&reply.json()["AccessKeyId"]) != keys.last(),
        );
        assert_eq!(next.status, 200);
        keys.push(next.json()["AccessKeyId"].clone());
    }
    let journal = stsd.emulator.journal();
    let times: Vec<_> = journal
        .iter()
        .filter(|e| e.asked.role_arn.as_deref() == Some(PROD))
        .map(|e| e.time)
        .collect();
    for pair in times.windows(2) {
        let apart = pair[1].duration_since(pair[0]).unwrap();
        assert!(apart < LIFE, "renewed after {apart:?}, which is after the end");
        assert!(apart > LIFE / 3, "renewed after {apart:?}, which is too early");
    }
    assert_eq!(stsd.asked("GetSessionToken"), 1);
}

#[test]
fn a_refresh_by_hand_brings_new_credentials_from_the_same_session() {
    let stsd = Fixture::start();
    stsd.unlock();
    let before = stsd.get("/creds/prod").json();
    let reports = stsd.stsd(&["refresh", "--json"]).json();
    let names: Vec<_> = reports.as_array().unwrap().iter().map(|r| r["profile"].clone()).collect();
    assert!(names.contains(&"prod".into()), "{reports}");
    assert_ne!(stsd.get("/creds/prod").json()["AccessKeyId"], before["AccessKeyId"]);
    assert_eq!(stsd.asked("GetSessionToken"), 1);
}

#[test]
fn profiles_used_before_are_assumed_right_at_unlock_also_after_a_restart() {
    let mut stsd = Fixture::start();
    stsd.unlock();
    stsd.get("/creds/prod");
    drop(stsd.take_daemon());
    stsd.start_daemon();
    stsd.emulator.clear_journal();
    stsd.unlock();
    stsd.journal_when(|entries| assumed(entries, PROD) == 1);
    stsd.until(|stsd| stsd.profile("prod"), |prod| prod["state"] == "ready");
    assert_eq!(stsd.profile("staging")["state"], "cold");
}

#[test]
fn a_session_that_has_ended_says_so_and_one_code_brings_everything_back() {
    let stsd = Fixture::start();
    stsd.emulator.fault(Fault::short_lived(Duration::from_secs(2)).times(1).on("GetSessionToken"));
    stsd.unlock();
    stsd.until(|stsd| stsd.get("/creds"), |reply| reply.status == 403);
    let ended = stsd.get("/creds");
    assert_eq!(ended.reason, "the session has ended - run `stsd unlock`");
    let said = stsd.stsd(&["whoami"]).failed(77);
    assert!(said.contains("the session has ended"), "{said}");
    stsd.unlock();
    assert_eq!(stsd.get("/creds").status, 200);
}

#[test]
fn roles_outlive_the_session_that_they_came_from() {
    let stsd = Fixture::start();
    stsd.emulator.fault(Fault::short_lived(Duration::from_secs(2)).times(1).on("GetSessionToken"));
    stsd.unlock();
    assert_eq!(stsd.get("/creds/prod").status, 200);
    stsd.until(|stsd| stsd.get("/creds"), |reply| reply.status == 403);
    assert_eq!(stsd.get("/creds/prod").status, 200, "until they end themselves");
    assert_eq!(stsd.get("/creds/staging").status, 403);
}
