//! The pinned interface: the exact keys of everything with `--json`.

use std::collections::BTreeSet;

use serde_json::Value;
use stsd_tests::{ALICE, ALICE_DEVICE, Fixture};

const STATUS: &str = "authorization_token_file clock_offset_seconds config_view confinement \
                      default_profile endpoint pid profiles restart sessions sockets version";
const SESSION: &str = "access_key_id account_id expiration identity issued last_error mfa_serial \
                       remaining_seconds source_profile state";
const PROFILE: &str = "account_id expiration last_error path profile region remaining_seconds \
                       role_arn session state";

#[track_caller]
fn assert_keys(value: &Value, keys: &str) {
    let there: BTreeSet<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(there, keys.split_whitespace().collect());
}

#[test]
fn status_has_the_pinned_keys_and_says_null_where_nothing_is_known() {
    let stsd = Fixture::start();
    for unlocked in [false, true] {
        if unlocked {
            stsd.unlock();
        }
        let status = stsd.status();
        assert_keys(&status, STATUS);
        assert_keys(&status["sockets"], "control credentials");
        assert_keys(&status["restart"], "reason sessions");
        status["sessions"].as_array().unwrap().iter().for_each(|one| assert_keys(one, SESSION));
        status["profiles"].as_array().unwrap().iter().for_each(|one| assert_keys(one, PROFILE));
        let alice = stsd.session(ALICE);
        assert_eq!(alice["access_key_id"].is_null(), !unlocked);
        assert_eq!(alice["expiration"].is_null(), !unlocked);
    }
    let status = stsd.status();
    assert_eq!(status["pid"], stsd.daemon().pid());
    assert_eq!(status["endpoint"], stsd.daemon().endpoint());
    let places = stsd.places();
    assert_eq!(status["config_view"], places.config_view().to_str().unwrap());
    assert_eq!(status["sockets"]["control"], places.control_socket().to_str().unwrap());
}

#[test]
fn a_last_error_has_code_message_and_hint() {
    let stsd = Fixture::start();
    stsd.emulator.stop_listening().unwrap();
    stsd.stsd(&["unlock", "123456"]).failed(75);
    assert_keys(&stsd.session(ALICE)["last_error"], "code message hint");
}

#[test]
fn unlock_prints_its_session_and_profiles_and_refresh_print_profiles() {
    let stsd = Fixture::start();
    let session = stsd.stsd(&["unlock", "--json", &stsd.code(ALICE_DEVICE)]).json();
    assert_keys(&session, SESSION);
    assert_eq!((&session["identity"], &session["state"]), (&ALICE.into(), &"unlocked".into()));
    stsd.get("/creds/prod");
    for words in [["profiles", "--json"], ["refresh", "--json"]] {
        let list = stsd.stsd(&words).json();
        assert!(!list.as_array().unwrap().is_empty());
        list.as_array().unwrap().iter().for_each(|one| assert_keys(one, PROFILE));
    }
}

#[test]
fn lock_and_whoami_have_their_own_keys() {
    let stsd = Fixture::start();
    stsd.unlock();
    assert_keys(&stsd.stsd(&["whoami", "--json"]).json(), "UserId Account Arn");
    assert_keys(&stsd.stsd(&["lock", "--json"]).json(), "locked handed_out_until");
}

#[test]
fn env_as_json_is_variables_to_strings_or_null() {
    let stsd = Fixture::start();
    let variables = stsd.stsd(&["env", "prod", "--format", "json"]).json();
    let all = variables.as_object().unwrap();
    assert!(all.values().all(|value| value.is_string() || value.is_null()));
    let uri = format!("{}/creds/prod", stsd.daemon().endpoint());
    assert_eq!(variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"], uri.as_str());
    assert_eq!(variables["AWS_REGION"], "us-east-1");
    assert_eq!(variables["STSD_PROFILE"], "prod");
    for unset in ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN"] {
        assert!(all.contains_key(unset) && variables[unset].is_null(), "{unset}");
    }
}

#[test]
fn static_keys_tell_their_real_end_and_served_ones_an_end_within_the_hour() {
    let stsd = Fixture::start();
    stsd.unlock();
    let served = stsd.stsd(&["credential-process", "default"]).json();
    let process = stsd.stsd(&["env", "default", "--static", "--format", "process"]).json();
    let variables = stsd.stsd(&["env", "default", "--static", "--json"]).json();
    assert_eq!(variables["AWS_ACCESS_KEY_ID"], process["AccessKeyId"]);
    let served = served["Expiration"].as_str().unwrap();
    // Times of this form sort as text.
    for end in [&process["Expiration"], &variables["AWS_SESSION_EXPIRATION"]] {
        assert!(end.as_str().unwrap() > served, "{end} is no later than {served}");
    }
}
