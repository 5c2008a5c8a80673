//! What a person reads, pinned in files, and the JSON beside it.

use serde_json::{Value, json};
use stsd_protocol::control::{ProfileState, SessionState, Status};
use stsd_protocol::{Refusal, RefusalCode, Timestamp};

use crate::support::{Daemon, Reply, ask, profile, refusal, run, session, status, stsd};

fn a_day() -> Status {
    let mut ci = session("ci");
    ci.identity = "AKIAI44QH8DHBEXAMPLE".into();
    ci.mfa_serial = None;
    ci.account_id = None;
    (ci.expiration, ci.remaining_seconds) = (None, None);
    let mut dev = session("dev");
    dev.identity = "AKIAIOSFODNN8EXAMPLE".into();
    dev.state = SessionState::Locked;
    (dev.issued, dev.expiration, dev.remaining_seconds) = (None, None, None);
    let mut prod = profile("prod");
    prod.state = ProfileState::Ready;
    prod.role_arn = Some("arn:aws:iam::444455556666:role/deploy".into());
    prod.region = Some("eu-central-1".into());
    prod.expiration = Some(Timestamp::from_unix(1_800_003_600));
    prod.remaining_seconds = Some(2_820);
    let mut audit = profile("audit");
    audit.state = ProfileState::Denied;
    audit.last_error = Some(Refusal::new(RefusalCode::Denied, "STS denied profile audit"));
    status(vec![session("default"), ci, dev], vec![profile("default"), prod, audit])
}

fn problems() -> Value {
    json!([
        {"file": "/home/alice/.aws/config", "line": 12, "profile": "x", "key": "source_profile",
         "severity": "error", "message": "there is no profile y"},
        {"file": "/home/alice/.aws/credentials", "line": null, "profile": null, "key": null,
         "severity": "notice", "message": "others can read it"},
    ])
}

fn value(of: impl serde::Serialize) -> Value {
    serde_json::to_value(of).unwrap()
}

