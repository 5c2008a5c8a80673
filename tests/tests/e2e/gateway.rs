//! The gateway's process: killed, missing, hanging; and what `lock` does to one that hangs.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use sts_emulator::{Entry, Fault};
use stsd_tests::processes::{childless_within, children, kill_at_once};
use stsd_tests::{ALICE, ALICE_DEVICE, Fixture, PATIENCE, Ran, count};

const STAGING: &str = "arn:aws:iam::444455556666:role/staging";

/// The one gateway that runs.
fn gateway(stsd: &Fixture) -> u32 {
    // One that was let go for it may not have left yet.
    stsd.until(|stsd| children(stsd.daemon().pid()), |children| children.len() == 1)[0]
}

/// Puts a script in the gateway's place. A shell writes it: see [`stsd_tests::Programs::copied_to`].
fn put_gateway(stsd: &Fixture, script: &str) {
    let path = stsd.programs.path("stsd-gateway");
    let write = r#"rm "$1" && printf '%s' "$2" > "$1" && chmod 755 "$1""#;
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", write, "sh"]).arg(path).arg(script);
    Ran::of(shell).well();
}

/// Lets the gateway that runs go, so that the next call needs a new one.
fn end_gateway(stsd: &Fixture) {
    kill_at_once(gateway(stsd));
    assert!(childless_within(stsd.daemon().pid(), PATIENCE).is_some());
}

fn arrived(entries: &[Entry], action: &str) -> bool {
    count(entries, action) > 0
}

#[test]
fn killed_in_an_unlock_the_outcome_is_unknown_and_the_code_is_not_sent_twice() {
    let stsd = Fixture::start();
    stsd.emulator.fault(Fault::hang().on("GetSessionToken"));
    let code = stsd.code(ALICE_DEVICE);
    thread::scope(|scope| {
        let unlock = scope.spawn(|| stsd.stsd(&["unlock", &code]));
        stsd.journal_when(|entries| arrived(entries, "GetSessionToken"));
        kill_at_once(gateway(&stsd));
        let said = unlock.join().unwrap().failed(75);
        assert!(
            said.contains("ended before it answered, and the token code may be spent"),
            "{said}"
        );
        assert!(
            said.contains("hint: wait for the next code and run `stsd unlock` again"),
            "{said}"
        );
    });
    assert_eq!(stsd.asked("GetSessionToken"), 1);
    stsd.emulator.clear_faults();
    stsd.stsd(&["unlock", &code]).failed(1);
    assert_eq!(stsd.asked("GetSessionToken"), 1, "a code that may be spent is not sent");
}

#[test]
fn killed_in_a_refresh_a_fresh_one_answers() {
    let stsd = Fixture::start();
    stsd.unlock();
    stsd.emulator.fault(Fault::hang().on("AssumeRole").times(1));
    thread::scope(|scope| {
        let client = scope.spawn(|| stsd.get("/creds/prod"));
        stsd.journal_when(|entries| arrived(entries, "AssumeRole"));
        kill_at_once(gateway(&stsd));
        assert_eq!(client.join().unwrap().status, 200);
    });
    assert_eq!(stsd.asked("AssumeRole"), 2);
}

#[test]
fn killed_while_it_lingers_nobody_notices() {
    let stsd = Fixture::start();
    stsd.unlock();
    for path in ["/creds/prod", "/creds/staging", "/creds/hub"] {
        end_gateway(&stsd);
        assert_eq!(stsd.get(path).status, 200);
    }
}

#[test]
fn a_missing_one_is_named_and_the_daemon_goes_on() {
    let stsd = Fixture::builder().copied().start();
    stsd.unlock();
    assert_eq!(stsd.get("/creds/prod").status, 200);
    end_gateway(&stsd);
    let path = stsd.programs.path("stsd-gateway");
    fs::rename(&path, path.with_extension("away")).unwrap();
    let said = stsd.stsd(&["whoami", "staging"]).failed(75);
    assert!(said.contains(&format!("cannot start {}", path.display())), "{said}");
    assert_eq!(stsd.get("/creds/prod").status, 200, "what is held is served");
    let said = stsd.stsd(&["unlock", &stsd.code(ALICE_DEVICE)]).failed(75);
    assert!(said.contains("hint: put stsd-gateway, of the same version, beside stsd-daemon"));
    fs::rename(path.with_extension("away"), &path).unwrap();
    stsd.stsd(&["refresh", "staging"]).well();
}

