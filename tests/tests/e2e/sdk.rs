//! A real AWS SDK, by each way in, and whose key it signs with.

use std::path::Path;
use std::process::Command;

use stsd_tests::{ALICE, BOB, CI, Fixture, Ran};

const CLIENT: &str = env!("CARGO_BIN_EXE_rust-client");

/// A process that was given the documented variables and nothing else.
fn by_the_endpoint_alone(stsd: &Fixture, path: &str) -> Ran {
    let mut command = Command::new(CLIENT);
    command
        .env_clear()
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}{path}", stsd.daemon().endpoint()))
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", stsd.places().authorization_token())
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ENDPOINT_URL_STS", stsd.emulator.url());
    Ran::of(command)
}

/// The same in a shell of the user, with `~/.aws` and its long-term keys in sight.
fn under_env(stsd: &Fixture, profile: &str, more: &[(&str, &str)]) -> Ran {
    let script = format!("eval \"$(\"$STSD\" env {profile})\"; exec {CLIENT}");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script]).env_clear().envs(stsd.home.environment());
    command.env("STSD", stsd.programs.path("stsd")).envs(more.iter().copied());
    Ran::of(command)
}

fn under_exec(stsd: &Fixture, words: &[&str], more: &[(&str, &str)]) -> Ran {
    let mut command = stsd.command(&[&["exec"], words, &["--", CLIENT]].concat());
    command.envs(more.iter().copied());
    Ran::of(command)
}

/// A fixture that is unlocked, and a journal that begins after that.
fn unlocked() -> Fixture {
    let stsd = Fixture::start();
    stsd.unlock();
    stsd.emulator.clear_journal();
    stsd
}

/// From then on no long-term key has signed anything.
#[track_caller]
fn assert_no_long_term_key_signed(stsd: &Fixture) {
    let journal = stsd.emulator.journal();
    let keys: Vec<_> =
        journal.iter().filter_map(|entry| entry.asked.access_key_id.clone()).collect();
    assert!(stsd.asked("GetCallerIdentity") > 0, "the program has asked: {journal:#?}");
    assert!(keys.iter().all(|key| ![ALICE, BOB, CI].contains(&key.as_str())), "{keys:?}");
}

const USER: &str = "arn:aws:iam::111122223333:user/alice\n";
const PROD: &str = "arn:aws:sts::444455556666:assumed-role/prod/alice\n";
const DEEP: &str = "arn:aws:sts::777788889999:assumed-role/deep/alice\n";

#[test]
fn the_default_chain_finds_the_endpoint_by_two_variables() {
    let stsd = unlocked();
    for (path, arn) in [("/creds", USER), ("/creds/prod", PROD), ("/creds/deep", DEEP)] {
        assert_eq!(by_the_endpoint_alone(&stsd, path).well().stdout, arn);
    }
    assert_no_long_term_key_signed(&stsd);
}

#[test]
fn under_env_and_exec_the_view_leads_to_stsd_and_the_keys_in_default_win_nowhere() {
    let stsd = unlocked();
    for (profile, arn) in [("", USER), ("default", USER), ("prod", PROD), ("deep", DEEP)] {
        assert_eq!(under_env(&stsd, profile, &[]).well().stdout, arn, "env {profile}");
        let words = if profile.is_empty() { vec![] } else { vec![profile] };
        assert_eq!(under_exec(&stsd, &words, &[]).well().stdout, arn, "exec {profile}");
    }
    assert_no_long_term_key_signed(&stsd);
}

#[test]
fn keys_and_profiles_of_the_shell_do_not_win_either() {
    let stsd = unlocked();
    let before = [
        ("AWS_ACCESS_KEY_ID", ALICE),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("AWS_PROFILE", "bob"),
        ("AWS_ROLE_ARN", "arn:aws:iam::444455556666:role/hub"),
        ("HTTP_PROXY", "http://127.0.0.1:9"),
    ];
    assert_eq!(under_env(&stsd, "prod", &before).well().stdout, PROD);
    assert_eq!(under_exec(&stsd, &["prod"], &before).well().stdout, PROD);
    assert_no_long_term_key_signed(&stsd);
}

#[test]
fn a_named_profile_goes_through_the_view() {
    let stsd = unlocked();
    // The SDK takes the profile from a variable; `env` makes it unset, so it is set afterwards.
    let script = format!("eval \"$(\"$STSD\" env)\"; AWS_PROFILE=prod exec {CLIENT}");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script]).env_clear().envs(stsd.home.environment());
    command.env("STSD", stsd.programs.path("stsd"));
    assert_eq!(Ran::of(command).well().stdout, PROD);
    assert_no_long_term_key_signed(&stsd);
}

#[test]
fn without_the_view_the_endpoint_alone_is_published() {
    let stsd = unlocked();
    let variables = stsd.stsd(&["env", "prod", "--no-view", "--format", "json"]).json();
    assert!(variables["AWS_CONFIG_FILE"].is_null());
    let file = variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"].as_str().unwrap();
    assert_eq!(Path::new(file), stsd.places().authorization_token());
}

#[test]
fn locked_the_sdk_fails_at_once_and_works_again_after_an_unlock() {
    let stsd = Fixture::start();
    for ran in [
        by_the_endpoint_alone(&stsd, "/creds"),
        under_env(&stsd, "prod", &[]),
        under_exec(&stsd, &["prod"], &[]),
    ] {
        ran.failed(1);
    }
    let said = under_env(&stsd, "prod", &[]).failed(1);
    assert!(said.contains("stsd is locked - run `stsd unlock`"), "{said}");
    stsd.unlock();
    by_the_endpoint_alone(&stsd, "/creds").well();
    under_env(&stsd, "prod", &[]).well();
}

#[test]
fn exec_hands_on_the_exit_code_of_its_command() {
    let stsd = Fixture::start();
    let code = |command: &[&str]| stsd.stsd(&[&["exec", "prod", "--"], command].concat()).code;
    assert_eq!(code(&["/bin/sh", "-c", "exit 7"]), 7);
    assert_eq!(code(&["/nonexistent/program"]), 127);
    assert_eq!(code(&["/etc/passwd"]), 126);
}
