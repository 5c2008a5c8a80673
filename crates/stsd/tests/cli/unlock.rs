//! `unlock` without a terminal: where a code comes from, and what is refused before anything is
//! asked.

use std::process::Command;

use serde_json::{Value, json};
use stsd_protocol::{Refusal, RefusalCode};

use crate::support::{
    Daemon, Reply, STSD, ask, challenge, connect, refusal, run, run_with_input, session, stsd,
    unlocked,
};

fn one_device() -> Reply {
    Reply::json(&json!([challenge("default", Some("alice"))]))
}

fn order(profile: &str, code: Value, seconds: Value, serial: Value) -> Value {
    json!({"profile": profile, "token_code": code, "duration_seconds": seconds,
           "mfa_serial": serial})
}

/// The client in a session of its own, which has no terminal even where the tests have one.
fn without_terminal(daemon: &Daemon, arguments: &[&str]) -> Command {
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(STSD).args(arguments);
    connect(&mut command, daemon);
    command
}

#[test]
fn says_what_there_is_until_when_and_for_whom() {
    let daemon = Daemon::saying([one_device(), unlocked("default")]);
    let ended = ask(&daemon, &["unlock", "123456"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, include_str!("expected/unlock.txt"));
    let heard = daemon.heard();
    assert_eq!(heard[0].line, "POST /v1/challenge");
    assert_eq!(heard[0].body, json!({"profile": null, "all": false, "mfa_serial": null}));
    assert_eq!(heard[1].line, "POST /v1/unlock");
    assert_eq!(heard[1].body, order("default", json!("123456"), json!(null), json!(null)));
}

#[test]
fn a_code_that_a_program_says_is_asked_of_nobody_and_a_given_one_goes_before_it() {
    let mut by_program = challenge("default", Some("alice"));
    by_program["mfa_process"] = json!(true);
    for (arguments, code) in
        [(&["unlock"][..], json!(null)), (&["unlock", "123456"], json!("123456"))]
    {
        let said = [Reply::json(&json!([by_program])), unlocked("default")];
        let daemon = Daemon::saying(said);
        let ended = run(without_terminal(&daemon, arguments));
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
        assert_eq!(daemon.heard()[1].body["token_code"], code);
    }
}

#[test]
fn every_spelling_of_the_issue_works() {
    for (arguments, profile) in [
        (&["unlock", "prod", "123456"][..], json!("prod")),
        (&["unlock", "-p", "prod", "123456"], json!("prod")),
        (&["unlock", "-p", "654321", "123456"], json!("654321")),
        (&["unlock", "prod", "123 456"], json!("prod")),
        (&["unlock", "123", "456"], json!(null)),
        (&["unlock", "--mfa-token", "123456"], json!(null)),
        (&["unlock", "--token-code=123456", "prod"], json!("prod")),
        (&["unlock", "--otp", "123456"], json!(null)),
    ] {
        let daemon = Daemon::saying([one_device(), unlocked("default")]);
        assert_eq!(ask(&daemon, arguments).code, 0, "{arguments:?}");
        let heard = daemon.heard();
        assert_eq!(heard[0].body["profile"], profile, "{arguments:?}");
        assert_eq!(heard[1].body["token_code"], "123456", "{arguments:?}");
    }
}

#[test]
fn length_and_device_are_handed_on() {
    let daemon = Daemon::saying([one_device(), unlocked("default")]);
    let arguments = ["unlock", "123456", "-d", "1h30m", "--serial-number", "arn:aws:iam::1:mfa/x"];
    assert_eq!(ask(&daemon, &arguments).code, 0);
    let heard = daemon.heard();
    let serial = json!("arn:aws:iam::1:mfa/x");
    assert_eq!(heard[0].body["mfa_serial"], serial);
    assert_eq!(heard[1].body, order("default", json!("123456"), json!(5400), serial));
}

#[test]
fn a_dash_reads_the_first_line_of_standard_input() {
    for arguments in [&["unlock", "-"][..], &["unlock", "--mfa-token", "-"]] {
        let daemon = Daemon::saying([one_device(), unlocked("default")]);
        let ended = run_with_input(stsd(&daemon, arguments), "123456\nsomething else\n");
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert_eq!(daemon.heard()[1].body["token_code"], "123456");
    }
}

#[test]
fn a_profile_without_a_device_needs_no_code() {
    let daemon = Daemon::saying([Reply::json(&json!([challenge("ci", None)])), unlocked("ci")]);
    assert_eq!(ask(&daemon, &["unlock", "ci"]).code, 0);
    assert_eq!(daemon.heard()[1].body, order("ci", json!(null), json!(null), json!(null)));
}

#[test]
fn what_cannot_be_meant_is_refused_before_the_daemon_is_asked() {
    for (arguments, says) in [
        (&["unlock", "prod", "12345"][..], "a token code has six digits"),
        (&["unlock", "--otp", "hunter2"], "a token code has six digits"),
        (&["unlock", "123456", "--otp", "123456"], "two token codes are given"),
        (&["unlock", "prod", "-p", "dev"], "two profiles are named"),
        (&["unlock", "prod", "--all"], "a profile and --all"),
        (&["unlock", "-d", "37h"], "a session lasts from 15 minutes to 36 hours"),
        (&["unlock", "-d", "never"], "`never` is not a length of time"),
        (&["unlok"], "stsd: hint: a similar subcommand exists: 'unlock'; see `stsd --help`\n"),
    ] {
        let daemon = Daemon::saying([]);
        let ended = ask(&daemon, arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (64, ""), "{arguments:?}");
        assert!(ended.stderr.contains(says), "{arguments:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("hunter2"), "what was typed as a code is shown");
        assert_eq!(daemon.heard(), []);
    }
}

#[test]
fn a_code_needs_exactly_one_device_that_it_can_be_of() {
    for (challenges, arguments, says) in [
        (json!([challenge("ci", None)]), &["unlock", "123456"][..], "no MFA device is configured"),
        (
            json!([challenge("default", Some("alice")), challenge("other", Some("bob"))]),
            &["unlock", "--all", "123456"],
            "one token code is given for 2 devices",
        ),
    ] {
        let daemon = Daemon::saying([Reply::json(&challenges)]);
        let ended = ask(&daemon, arguments);
        assert_eq!(ended.code, 64);
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
        assert_eq!(daemon.heard().len(), 1);
    }
}

#[test]
fn a_wrong_code_and_a_spent_one_have_their_own_sentences() {
    for (code, message) in
        [(RefusalCode::WrongCode, "STS did not take it"), (RefusalCode::SpentCode, "used before")]
    {
        let daemon = Daemon::saying([one_device(), refusal(code, message)]);
        let ended = ask(&daemon, &["unlock", "123456"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
        let hint = code.hint();
        assert_eq!(ended.stderr, format!("stsd: error: {message}\nstsd: hint: {hint}\n"));
    }
}

#[test]
fn without_a_terminal_it_says_how_to_give_the_code() {
    let daemon = Daemon::saying([one_device()]);
    let ended = run(without_terminal(&daemon, &["unlock"]));
    assert_eq!((ended.code, ended.stdout.as_str()), (64, ""));
    assert_eq!(ended.stderr, include_str!("expected/no-terminal.txt"));
    assert_eq!(daemon.heard().len(), 1);
}

#[test]
fn all_goes_on_after_a_failure_and_ends_with_the_first_ones_code() {
    let challenges = Reply::json(&json!([
        challenge("ci", None),
        challenge("default", Some("alice")),
        challenge("dev", None)
    ]));
    let down = refusal(RefusalCode::Unavailable, "STS does not answer");
    let daemon = Daemon::saying([challenges, down, unlocked("dev")]);
    let ended = run(without_terminal(&daemon, &["unlock", "--all", "--json"]));
    assert_eq!(ended.code, 75);
    assert_eq!(ended.stdout, serde_json::to_string(&[session("dev")]).unwrap() + "\n");
    assert!(ended.stderr.contains("STS does not answer"), "{}", ended.stderr);
    assert!(ended.stderr.contains("there is no terminal"), "{}", ended.stderr);
    assert_eq!(daemon.heard().len(), 3);
}

#[test]
fn who_must_wait_hears_so_before_anybody_else_is_asked_and_no_code_is_sent() {
    let mut resting = challenge("default", Some("alice"));
    resting["resting"] = json!(
        Refusal::new(RefusalCode::SlowDown, "3 wrong token codes in a row").with_hint("wait 7 s")
    );
    let said = "stsd: error: 3 wrong token codes in a row\nstsd: hint: wait 7 s\n";
    for arguments in [&["unlock"][..], &["unlock", "123456"], &["unlock", "-"]] {
        let daemon = Daemon::saying([Reply::json(&json!([resting]))]);
        let ended = run(without_terminal(&daemon, arguments));
        assert_eq!((ended.code, ended.stderr.as_str()), (75, said), "{arguments:?}");
        assert_eq!(daemon.heard().len(), 1);
    }
    let both = Reply::json(&json!([challenge("ci", None), resting]));
    let daemon = Daemon::saying([both, refusal(RefusalCode::Denied, "STS said no")]);
    let ended = run(without_terminal(&daemon, &["unlock", "--all"]));
    assert!(ended.stderr.starts_with(said) && ended.stderr.contains("STS said no"));
    assert_eq!(ended.code, 75);
}

#[test]
fn json_is_the_session_alone() {
    let daemon = Daemon::saying([one_device(), unlocked("default")]);
    let ended = ask(&daemon, &["unlock", "123456", "--json"]);
    assert_eq!(ended.stdout, serde_json::to_string(&session("default")).unwrap() + "\n");
}

#[test]
fn the_shells_profile_is_unlocked_where_none_is_named_and_all_heeds_no_variable() {
    for (arguments, profile) in
        [(&["unlock", "123456"][..], json!("s")), (&["unlock", "--all"], json!(null))]
    {
        let daemon = Daemon::saying([Reply::json(&json!([]))]);
        let mut command = stsd(&daemon, arguments);
        command.env("STSD_PROFILE", "s").env("AWS_PROFILE", "a");
        let ended = run(command);
        assert_eq!(ended.code, 78);
        assert!(ended.stderr.contains("no long-term access key"), "{}", ended.stderr);
        assert_eq!(daemon.heard()[0].body["profile"], profile);
    }
}