#[test]
fn one_that_talks_nonsense_is_let_go() {
    let stsd = Fixture::builder().copied().start();
    stsd.unlock();
    end_gateway(&stsd);
    put_gateway(&stsd, "#!/bin/sh\nprintf 'zzzzzzzz' >&0\n");
    let reply = stsd.get("/creds/prod");
    assert_eq!((reply.status, reply.json()["code"].as_str()), (503, Some("StsdUnavailable")));
    assert!(childless_within(stsd.daemon().pid(), PATIENCE).is_some());
    assert_eq!(stsd.get("/creds").status, 200);
}

#[test]
fn one_that_hangs_delays_nobody_who_does_not_need_it() {
    let stsd = Fixture::builder().copied().start();
    stsd.unlock();
    assert_eq!(stsd.get("/creds/prod").status, 200);
    end_gateway(&stsd);
    put_gateway(&stsd, "#!/bin/sh\nexec /bin/sleep 600\n");
    let start = Instant::now();
    let held = stsd.get("/creds/staging");
    assert_eq!((held.status, held.json()["code"].as_str()), (503, Some("StsdPending")));
    assert_eq!(held.header("retry-after"), Some("1"));
    assert!(start.elapsed() >= Duration::from_secs(4), "it was held: {:?}", start.elapsed());
    for path in ["/creds", "/creds/prod"] {
        assert_eq!(stsd.get(path).status, 200);
    }
    stsd.stsd(&["status"]).well();
    stsd.stsd(&["lock"]).well();
    assert_eq!(stsd.get("/creds/prod").status, 403);
}

#[test]
fn a_lock_during_a_refresh_wins() {
    let stsd = Fixture::start();
    stsd.unlock();
    stsd.emulator.fault(Fault::slow(Duration::from_secs(2)).on("AssumeRole").for_role(STAGING));
    thread::scope(|scope| {
        let client = scope.spawn(|| stsd.get("/creds/staging"));
        stsd.journal_when(|entries| arrived(entries, "AssumeRole"));
        stsd.stsd(&["lock"]).well();
        let refused = client.join().unwrap();
        assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("StsdLocked")));
    });
    assert!(childless_within(stsd.daemon().pid(), PATIENCE).is_some(), "nothing more can come");
    assert_eq!(stsd.profile("staging")["state"], "locked");
    assert_eq!(stsd.get("/creds/staging").status, 403);
}

#[test]
fn a_lock_during_an_unlock_wins() {
    let stsd = Fixture::start();
    stsd.emulator.fault(Fault::slow(Duration::from_secs(2)).on("GetSessionToken"));
    let code = stsd.code(ALICE_DEVICE);
    thread::scope(|scope| {
        let unlock = scope.spawn(|| stsd.stsd(&["unlock", &code]));
        stsd.journal_when(|entries| arrived(entries, "GetSessionToken"));
        stsd.stsd(&["lock"]).well();
        assert_eq!(unlock.join().unwrap().code, 77);
    });
    assert!(childless_within(stsd.daemon().pid(), PATIENCE).is_some(), "nothing more can come");
    assert_eq!(stsd.session(ALICE)["state"], "locked");
}

#[test]
fn it_leaves_ten_seconds_after_the_last_call_and_at_once_at_a_lock() {
    let stsd = Fixture::start();
    stsd.unlock();
    let lingered = childless_within(stsd.daemon().pid(), PATIENCE).expect("it leaves");
    assert!((8..=20).contains(&lingered.as_secs()), "{lingered:?}");
    assert_eq!(stsd.get("/creds/prod").status, 200);
    stsd.stsd(&["lock"]).well();
    let lingered = childless_within(stsd.daemon().pid(), PATIENCE).expect("it leaves");
    assert!(lingered < Duration::from_secs(5), "{lingered:?}");
}
