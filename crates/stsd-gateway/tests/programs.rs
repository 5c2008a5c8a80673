//! Programs that say credentials and token codes: what is asked of STS with them, and what is said of
//! those that fail.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

mod common;

use std::fs;

use common::script::{Answer, Call, Script, alice, error, failure, issued, role, session};
use common::{Home, KEYS, target};
use stsd_protocol::gateway::{
    AssumeRequest, Base, Failure, FailureKind, Hop, Issued, LongTermKeys, Mfa, Operation, Response,
    Settings, UnlockRequest,
};

const MFA: &str = "arn:aws:iam::111122223333:mfa/alice";
const LONG_TERM: &str = r#"{"Version": 1, "AccessKeyId": "AKIATOLD", "SecretAccessKey": "told"}"#;
const TEMPORARY: &str = r#"{"Version": 1, "AccessKeyId": "ASIATOLD", "SecretAccessKey": "told",
    "SessionToken": "token-told", "Expiration": "2027-01-15T10:00:00+01:00"}"#;

/// A profile `tool` whose program is this command, and which says this where it is `cat said`.
fn home(command: &str, said: &str) -> Home {
    let config = format!("[profile tool]\ncredential_process = {command}\n");
    let home = Home::new(&config, "");
    fs::write(home.0.path().join("said"), said).unwrap();
    home
}

