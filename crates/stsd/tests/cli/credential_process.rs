//! `credential-process`, as SDKs read it: every byte counts.

use std::process::Stdio;

use serde_json::json;
use stsd_protocol::RefusalCode;

use crate::support::{Daemon, Reply, ask, credentials, refusal, run, stsd};

#[test]
fn prints_the_daemons_object_and_a_newline_and_nothing_else() {
    for arguments in [
        &["credential-process", "my-prod"][..],
        &["credential-process", "-p", "my-prod"],
        &["credential-process", "my-prod", "--profile", "my-prod"],
    ] {
        let daemon = Daemon::saying([Reply::json(&credentials())]);
        let ended = ask(&daemon, arguments);
        assert_eq!(ended.code, 0);
        assert_eq!(ended.stdout, credentials().to_string() + "\n");
        assert_eq!(ended.stderr, "");
        let heard = daemon.heard();
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0].line, "POST /v1/credentials");
        assert_eq!(heard[0].body, json!({"profile": "my-prod"}));
    }
}

#[test]
fn without_a_name_the_shells_stsd_profile_counts_and_aws_profile_does_not() {
    for (variables, profile) in [
        (&[("STSD_PROFILE", "prod"), ("AWS_PROFILE", "dev")][..], json!("prod")),
        (&[("STSD_PROFILE", ""), ("AWS_PROFILE", "dev")], json!(null)),
        (&[("AWS_PROFILE", "dev")], json!(null)),
    ] {
        let daemon = Daemon::saying([Reply::json(&credentials())]);
        let mut command = stsd(&daemon, &["credential-process"]);
        command.envs(variables.iter().copied());
        assert_eq!(run(command).code, 0);
        assert_eq!(daemon.heard()[0].body, json!({"profile": profile}));
    }
}

#[test]
fn a_refusal_is_one_line_with_the_command_to_type() {
    let daemon = Daemon::saying([refusal(RefusalCode::Locked, "stsd is locked")]);
    let ended = ask(&daemon, &["credential-process", "prod"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (77, ""));
    assert_eq!(ended.stderr, "stsd is locked - run `stsd unlock`\n");
}

#[test]
fn without_a_daemon_it_is_one_line_too() {
    let daemon = Daemon::saying([]);
    let mut command = stsd(&daemon, &["credential-process", "prod"]);
    command.env("STSD_SOCKET", "/nonexistent/stsd.sock");
    let ended = run(command);
    assert_eq!((ended.code, ended.stdout.as_str()), (69, ""));
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.starts_with("no daemon answers at /nonexistent/stsd.sock - start it"));
}

#[test]
fn pending_is_asked_again_until_there_are_credentials() {
    let pending = || refusal(RefusalCode::Pending, "STS has not answered yet");
    let daemon = Daemon::saying([pending(), pending(), Reply::json(&credentials())]);
    let ended = ask(&daemon, &["credential-process", "prod"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(daemon.heard().len(), 3);
}

#[test]
fn pending_for_ever_ends_with_its_own_code() {
    let pending = || refusal(RefusalCode::Pending, "STS has not answered yet");
    let daemon = Daemon::saying([(); 9].map(|()| pending()));
    let ended = ask(&daemon, &["credential-process", "prod"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (75, ""));
    assert_eq!(ended.stderr, "STS has not answered yet - try again in a second\n");
    assert_eq!(daemon.heard().len(), 5);
}

#[test]
fn an_answer_that_is_not_json_is_not_handed_on() {
    let version = stsd_protocol::VERSION;
    let bytes =
        format!("HTTP/1.1 200 OK\r\nstsd-version: {version}\r\ncontent-length: 3\r\n\r\n{{}}}}");
    let daemon = Daemon::saying([Reply::bytes(bytes)]);
    let ended = ask(&daemon, &["credential-process", "prod"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (70, ""));
    assert_eq!(ended.stderr.lines().count(), 1);
}

#[test]
fn a_reader_that_goes_away_is_met_with_silence() {
    let (reply, held) = Reply::json(&credentials()).held();
    let daemon = Daemon::saying([reply]);
    let mut command = stsd(&daemon, &["credential-process", "prod"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    held.release();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}
