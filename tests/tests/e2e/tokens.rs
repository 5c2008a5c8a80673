//! Authorization tokens of the real daemon: what each opens, for how long, and what is left of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use stsd_tests::{Fixture, Reply, get};

/// Makes one, and shows it.
fn create(stsd: &Fixture, words: &[&str]) -> String {
    let ran = stsd.stsd(&[&["token", "create"], words].concat()).well();
    assert_eq!(ran.stderr, "");
    ran.stdout.strip_suffix('\n').unwrap().to_owned()
}

fn fetch(stsd: &Fixture, path: &str, token: &str) -> Reply {
    get(stsd.daemon().endpoint(), path, Some(token)).unwrap()
}

fn code(reply: &Reply) -> (u16, String) {
    (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned())
}

fn list(stsd: &Fixture) -> Vec<Value> {
    stsd.stsd(&["token", "list", "--json"]).json().as_array().unwrap().clone()
}

#[test]
fn a_token_opens_its_profiles_alone_until_it_is_revoked() {
    let stsd = Fixture::start();
    stsd.unlock();
    let token = create(&stsd, &["-p", "prod,default", "--name", "ci"]);
    let asked = stsd.asked("AssumeRole");
    let denied = fetch(&stsd, "/creds/staging", &token);
    assert_eq!(code(&denied), (403, "StsdOutOfScope".to_owned()));
    assert_eq!(
        denied.reason,
        "authorization token ci is not for profile staging - run `stsd token list`"
    );
    // Of a profile that is not there, no more is said.
    assert_eq!(code(&fetch(&stsd, "/creds/prdo", &token)), (403, "StsdOutOfScope".to_owned()));
    assert_eq!(stsd.asked("AssumeRole"), asked, "nothing was fetched for it");
    for path in ["/creds/prod", "/creds/default", "/creds"] {
        assert_eq!(fetch(&stsd, path, &token).status, 200, "{path}");
    }
    let narrow = create(&stsd, &["-p", "prod"]);
    assert_eq!(code(&fetch(&stsd, "/creds", &narrow)), (403, "StsdOutOfScope".to_owned()));
    assert_eq!(stsd.stsd(&["token", "revoke", "ci"]).well().stdout, "revoked ci\n");
    assert_eq!(code(&fetch(&stsd, "/creds/prod", &token)), (401, "StsdUnauthorized".to_owned()));
    assert_eq!(fetch(&stsd, "/creds/prod", &narrow).status, 200);
}

#[test]
fn the_address_that_comes_with_a_token_is_one_that_it_opens() {
    let stsd = Fixture::start();
    stsd.unlock();
    for words in [&["-p", "prod"][..], &["-p", "staging,prod"], &["--all-profiles"]] {
        let made = stsd.stsd(&[&["token", "create", "--json"], words].concat()).json();
        let uri = made["credentials_uri"].as_str().unwrap();
        let (_, path) = uri.split_at(uri.find("/creds").unwrap());
        let token = made["authorization_token"].as_str().unwrap();
        assert_eq!(fetch(&stsd, path, token).status, 200, "{words:?}: {uri}");
    }
}

#[test]
fn a_token_outlives_a_lock_and_a_restart_and_says_locked() {
    let mut stsd = Fixture::start();
    let token = create(&stsd, &["-p", "prod", "--expires", "1h"]);
    assert_eq!(code(&fetch(&stsd, "/creds/prod", &token)), (403, "StsdLocked".to_owned()));
    stsd.unlock();
    assert_eq!(fetch(&stsd, "/creds/prod", &token).status, 200);
    stsd.stsd(&["lock"]).well();
    assert_eq!(code(&fetch(&stsd, "/creds/prod", &token)), (403, "StsdLocked".to_owned()));
    stsd.take_daemon().signal(Signal::SIGKILL);
    stsd.start_daemon();
    assert_eq!(code(&fetch(&stsd, "/creds/prod", &token)), (403, "StsdLocked".to_owned()));
    assert_eq!(code(&fetch(&stsd, "/creds/hub", &token)), (403, "StsdOutOfScope".to_owned()));
}

#[test]
fn the_list_shows_the_own_one_and_every_other_and_no_token() {
    let stsd = Fixture::start();
    let token = create(&stsd, &["--all-profiles", "--name", "everything"]);
    fetch(&stsd, "/creds/prod", &token);
    let rows = list(&stsd);
    assert_eq!(rows[0]["name"], "own");
    assert_eq!((&rows[1]["name"], &rows[1]["profiles"]), (&json!("everything"), &Value::Null));
    assert!(rows[0]["last_used"].is_null() && rows[1]["last_used"].is_string());
    let shown = stsd.stsd(&["token", "list"]).well().stdout;
    assert!(shown.contains("everything") && !shown.contains(&token));
    assert!(!shown.contains(&stsd.authorization()));
    let refused = stsd.stsd(&["token", "revoke", "own"]);
    assert!(refused.stderr.contains("`stsd service stop`, remove "), "{}", refused.stderr);
    let unknown = stsd.stsd(&["token", "create", "-p", "prod,prdo"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (78, ""));
}

#[test]
fn the_commands_of_exec_have_a_token_for_their_profile_that_is_made_once() {
    let stsd = Fixture::start();
    stsd.unlock();
    let script = "printf %s \"$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE\"";
    let run = || stsd.stsd(&["exec", "prod", "--", "/bin/sh", "-c", script]).well().stdout;
    let file = run();
    assert_eq!(file, stsd.places().exec_token("prod").to_str().unwrap());
    let token = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fetch(&stsd, "/creds/prod", &token).status, 200);
    assert_eq!(code(&fetch(&stsd, "/creds/hub", &token)), (403, "StsdOutOfScope".to_owned()));
    run();
    assert_eq!(fs::read_to_string(&file).unwrap(), token);
    assert_eq!(list(&stsd).len(), 2);
    stsd.stsd(&["token", "revoke", "exec-prod"]).well();
    let revoked = fetch(&stsd, "/creds/prod", &fs::read_to_string(&file).unwrap());
    assert_eq!(code(&revoked), (401, "StsdUnauthorized".to_owned()));
    assert!(revoked.reason.contains("was revoked - start the command anew"), "{}", revoked.reason);
    run();
    assert_eq!(fetch(&stsd, "/creds/prod", &fs::read_to_string(&file).unwrap()).status, 200);
}

#[test]
fn a_damaged_record_is_an_alarm_and_opens_nothing() {
    let mut stsd = Fixture::start();
    let token = create(&stsd, &["--all-profiles"]);
    stsd.take_daemon().signal(Signal::SIGKILL);
    let path = stsd.places().authorization_tokens();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 9]).unwrap();
    stsd.start_daemon();
    assert_eq!(fetch(&stsd, "/creds/prod", &token).status, 401);
    assert_eq!(stsd.get("/creds/prod").status, 403, "the own one still opens");
    let status = stsd.stsd(&["status"]).well().stdout;
    assert!(status.contains("was set aside as ") && !status.contains(&token), "{status}");
}
