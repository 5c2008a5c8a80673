//! STS down, throttling, refusing: what an unlock and a refresh say, and what goes on working.

use std::time::Duration;

use sts_emulator::Fault;
use stsd_tests::{ALICE, ALICE_DEVICE, Fixture};

#[test]
fn without_sts_an_unlock_says_try_later_and_spends_no_code() {
    let stsd = Fixture::start();
    let code = stsd.code(ALICE_DEVICE);
    stsd.emulator.stop_listening().unwrap();
    let said = stsd.stsd(&["unlock", &code]).failed(75);
    assert!(said.contains("error: STS cannot be reached, and no code was sent: "), "{said}");
    assert!(said.contains("connection refused"), "{said}");
    stsd.emulator.resume_listening().unwrap();
    stsd.stsd(&["unlock", &code]).well();
}

#[test]
fn a_throttled_unlock_says_try_later() {
    let stsd = Fixture::start();
    stsd.emulator.fault(Fault::throttle());
    let code = stsd.code(ALICE_DEVICE);
    let said = stsd.stsd(&["unlock", &code]).failed(75);
    assert!(said.contains("Throttling: Rate exceeded"), "{said}");
    stsd.emulator.clear_faults();
    stsd.stsd(&["unlock", &code]).well();
}

#[test]
fn a_throttled_session_wants_the_next_code_since_none_is_sent_twice() {
    for fault in [Fault::throttle(), Fault::server_error(503)] {
        let stsd = Fixture::start();
        stsd.emulator.fault(fault.on("GetSessionToken"));
        let said = stsd.stsd(&["unlock", &stsd.code(ALICE_DEVICE)]).failed(75);
        assert!(said.contains("error: STS gave no session: "), "{said}");
        assert!(
            said.contains("hint: wait for the next code and run `stsd unlock` again"),
            "{said}"
        );
    }
}

#[test]
fn an_answer_that_is_lost_on_the_way_leaves_the_code_in_doubt() {
    for fault in [Fault::hang_up(), Fault::cut_off(), Fault::garbage()] {
        let stsd = Fixture::start();
        stsd.emulator.fault(fault.on("GetSessionToken"));
        let said = stsd.stsd(&["unlock", &stsd.code(ALICE_DEVICE)]).failed(75);
        assert!(said.contains("the token code may be spent"), "{said}");
        assert!(said.contains("hint: wait for the next code"), "{said}");
        stsd.emulator.clear_faults();
        assert_eq!(stsd.session(ALICE)["state"], "locked");
        // The device shows its next code.
        stsd.emulator.advance(Duration::from_secs(60));
        stsd.unlock();
    }
}

#[test]
fn serves_the_old_credentials_while_sts_is_down() {
    let stsd = Fixture::start();
    stsd.unlock();
    let before = stsd.get("/creds/prod").json();
    stsd.emulator.stop_listening().unwrap();
    let ran = stsd.stsd(&["refresh"]);
    assert_eq!(ran.code, 0, "prod is still good: {}{}", ran.stdout, ran.stderr);
    assert_eq!(stsd.get("/creds/prod").json()["AccessKeyId"], before["AccessKeyId"]);
    assert_eq!(stsd.profile("prod")["last_error"]["code"], "StsdUnavailable");
    let cold = stsd.get("/creds/staging");
    assert_eq!((cold.status, cold.header("retry-after")), (503, Some("1")));
    assert_eq!(cold.json()["code"], "StsdUnavailable");
    let said = stsd.stsd(&["credential-process", "staging"]).failed(75);
    assert!(said.starts_with("STS cannot be reached for profile staging - "), "{said}");
}

#[test]
fn a_throttled_role_comes_back_by_itself() {
    let stsd = Fixture::start();
    stsd.unlock();
    stsd.emulator.fault(Fault::throttle().on("AssumeRole").times(1));
    let throttled = stsd.get("/creds/prod");
    assert_eq!(
        (throttled.status, throttled.json()["code"].as_str()),
        (503, Some("StsdUnavailable"))
    );
    stsd.until(|stsd| stsd.profile("prod"), |prod| prod["state"] == "ready");
    assert_eq!(stsd.profile("prod")["last_error"], serde_json::Value::Null);
}

#[test]
fn a_denied_role_is_not_asked_for_again_until_somebody_says_so() {
    let stsd = Fixture::start();
    stsd.unlock();
    stsd.emulator.fault(Fault::deny().on("AssumeRole"));
    for _ in 0..3 {
        let denied = stsd.get("/creds/prod");
        assert_eq!((denied.status, denied.json()["code"].as_str()), (403, Some("StsdDenied")));
        assert!(denied.reason.starts_with("STS denied profile prod - "), "{}", denied.reason);
    }
    assert_eq!(stsd.asked("AssumeRole"), 1);
    assert_eq!(stsd.profile("prod")["state"], "denied");
    stsd.emulator.clear_faults();
    stsd.stsd(&["refresh", "prod"]).well();
    assert_eq!(stsd.get("/creds/prod").status, 200);
}

#[test]
fn keys_that_sts_does_not_know_are_named() {
    let stsd = Fixture::start();
    let foreign = "[default]\naws_access_key_id = AKIAIOSFODNN9EXAMPLE\n\
                   aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n";
    stsd.home.write_credentials(foreign).unwrap();
    stsd.until(Fixture::status, |status| {
        status["sessions"][0]["identity"] == "AKIAIOSFODNN9EXAMPLE"
    });
    let said = stsd.stsd(&["unlock", &stsd.code(ALICE_DEVICE)]).failed(1);
    assert!(
        said.contains("STS refused the keys of profile default: InvalidClientTokenId"),
        "{said}"
    );
    assert_eq!(stsd.asked("GetSessionToken"), 0, "the code was not sent");
}