#[test]
fn status_shows_sessions_profiles_and_mistakes() {
    let daemon = Daemon::saying([Reply::json(&value(a_day())), Reply::json(&problems())]);
    let ended = ask(&daemon, &["status"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, include_str!("expected/status.txt"));
}

#[test]
fn status_says_what_the_tools_were_told_while_locked() {
    let mut default = session("default");
    default.state = SessionState::Locked;
    let mut odd = session("it's odd");
    odd.identity = "AKIAIOSFODNN8EXAMPLE".into();
    odd.state = SessionState::Ended;
    let locked = status(vec![default, odd], vec![profile("default")]);
    let daemon = Daemon::saying([Reply::json(&value(locked)), Reply::json(&json!([]))]);
    let printed = ask(&daemon, &["status"]).stdout;
    let expected =
        "stsd is locked; run `stsd unlock`\nit's odd is locked; run `stsd unlock 'it'\\''s odd'`\n";
    assert!(printed.contains(expected), "{printed}");
}

#[test]
fn status_json_is_the_daemons_own_bytes() {
    let bytes = value(a_day());
    let ended = ask(&Daemon::saying([Reply::json(&bytes)]), &["status", "--json"]);
    assert_eq!(ended.stdout, bytes.to_string() + "\n");
}

#[test]
fn status_of_a_locked_daemon_without_an_endpoint_is_no_error() {
    let mut locked = status(vec![], vec![]);
    locked.endpoint = None;
    let daemon = Daemon::saying([Reply::json(&value(locked)), Reply::json(&json!([]))]);
    let ended = ask(&daemon, &["status"]);
    assert_eq!(ended.code, 0);
    assert!(ended.stdout.contains("no endpoint"), "{}", ended.stdout);
}

#[test]
fn profiles_are_a_table_or_the_array_of_the_status() {
    let daemon = Daemon::saying([Reply::json(&value(a_day())), Reply::json(&value(a_day()))]);
    assert_eq!(ask(&daemon, &["profiles"]).stdout, include_str!("expected/profiles.txt"));
    let printed: Value =
        serde_json::from_str(&ask(&daemon, &["profiles", "--json"]).stdout).unwrap();
    assert_eq!(printed, value(a_day())["profiles"]);
}

#[test]
fn whoami_says_what_aws_says() {
    let identity = json!({"UserId": "AIDACKCEVSQ6C2EXAMPLE", "Account": "111122223333",
                          "Arn": "arn:aws:iam::111122223333:user/alice"});
    let daemon = Daemon::saying([Reply::json(&identity), Reply::json(&identity)]);
    assert_eq!(ask(&daemon, &["whoami", "prod"]).stdout, include_str!("expected/whoami.txt"));
    let printed: Value = serde_json::from_str(&ask(&daemon, &["whoami", "--json"]).stdout).unwrap();
    assert_eq!(printed, identity);
    assert_eq!(daemon.heard()[0].body, json!({"profile": "prod"}));
}

#[test]
fn lock_and_refresh_mean_everything_whatever_the_variables_say() {
    for (command, reply) in
        [("lock", json!({"locked": [], "handed_out_until": null})), ("refresh", json!([]))]
    {
        let daemon = Daemon::saying([Reply::json(&reply), Reply::json(&reply)]);
        let mut everything = stsd(&daemon, &[command, "--json"]);
        everything.env("STSD_PROFILE", "prod").env("AWS_PROFILE", "prod");
        assert_eq!(run(everything).code, 0);
        assert_eq!(ask(&daemon, &[command, "--json", "dev"]).code, 0);
        let heard = daemon.heard();
        assert_eq!(heard[0].line, format!("POST /v1/{command}"));
        assert_eq!(heard[0].body, json!({"profile": null}));
        assert_eq!(heard[1].body, json!({"profile": "dev"}));
    }
}

#[test]
fn lock_says_what_it_locked() {
    let reply =
        json!({"locked": ["AKIAIOSFODNN7EXAMPLE"], "handed_out_until": "2001-01-01T00:00:00Z"});
    let status = Reply::json(&value(a_day()));
    let daemon = Daemon::saying([Reply::json(&reply), status, Reply::json(&reply)]);
    assert_eq!(ask(&daemon, &["lock"]).stdout, include_str!("expected/lock.txt"));
    assert_eq!(
        ask(&daemon, &["lock", "--json"]).stdout.trim_end(),
        reply.to_string().replace(
            r#"{"handed_out_until":"2001-01-01T00:00:00Z","locked":["AKIAIOSFODNN7EXAMPLE"]}"#,
            r#"{"locked":["AKIAIOSFODNN7EXAMPLE"],"handed_out_until":"2001-01-01T00:00:00Z"}"#,
        )
    );
}

#[test]
fn a_lock_that_could_not_be_written_down_says_so_and_is_a_lock() {
    let reply = json!({"locked": [], "handed_out_until": null, "until_restart": true});
    let daemon = Daemon::saying([Reply::json(&reply), Reply::json(&value(a_day()))]);
    let ended = ask(&daemon, &["lock"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "nothing to lock\n"));
    assert!(ended.stderr.contains("holds until the daemon is restarted"), "{}", ended.stderr);
}

#[test]
fn refresh_fails_with_the_code_of_what_could_not_be_renewed() {
    let reports = value(&a_day().profiles[1..]);
    let status = Reply::json(&value(a_day()));
    let daemon = Daemon::saying([Reply::json(&reports), status, Reply::json(&reports)]);
    let ended = ask(&daemon, &["refresh"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains("\nprod     ready   default  "), "{}", ended.stdout);
    assert!(ended.stdout.contains("\nSTS denied profile audit; run"), "{}", ended.stdout);
    let printed: Value =
        serde_json::from_str(&ask(&daemon, &["refresh", "--json"]).stdout).unwrap();
    assert_eq!(printed, reports);
}

#[test]
fn refresh_fails_where_the_session_turns_out_to_have_ended_and_not_where_nothing_was_asked() {
    let mut prod = profile("prod");
    prod.state = ProfileState::Locked;
    for (error, code) in
        [(None, 0), (Some(Refusal::new(RefusalCode::Denied, "STS denied profile prod")), 1)]
    {
        prod.last_error = error;
        let daemon = Daemon::saying([Reply::json(&value([&prod]))]);
        assert_eq!(ask(&daemon, &["refresh", "prod", "--json"]).code, code);
    }
}

#[test]
fn help_and_version_succeed_and_everything_unknown_is_wrong_usage() {
    let daemon = Daemon::saying([]);
    for arguments in [&["--help"][..], &["unlock", "--help"], &["--version"], &["env", "-V"]] {
        let ended = ask(&daemon, arguments);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(ended.stdout.contains("stsd"), "{arguments:?}");
    }
    for arguments in [&[][..], &["statsu"], &["status", "-x"], &["exec"], &["exec", "prod", "ls"]] {
        let ended = ask(&daemon, arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (64, ""), "{arguments:?}");
    }
    assert!(ask(&daemon, &["statsu"]).stderr.contains("'status'"));
}

#[test]
fn a_refusal_leaves_standard_output_empty_with_json_too() {
    for command in ["status", "profiles", "whoami", "refresh", "lock"] {
        let daemon = Daemon::saying([refusal(RefusalCode::Locked, "stsd is locked")]);
        let ended = ask(&daemon, &[command, "--json"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (77, ""), "{command}");
        assert!(ended.stderr.starts_with("stsd: error: stsd is locked\n"), "{command}");
    }
}
