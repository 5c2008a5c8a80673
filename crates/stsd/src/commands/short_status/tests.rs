//! What stands in the prompt, by variables and by status.

use std::ffi::OsString;

use serde_json::json;
use stsd_protocol::{Refusal, RefusalCode, Timestamp};

use super::{Shell, ShortStatus, plain_form};

const PROD: (&str, &str) = ("STSD_PROFILE", "prod");

fn shell(variables: &[(&str, &str)]) -> Option<Shell> {
    Shell::find(|name| {
        let found = variables.iter().find(|(known, _)| *known == name)?;
        Some(found.1.to_owned())
    })
}

fn status(profile: &str, session: &str, device: Option<&str>) -> ShortStatus {
    let key = "AKIAIOSFODNN7EXAMPLE";
    let session = json!({
        "identity": key, "mfa_serial": device, "state": session, "remaining_seconds": 43_000,
    });
    let report = |name: &str, path: &str, state: &str| {
        json!({
            "profile": name, "path": path, "state": state, "session": key,
            "remaining_seconds": 2_820,
        })
    };
    let profiles = [report("prod", "prod", profile), report("my dev", "my-dev", "locked")];
    let whole = json!({
        "version": "x", "default_profile": "prod", "sessions": [session], "profiles": profiles,
    });
    serde_json::from_value(whole).unwrap()
}

const DEVICE: Option<&str> = Some("arn:aws:iam::111122223333:mfa/alice");

#[test]
fn only_the_plain_form_goes_past_clap() {
    for (words, is_plain) in [
        (&["stsd", "status", "--short"][..], true),
        (&["stsd", "status"], false),
        (&["stsd", "status", "--short", "--json"], false),
        (&["stsd", "lock", "--short"], false),
    ] {
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        assert_eq!(plain_form(&words), is_plain, "{words:?}");
    }
}

#[test]
fn a_shell_that_is_not_connected_has_no_segment() {
    for variables in [
        &[][..],
        &[("AWS_PROFILE", "dev"), ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")],
        &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9911/")],
    ] {
        assert!(shell(variables).is_none(), "{variables:?}");
    }
}

#[test]
fn the_profile_is_the_one_that_a_tool_would_take() {
    let uri = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:7873/creds/my-dev");
    let no_name = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:7873/creds");
    for (variables, segment) in [
        (&[PROD, uri][..], "prod 11h"),
        (&[PROD, ("AWS_PROFILE", "my dev")], "my dev locked"),
        (&[uri], "my dev locked"),
        (&[no_name], "prod 11h"),
        (&[("STSD_BEFORE", "1")], "prod 11h"),
        (&[("STSD_PROFILE", "gone")], "gone unknown"),
    ] {
        let found = shell(variables).unwrap().segment(Ok(status("ready", "unlocked", DEVICE)));
        assert_eq!(found, segment, "{variables:?}");
    }
}

#[test]
fn each_state_has_its_word() {
    for (profile, session, device, segment) in [
        ("cold", "unlocked", DEVICE, "prod 11h"),
        ("fetching", "unlocked", DEVICE, "prod 11h"),
        ("ready", "expiring", DEVICE, "prod ! 11h"),
        ("ready", "ended", DEVICE, "prod ! 47m"),
        ("ready", "unlocked", None, "prod"),
        ("locked", "ended", DEVICE, "prod locked"),
        ("denied", "unlocked", DEVICE, "prod denied"),
        ("unavailable", "unlocked", DEVICE, "prod unavailable"),
        ("unsupported", "unlocked", DEVICE, "prod not served"),
        ("invalid", "unlocked", DEVICE, "prod invalid"),
    ] {
        let found = shell(&[PROD]).unwrap().segment(Ok(status(profile, session, device)));
        assert_eq!(found, segment);
    }
}

#[test]
fn without_an_answer_it_says_so_in_a_word() {
    for (code, segment) in
        [(RefusalCode::NoDaemon, "prod off"), (RefusalCode::Unavailable, "prod ?")]
    {
        let refused = Err(Refusal::new(code, "no"));
        assert_eq!(shell(&[PROD]).unwrap().segment(refused), segment);
    }
}

#[test]
fn keys_in_the_shell_win_in_the_prompt_as_they_do_in_tools() {
    let now = Timestamp::from_unix(1_800_000_000);
    let key = ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE");
    for (end, segment) in [
        ("2027-01-15T08:47:00Z", "prod static 47m"),
        ("2027-01-15T08:00:00Z", "prod static ended"),
        ("soon", "prod static"),
    ] {
        let shell = shell(&[PROD, key, ("AWS_SESSION_EXPIRATION", end)]).unwrap();
        assert_eq!(shell.keys_of_its_own(now).as_deref(), Some(segment));
    }
    assert_eq!(shell(&[PROD]).unwrap().keys_of_its_own(now), None);
}