fn allowed(names: &[&str]) -> Settings {
    let allow_programs = names.iter().map(|name| (*name).to_owned()).collect();
    let path = vec![("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned())];
    Settings { allow_programs, program_environment: path, ..Settings::default() }
}

fn tool() -> LongTermKeys {
    LongTermKeys { source_profile: "tool".to_owned(), identity: "process:tool".to_owned() }
}

fn unlock(keys: LongTermKeys, mfa: Option<Mfa>) -> Operation {
    let target = target(None);
    Operation::Unlock(UnlockRequest { keys, target, mfa, duration_seconds: 3600, clock_offset: 0 })
}

fn by_program() -> Option<Mfa> {
    Some(Mfa { serial_number: MFA.to_owned(), token_code: None })
}

fn assume() -> Operation {
    let hop = Hop {
        role_arn: "arn:aws:iam::444455556666:role/A".to_owned(),
        external_id: None,
        role_session_name: Some("ci".to_owned()),
        duration_seconds: Some(7200),
        target: target(None),
    };
    let (base, hops) = (Base::LongTerm(tool()), vec![hop]);
    Operation::Assume(AssumeRequest { base, hops, clock_offset: 0 })
}

async fn run(home: &Home, op: Operation, answers: Vec<Answer>) -> (Response, Vec<Call>) {
    Script::new(answers).run_with(home, allowed(&["tool", "default"]), op).await
}

async fn unlocked(said: &str, answers: Vec<Answer>) -> (Issued, Vec<Call>) {
    let op = unlock(tool(), None);
    let (response, calls) = run(&home("cat said", said), op, answers).await;
    (issued(response), calls)
}

async fn fails(command: &str, said: &str) -> Failure {
    let (response, _) = run(&home(command, said), unlock(tool(), None), vec![]).await;
    failure(response)
}

#[tokio::test]
async fn long_term_keys_that_it_says_buy_a_session() {
    let (issued, calls) = unlocked(LONG_TERM, vec![alice(), session("1")]).await;
    assert_eq!(issued.credentials.access_key_id, "ASIA1");
    assert_eq!(calls[1].action(), "GetSessionToken");
    assert!(calls[1].authorization.contains("Credential=AKIATOLD/"));
    assert_eq!(calls[1].session_token, None);
}

#[tokio::test]
async fn temporary_credentials_that_it_says_are_the_session() {
    for answer in
        [alice(), error(503, "ServiceUnavailable", "down"), error(403, "AccessDenied", "")]
    {
        let (issued, calls) = unlocked(TEMPORARY, vec![answer]).await;
        let given = &issued.credentials;
        assert_eq!(given.access_key_id, "ASIATOLD");
        assert_eq!(given.secret_access_key.expose(), "told");
        assert_eq!(given.session_token.expose(), "token-told");
        assert_eq!(given.expiration.to_string(), "2027-01-15T09:00:00Z");
        assert_eq!(calls[0].session_token.as_deref(), Some("token-told"));
    }
    let refused = error(403, "InvalidClientTokenId", "no");
    let op = unlock(tool(), None);
    let (response, _) = run(&home("cat said", TEMPORARY), op, vec![refused]).await;
    assert_eq!(failure(response).kind, FailureKind::Denied);
}

#[tokio::test]
async fn where_sts_says_that_they_have_ended_the_program_is_asked_again_later() {
    for (op, answers) in [
        (unlock(tool(), None), vec![error(403, "ExpiredToken", "ended")]),
        (assume(), vec![error(403, "ExpiredTokenException", "ended")]),
    ] {
        let (response, _) = run(&home("cat said", TEMPORARY), op, answers).await;
        let failure = failure(response);
        assert!(failure.kind == FailureKind::Unavailable && failure.retryable, "{failure:?}");
        assert_eq!(failure.code, "ProgramError");
        let says = "credential_process of profile tool printed credentials that have ended";
        assert_eq!(failure.message, says);
    }
}

#[tokio::test]
async fn without_an_end_they_live_for_a_quarter_of_an_hour() {
    for end in ["", r#", "Expiration": null"#, r#", "Expiration": """#] {
        let said = format!(
            r#"{{"Version":1,"AccessKeyId":"A","SecretAccessKey":"b","SessionToken":"c"{end}}}"#
        );
        let (issued, _) = unlocked(&said, vec![alice()]).await;
        let end = issued.credentials.expiration.unix() - 1_800_000_000;
        assert!((900..960).contains(&end), "{end}");
    }
}

#[tokio::test]
async fn a_role_is_assumed_with_what_it_says() {
    for (said, token, duration) in
        [(LONG_TERM, None, "7200"), (TEMPORARY, Some("token-told"), "3600")]
    {
        let (response, calls) = run(&home("cat said", said), assume(), vec![role("A")]).await;
        assert_eq!(issued(response).credentials.access_key_id, "ASIAA");
        assert_eq!(calls[0].session_token.as_deref(), token);
        assert_eq!(calls[0].value("DurationSeconds"), Some(duration));
    }
}

#[tokio::test]
async fn what_is_no_credentials_is_refused_and_never_shown() {
    use FailureKind::{Configuration, Unavailable};
    let json = |version: &str, rest: &str| {
        format!(
            r#"{{"Version":{version},"AccessKeyId":"AKIA1","SecretAccessKey":"hunter2"{rest}}}"#
        )
    };
    for (said, kind, says) in [
        (String::new(), Configuration, "no JSON object"),
        ("hunter2".to_owned(), Configuration, "no JSON object"),
        (json("1", "")[..40].to_owned(), Configuration, "no JSON object"),
        (r#"{"Version":1,"AccessKeyId":"hunter2"}"#.to_owned(), Configuration, "no JSON object"),
        (
            r#"{"Version":1,"AccessKeyId":"h-2","SecretAccessKey":"hunter2"}"#.to_owned(),
            Configuration,
            "no JSON object",
        ),
        (
            r#"{"AccessKeyId":"AKIA1","SecretAccessKey":"hunter2"}"#.to_owned(),
            Configuration,
            "Version",
        ),
        (json("1", r#","SessionToken":"hunter2\n""#), Configuration, "no JSON object"),
        (
            json("1", &format!(r#","SessionToken":"hunter2{}""#, "x".repeat(6138))),
            Configuration,
            "no JSON object",
        ),
        (json("2", ""), Configuration, "Version"),
        (json(r#""1""#, ""), Configuration, "Version"),
        (json("1", r#","Expiration":"hunter2""#), Configuration, "Expiration"),
        (json("1", "").replace("AKIA1", "ASIA1"), Configuration, "SessionToken"),
        (
            json("1", r#","SessionToken":"hunter2","Expiration":"2027-01-15T08:00:00Z""#),
            Unavailable,
            "have ended",
        ),
        (json("1", "") + &" ".repeat(70_000), Configuration, "64 KiB"),
    ] {
        let failure = fails("cat said", &said).await;
        assert_eq!((failure.code.as_str(), failure.kind), ("ProgramError", kind), "{said}");
        assert_eq!(failure.retryable, kind == Unavailable);
        let start = "credential_process of profile tool printed ";
        assert!(
            failure.message.starts_with(start) && failure.message.contains(says),
            "{failure:?}"
        );
        assert!(!failure.message.contains("hunter2") && !failure.code_sent, "{failure:?}");
    }
}

#[tokio::test]
async fn one_that_fails_is_shown_by_its_first_line_on_standard_error() {
    use FailureKind::{Configuration, Unavailable};
    for (command, kind, message) in [
        (
            "echo hunter2; echo 'log in first' >&2; exit 3",
            Unavailable,
            "ended with exit status 3: log in first",
        ),
        ("echo hunter2; exit 1", Unavailable, "ended with exit status 1"),
        ("no-such-program hunter2", Configuration, "ended with exit status 127: "),
        (
            "echo wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY >&2; false",
            Unavailable,
            "ended with exit status 1: \u{2026}",
        ),
    ] {
        let failure = fails(command, "").await;
        assert_eq!((failure.code.as_str(), failure.kind), ("ProgramError", kind), "{command}");
        let expected = format!("credential_process of profile tool {message}");
        assert!(failure.message.starts_with(&expected), "{failure:?}");
        assert!(!failure.message.contains("hunter2"), "{failure:?}");
    }
}

#[tokio::test]
async fn it_sees_home_and_what_the_settings_say_and_nothing_else() {
    let home = home("env > seen; pwd >> seen; cat; cat said", LONG_TERM);
    let (response, _) = run(&home, unlock(tool(), None), vec![alice(), session("1")]).await;
    issued(response);
    let seen = fs::read_to_string(home.0.path().join("seen")).unwrap();
    // What the shell sets by itself.
    let by_shell = ["PWD=", "OLDPWD=", "SHLVL=", "_="];
    let mut lines: Vec<&str> =
        seen.lines().filter(|line| !by_shell.iter().any(|name| line.starts_with(name))).collect();
    lines.sort_unstable();
    let place = fs::canonicalize(home.0.path()).unwrap();
    let place = place.to_str().unwrap();
    let home = format!("HOME={}", home.0.path().display());
    assert_eq!(lines, [place, home.as_str(), "PATH=/usr/local/bin:/usr/bin:/bin"]);
}

#[tokio::test]
async fn it_runs_once_for_all_who_want_its_keys_at_the_same_time() {
    let home = home("echo >> runs; cat said", LONG_TERM);
    let runs = || fs::read(home.0.path().join("runs")).unwrap().len();
    let settings = || allowed(&["tool"]);
    let script = Script::new([role("A"), role("A")]);
    let gateway = script.gateway(&home);
    let ask = || gateway.handle(common::request(settings(), assume()));
    let (one, two) = tokio::join!(ask(), ask());
    assert_eq!(
        [issued(one), issued(two)].map(|issued| issued.credentials.access_key_id),
        ["ASIAA"; 2]
    );
    assert_eq!(runs(), 1);
    run(&home, assume(), vec![role("A")]).await;
    assert_eq!(runs(), 2);
}

#[tokio::test]
async fn no_program_runs_that_is_not_allowed_or_no_longer_there() {
    for (allow, command) in
        [("other", "touch ran; cat said"), ("tool", "touch ran; stsd credential-process")]
    {
        let home = home(command, LONG_TERM);
        let script = Script::new([]);
        let (response, _) = script.run_with(&home, allowed(&[allow]), unlock(tool(), None)).await;
        let failure = failure(response);
        assert_eq!((failure.kind, failure.code.as_str()), (FailureKind::Changed, "KeysChanged"));
        assert!(!home.0.path().join("ran").exists());
    }
}

/// `[default]` with keys and a device, and a program for its codes.
fn with_code(command: &str) -> Home {
    let config = format!("[default]\nmfa_serial = {MFA}\nmfa_process = {command}\n");
    Home::new(&config, &format!("[default]\n{KEYS}"))
}

#[tokio::test]
async fn the_code_that_it_says_is_sent() {
    let op = unlock(common::keys(), by_program());
    let (response, calls) = run(&with_code("echo 424242"), op, vec![alice(), session("1")]).await;
    issued(response);
    assert_eq!(calls[1].value("TokenCode"), Some("424242"));
    assert_eq!(calls[1].value("SerialNumber"), Some(MFA));
    let invalid = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
    let refused = error(403, "AccessDenied", invalid);
    let op = unlock(common::keys(), by_program());
    let (response, _) = run(&with_code("echo 424242"), op, vec![alice(), refused]).await;
    let failure = failure(response);
    assert!(failure.kind == FailureKind::WrongCode && failure.code_sent, "{failure:?}");
}

#[tokio::test]
async fn what_is_no_code_is_never_shown_nor_sent() {
    for (command, kind, says) in [
        ("echo 4242424", FailureKind::Configuration, "printed something else than six digits"),
        ("echo code 424242", FailureKind::Configuration, "printed something else than six digits"),
        (
            "echo 424242; echo 'no 424242' >&2; exit 1",
            FailureKind::Unavailable,
            "ended with exit status 1: no \u{2026}",
        ),
    ] {
        let op = unlock(common::keys(), by_program());
        let (response, calls) = run(&with_code(command), op, vec![alice()]).await;
        let failure = failure(response);
        assert_eq!(failure.message, format!("mfa_process of profile default {says}"));
        assert_eq!((failure.code.as_str(), failure.kind), ("ProgramError", kind));
        assert!(!failure.code_sent && calls.len() == 1);
    }
}

#[tokio::test]
async fn no_code_is_asked_for_in_vain() {
    let home = with_code("touch ran; echo 424242");
    let refused = error(403, "InvalidClientTokenId", "no");
    let op = unlock(common::keys(), by_program());
    let (response, _) = run(&home, op, vec![refused]).await;
    assert_eq!(failure(response).kind, FailureKind::Denied);
    let other = Some(Mfa { serial_number: MFA.to_owned() + "2", token_code: None });
    let (response, _) = run(&home, unlock(common::keys(), other), vec![alice()]).await;
    assert_eq!(failure(response).kind, FailureKind::Changed);
    assert!(!home.0.path().join("ran").exists());
}
