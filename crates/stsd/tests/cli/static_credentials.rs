//! `env --static`: the keys themselves, for tools that know neither endpoint nor profiles.

use serde_json::{Value, json};
use stsd_protocol::RefusalCode;

use crate::support::{Daemon, Reply, ask, credentials, environment, refusal, run, stsd};

fn daemon() -> Daemon {
    let environment = serde_json::to_value(environment("prod")).unwrap();
    Daemon::saying([Reply::json(&environment), Reply::json(&credentials())])
}

#[test]
fn the_three_keys_come_with_their_real_end_and_without_the_endpoint() {
    let daemon = daemon();
    let ended = ask(&daemon, &["env", "prod", "--static", "--json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
    for (variable, key) in [
        ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
        ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
        ("AWS_SESSION_TOKEN", "SessionToken"),
        ("AWS_CREDENTIAL_EXPIRATION", "Expiration"),
        ("AWS_SESSION_EXPIRATION", "Expiration"),
    ] {
        assert_eq!(printed[variable], credentials()[key], "{variable}");
    }
    assert_eq!(printed["AWS_REGION"], "eu-central-1");
    for variable in ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
    {
        assert!(printed.as_object().unwrap()[variable].is_null(), "{variable}");
    }
    assert!(!printed.as_object().unwrap().contains_key("AWS_CONFIG_FILE"));
    assert_eq!(daemon.heard()[1].body, json!({"profile": "prod", "real_expiration": true}));
}

#[test]
fn as_a_process_prints_them_it_is_one_object_with_the_real_end() {
    let daemon = Daemon::saying([Reply::json(&credentials())]);
    let ended = ask(&daemon, &["env", "--static", "--format", "process"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, credentials().to_string() + "\n");
    assert_eq!(daemon.heard()[0].body, json!({"profile": null, "real_expiration": true}));
}

#[test]
fn without_static_there_is_no_process_to_print() {
    let environment = serde_json::to_value(environment("prod")).unwrap();
    let daemon = Daemon::saying([Reply::json(&environment)]);
    let ended = ask(&daemon, &["env", "--format", "process"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (64, ""));
    assert!(ended.stderr.contains("add --static"), "{}", ended.stderr);
}

#[test]
fn what_is_locked_prints_nothing_to_evaluate() {
    let environment = serde_json::to_value(environment("prod")).unwrap();
    let locked = refusal(RefusalCode::Locked, "stsd is locked");
    let daemon = Daemon::saying([Reply::json(&environment), locked]);
    let ended = ask(&daemon, &["env", "prod", "--static"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (77, ""));
}

#[test]
fn without_a_daemon_there_are_no_credentials() {
    let daemon = Daemon::saying([]);
    let mut command = stsd(&daemon, &["env", "--static"]);
    command.env("STSD_SOCKET", daemon.folder().join("none"));
    let ended = run(command);
    assert_eq!((ended.code, ended.stdout.as_str()), (69, ""));
}
