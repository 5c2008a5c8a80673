//! `stsd token`: what is asked, and that a token is printed once, alone, and nowhere else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::{Value, json};
use stsd_protocol::RefusalCode;

use crate::support::{Daemon, Reply, ask, refusal, stsd};

const TOKEN: &str = "fake-authorization-token";

fn created() -> Value {
    json!({
        "authorization_token": TOKEN,
        "credentials_uri": "http://127.0.0.1:7873/creds/prod",
        "name": "prod",
        "profiles": ["prod"],
        "created": "2027-01-15T08:00:00Z",
        "expires": null,
        "last_used": null,
    })
}

#[test]
fn a_new_token_stands_alone_on_its_line() {
    let daemon = Daemon::saying([Reply::json(&created())]);
    let words = ["token", "create", "-p", "prod,my prod", "--expires", "12h", "--name", "ci"];
    let ended = ask(&daemon, &words);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, format!("{TOKEN}\n"));
    let asked = &daemon.heard()[0];
    assert_eq!(asked.line, "POST /v1/tokens/create");
    let body = json!({"name": "ci", "profiles": ["prod", "my prod"], "expires_seconds": 43_200});
    assert_eq!(asked.body, body);
}

#[test]
fn a_token_that_nobody_could_read_is_revoked() {
    for words in
        [&["token", "create", "-p", "prod"][..], &["token", "create", "-p", "prod", "--json"]]
    {
        let revoked = Reply::json(&json!({"revoked": ["prod"]}));
        let daemon = Daemon::saying([Reply::json(&created()), revoked]);
        let full = fs::File::create("/dev/full").unwrap();
        let ended = stsd(&daemon, words).stdout(full).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(ended.status.code(), Some(1));
        assert!(!String::from_utf8(ended.stderr).unwrap().contains(TOKEN));
        let asked = &daemon.heard()[1];
        assert_eq!(asked.line, "POST /v1/tokens/revoke");
        assert_eq!(asked.body, json!({"names": ["prod"]}));
    }
}

#[test]
fn of_several_profiles_the_variables_name_one_and_say_so() {
    let mut several = created();
    several["profiles"] = json!(["prod", "dev"]);
    for (answer, others) in [(created(), false), (several, true)] {
        let daemon = Daemon::saying([Reply::json(&answer)]);
        let file = daemon.folder().join("token");
        let words = ["token", "create", "-p", "prod", "--file", file.to_str().unwrap()];
        let said = ask(&daemon, &words).stderr;
        assert!(said.contains("FULL_URI=http://127.0.0.1:7873/creds/prod"), "{said}");
        assert_eq!(said.contains(", or another of its profiles"), others, "{said}");
    }
}

#[test]
fn json_is_the_daemons_answer() {
    let daemon = Daemon::saying([Reply::json(&created())]);
    let ended = ask(&daemon, &["token", "create", "--all-profiles", "--json"]);
    assert_eq!(ended.stdout, format!("{}\n", created()));
    let body = json!({"name": null, "profiles": null, "expires_seconds": null});
    assert_eq!(daemon.heard()[0].body, body);
}

#[test]
fn a_file_gets_the_token_without_a_newline_and_nobody_else_does() {
    let daemon = Daemon::saying([Reply::json(&created())]);
    let file = daemon.folder().join("token");
    let words = ["token", "create", "-p", "prod", "--file", file.to_str().unwrap()];
    let ended = ask(&daemon, &words);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""));
    assert!(ended.stderr.contains("/creds/prod") && !ended.stderr.contains(TOKEN));
    assert_eq!(fs::read_to_string(&file).unwrap(), TOKEN);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // A file that is there is not written over, and no token is made for it.
    let ended = ask(&daemon, &words);
    assert_eq!(ended.code, 64);
    assert!(ended.stderr.contains("is there already"), "{}", ended.stderr);
    assert_eq!(daemon.heard().len(), 1);
}

#[test]
fn no_file_is_left_where_no_token_was_made() {
    let daemon = Daemon::saying([refusal(RefusalCode::UnknownProfile, "no profile prdo")]);
    let file = daemon.folder().join("token");
    let words = ["token", "create", "-p", "prdo", "--file", file.to_str().unwrap()];
    assert_eq!(ask(&daemon, &words).code, 78);
    assert!(!file.exists());
}

#[test]
fn without_a_profile_it_says_how_to_name_one() {
    let daemon = Daemon::saying([]);
    let ended = ask(&daemon, &["token", "create"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (64, ""));
    assert!(ended.stderr.contains("--profile prod`, or say --all-profiles"), "{}", ended.stderr);
    assert_eq!(daemon.heard(), []);
}

#[test]
fn revoke_names_what_it_has_ended() {
    for (words, names) in [(&["a", "b"][..], json!(["a", "b"])), (&["--all"], Value::Null)] {
        let daemon = Daemon::saying([Reply::json(&json!({"revoked": ["a", "b"]}))]);
        let ended = ask(&daemon, &[&["token", "revoke"], words].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (0, "revoked a, b\n"));
        assert_eq!(daemon.heard()[0].body, json!({ "names": names }));
    }
    assert_eq!(ask(&Daemon::saying([]), &["token", "revoke"]).code, 64);
}
