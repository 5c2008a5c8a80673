//! What the client makes of answers that are no answers.

use serde_json::json;
use stsd_protocol::{RefusalCode, VERSION};

use crate::support::{Daemon, Reply, ask, challenge, refusal};

#[test]
fn a_refusal_is_shown_with_its_hint_and_its_exit_code() {
    for (code, exit) in [
        (RefusalCode::Denied, 1),
        (RefusalCode::BadRequest, 64),
        (RefusalCode::Unavailable, 75),
        (RefusalCode::Locked, 77),
        (RefusalCode::UnknownProfile, 78),
        (RefusalCode::Internal, 70),
    ] {
        let daemon = Daemon::saying([refusal(code, "it is so")]);
        let ended = ask(&daemon, &["status"]);
        assert_eq!(ended.code, exit);
        assert_eq!(ended.stdout, "");
        let hint = code.hint();
        assert_eq!(ended.stderr, format!("stsd: error: it is so\nstsd: hint: {hint}\n"));
    }
}

#[test]
fn whatever_is_no_whole_answer_is_an_error_and_nothing_is_printed() {
    let head = format!("HTTP/1.1 200 OK\r\nstsd-version: {VERSION}\r\n");
    for (bytes, says) in [
        (String::new(), "ended in the middle"),
        (head.clone(), "ended in the middle"),
        (format!("{head}content-length: 10\r\n\r\n{{}}"), "ended in the middle"),
        (format!("{head}\r\n{{}}"), "no length"),
        (format!("{head}content-length: 1\r\n\r\n{{"), "does not read, at line 1"),
        (format!("{head}content-length: 2\r\n\r\n{{}}"), "does not read, at line 1"),
        ("garbage\r\n\r\n".to_owned(), "its first line"),
    ] {
        let daemon = Daemon::saying([Reply::bytes(bytes.clone())]);
        let ended = ask(&daemon, &["status"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (70, ""), "{bytes:?}");
        assert!(ended.stderr.contains(says), "{bytes:?}: {}", ended.stderr);
    }
}

#[test]
fn a_daemon_of_another_version_is_not_believed() {
    let old = "HTTP/1.1 200 OK\r\nstsd-version: 0.0.1\r\ncontent-length: 2\r\n\r\n[]";
    let ended = ask(&Daemon::saying([Reply::bytes(old)]), &["refresh"]);
    assert_eq!(ended.code, 75);
    assert!(ended.stderr.contains("the daemon is version 0.0.1, this is stsd"), "{}", ended.stderr);
}

#[test]
fn what_names_no_version_is_no_daemon() {
    let other = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]";
    let daemon = Daemon::saying([Reply::bytes(other)]);
    let ended = ask(&daemon, &["refresh"]);
    assert_eq!(ended.code, 70);
    assert!(ended.stderr.contains("is no stsd-daemon"), "{}", ended.stderr);
}

#[test]
fn an_unlock_whose_answer_is_lost_says_that_the_code_may_be_spent() {
    let challenges = Reply::json(&json!([challenge("default", Some("alice"))]));
    let daemon = Daemon::saying([challenges, Reply::bytes("")]);
    let ended = ask(&daemon, &["unlock", "123456"]);
    assert_eq!(ended.code, 75);
    assert!(ended.stderr.contains("the token code may be spent"), "{}", ended.stderr);
    assert!(ended.stderr.contains("wait for the next code"), "{}", ended.stderr);
}

#[test]
fn an_error_without_a_reason_is_still_an_error() {
    let bytes = format!("HTTP/1.1 500 x\r\nstsd-version: {VERSION}\r\ncontent-length: 0\r\n\r\n");
    let ended = ask(&Daemon::saying([Reply::bytes(bytes)]), &["lock"]);
    assert_eq!(ended.code, 70);
    assert!(ended.stderr.contains("answered 500 without a reason"), "{}", ended.stderr);
}
