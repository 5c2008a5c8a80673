//! `env` and `exec`: what a shell and a command really have in their environment afterwards.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stsd_protocol::RefusalCode;
use stsd_protocol::control::Environment;

use crate::support::{Daemon, Ended, Reply, STSD, ask, connect, environment, refusal, run, stsd};

/// A name with everything in it that a shell could trip over.
const HOSTILE: &str = "it's $(touch pwned) `touch pwned` \"; touch pwned #\\ \n*";

pub(crate) fn saying(environment: &Environment) -> Daemon {
    Daemon::saying([Reply::json(&serde_json::to_value(environment).unwrap())])
}

/// A shell that evaluates what `stsd env` prints, in a folder where nothing must appear.
pub(crate) fn shell(
    shell: &str,
    daemon: &Daemon,
    script: &str,
    variables: &[(&str, &str)],
) -> Ended {
    let mut command = Command::new(shell);
    command.args(["-c", script]).current_dir(daemon.folder());
    connect(&mut command, daemon);
    command.env("STSD", STSD).envs(variables.iter().copied());
    run(command)
}

#[test]
fn sh_and_bash_read_every_value_back_as_it_is() {
    for program in ["sh", "bash"] {
        let mut hostile = environment(HOSTILE);
        hostile.config_view = format!("/state/{HOSTILE}/config");
        let daemon = saying(&hostile);
        let script = r#"eval "$("$STSD" env)"; printf '%s|%s' "$STSD_PROFILE" "$AWS_CONFIG_FILE""#;
        let ended = shell(program, &daemon, script, &[]);
        assert_eq!(ended.stdout, format!("{HOSTILE}|/state/{HOSTILE}/config"), "{program}");
        assert_eq!(ended.stderr, "", "{program}");
        assert!(!daemon.folder().join("pwned").exists(), "{program} ran what stands in a name");
    }
}

#[test]
fn what_would_win_over_the_endpoint_is_gone_and_not_blank() {
    let daemon = saying(&environment("prod"));
    let script = r#"eval "$("$STSD" env prod)"; env | sort"#;
    let before = [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_PROFILE", "dev"),
        ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/x"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "x"),
        ("NO_PROXY", "corp.example"),
    ];
    let ended = shell("sh", &daemon, script, &before);
    let ours = |line: &&str| {
        ["AWS_", "STSD_PROFILE", "NO_PROXY", "no_proxy"].iter().any(|name| line.starts_with(name))
    };
    let seen: Vec<&str> = ended.stdout.lines().filter(ours).collect();
    let wanted: Vec<&str> = include_str!("expected/env-prod.txt").lines().collect();
    assert_eq!(seen, wanted);
}

#[test]
fn the_printed_lines_are_pinned() {
    for (format, wanted) in [
        ("env", include_str!("expected/env.txt")),
        ("env-no-export", include_str!("expected/env-no-export.txt")),
        ("fish", include_str!("expected/env-fish.txt")),
        ("powershell", include_str!("expected/env-powershell.txt")),
        ("windows-cmd", include_str!("expected/env-windows-cmd.txt")),
        ("json", include_str!("expected/env.json")),
    ] {
        let daemon = saying(&environment("prod"));
        let ended = ask(&daemon, &["env", "prod", "--format", format]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
        assert_eq!(ended.stdout, wanted, "{format}");
        assert_eq!(daemon.heard()[0].body, json!({"profile": "prod"}));
    }
}

#[test]
fn a_region_that_came_with_another_profile_does_not_stay_and_the_users_own_does() {
    for (region, after) in [("us-west-2", "unset"), ("sa-east-1", "sa-east-1")] {
        let mut plain = environment("plain");
        plain.region = None;
        let view = tempfile::NamedTempFile::new().unwrap();
        fs::write(view.path(), "[profile prod]\nregion = us-west-2\n[profile plain]\n").unwrap();
        plain.config_view = view.path().to_str().unwrap().to_owned();
        let script = r#"eval "$("$STSD" env plain)"; printf %s "${AWS_REGION-unset}""#;
        let before = [("STSD_PROFILE", "prod"), ("AWS_REGION", region)];
        assert_eq!(shell("sh", &saying(&plain), script, &before).stdout, after);
    }
}

#[test]
fn without_its_port_the_endpoint_is_left_out_with_a_warning() {
    let mut portless = environment("prod");
    portless.credentials_uri = None;
    let ended = ask(&saying(&portless), &["env", "--format", "json"]);
    let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(printed["AWS_CONTAINER_CREDENTIALS_FULL_URI"], Value::Null);
    assert_eq!(printed["AWS_CONFIG_FILE"], "/state/aws/config");
    assert!(ended.stderr.starts_with("stsd: warning: the endpoint's port"), "{}", ended.stderr);
    assert_eq!(ended.code, 0);
}

#[test]
fn no_view_publishes_the_endpoint_alone() {
    let ended = ask(&saying(&environment("prod")), &["env", "--no-view", "--format", "json"]);
    let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(printed["AWS_CONFIG_FILE"], Value::Null);
    assert_eq!(printed["AWS_SHARED_CREDENTIALS_FILE"], Value::Null);
    assert_eq!(printed["AWS_CONTAINER_CREDENTIALS_FULL_URI"], "http://127.0.0.1:7873/creds/prod");
}

/// No daemon; a state directory that one left behind.
fn offline() -> Daemon {
    let daemon = Daemon::saying([]);
    let state = daemon.folder().join("stsd");
    fs::create_dir_all(state.join("aws")).unwrap();
    fs::write(state.join("port"), "7999").unwrap();
    fs::write(state.join("authorization-token"), "x").unwrap();
    fs::write(state.join("aws/credentials"), "").unwrap();
    let view =
        "[profile prod]\nregion = us-west-2\ncredential_process = stsd credential-process prod\n";
    fs::write(state.join("aws/config"), view).unwrap();
    daemon
}

fn offline_client(home: &Daemon, arguments: &[&str]) -> Command {
    let mut command = stsd(home, arguments);
    command.env("XDG_STATE_HOME", home.folder()).env("STSD_SOCKET", home.folder().join("none"));
    command
}

#[test]
fn without_a_daemon_the_state_directory_is_enough() {
    let home = offline();
    let ended = run(offline_client(&home, &["env", "prod", "--format", "json"]));
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
    let state = home.folder().join("stsd");
    let path = |name: &str| json!(state.join(name).to_str().unwrap());
    assert_eq!(printed["AWS_CONTAINER_CREDENTIALS_FULL_URI"], "http://127.0.0.1:7999/creds/prod");
    assert_eq!(printed["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"], path("authorization-token"));
    assert_eq!(printed["AWS_CONFIG_FILE"], path("aws/config"));
    assert_eq!(printed["AWS_REGION"], "us-west-2");
    assert_eq!(printed["STSD_PROFILE"], "prod");
}

/// A shell's start file has this line.
#[test]
fn a_daemon_that_hangs_does_not_keep_a_shell_from_starting() {
    let home = offline();
    let (reply, _held) = Reply::json(&json!({})).held();
    let hanging = Daemon::saying([reply]);
    let mut command = offline_client(&home, &["env", "prod"]);
    command.env("STSD_SOCKET", hanging.socket());
    let start = Instant::now();
    let ended = run(command);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert!(ended.stdout.contains("http://127.0.0.1:7999/creds/prod"), "{}", ended.stdout);
    assert!(start.elapsed() < Duration::from_secs(15));
}

#[test]
fn an_unknown_profile_is_refused_with_a_daemon_and_without() {
    let home = offline();
    let daemon = Daemon::saying([refusal(RefusalCode::UnknownProfile, "no profile prdo")]);
    for command in [offline_client(&home, &["env", "prdo"]), stsd(&daemon, &["env", "prdo"])] {
        let ended = run(command);
        assert_eq!((ended.code, ended.stdout.as_str()), (78, ""));
        assert!(ended.stderr.contains("prdo"), "{}", ended.stderr);
    }
}

#[test]
fn where_no_daemon_ever_ran_it_says_how_to_start_one() {
    let daemon = Daemon::saying([]);
    let ended = run(offline_client(&daemon, &["env"]));
    assert_eq!((ended.code, ended.stdout.as_str()), (69, ""));
    assert!(ended.stderr.contains("no daemon answers at"), "{}", ended.stderr);
}

/// A daemon that also has an authorization token for the command, or not.
fn for_exec(token: Reply) -> Daemon {
    let environment = serde_json::to_value(environment("prod")).unwrap();
    Daemon::saying([Reply::json(&environment), token])
}

#[test]
fn exec_gives_the_command_a_token_for_its_profile_alone_where_the_daemon_has_one() {
    let script = r#"printf %s "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE""#;
    let its_own = json!({"name": "exec-prod", "authorization_token_file": "/s/exec-tokens/prod"});
    let older = || refusal(RefusalCode::NotFound, "no such path");
    let own = environment("prod").authorization_token_file;
    for (reply, file) in [(Reply::json(&its_own), "/s/exec-tokens/prod"), (older(), own.as_str())] {
        let ended = ask(&for_exec(reply), &["exec", "prod", "--", "sh", "-c", script]);
        assert_eq!((ended.code, ended.stdout.as_str()), (0, file));
    }
}

#[test]
fn exec_starts_nothing_where_its_token_is_refused() {
    for code in [RefusalCode::Internal, RefusalCode::BadRequest, RefusalCode::UnknownProfile] {
        let daemon = for_exec(refusal(code, "it cannot be written"));
        let ended = ask(&daemon, &["exec", "prod", "--", "echo", "started"]);
        assert!(ended.code != 0 && ended.stdout.is_empty(), "{code:?}: {}", ended.stdout);
        assert!(ended.stderr.contains("it cannot be written"), "{}", ended.stderr);
    }
}

#[test]
fn without_a_daemon_exec_takes_the_token_that_is_there() {
    let home = offline();
    let script = r#"printf %s "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE""#;
    let state = home.folder().join("stsd");
    let started = || run(offline_client(&home, &["exec", "prod", "--", "sh", "-c", script]));
    assert_eq!(started().stdout, state.join("authorization-token").to_str().unwrap());
    fs::create_dir(state.join("exec-tokens")).unwrap();
    fs::write(state.join("exec-tokens/prod"), "x").unwrap();
    let (ended, file) = (started(), state.join("exec-tokens/prod"));
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), (file.to_str().unwrap(), ""));
}

#[test]
fn exec_becomes_the_command_with_the_same_variables() {
    let daemon = for_exec(refusal(RefusalCode::NotFound, "no such path"));
    let script = r#"printf '%s %s %s' "$STSD_PROFILE" "${AWS_PROFILE-unset}" "$1"; exit 3"#;
    let mut command = stsd(&daemon, &["exec", "prod", "--", "sh", "-c", script, "sh", "-p"]);
    command.env("AWS_PROFILE", "dev");
    let ended = run(command);
    assert_eq!((ended.code, ended.stderr.as_str()), (3, ""));
    assert_eq!(ended.stdout, "prod unset -p");
}

#[test]
fn exec_says_as_a_shell_does_what_does_not_start() {
    for (program, code) in [("stsd-no-such-command", 127), ("/", 126)] {
        let daemon = for_exec(refusal(RefusalCode::NotFound, "no such path"));
        let ended = ask(&daemon, &["exec", "--", program]);
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""));
        assert!(ended.stderr.starts_with(&format!("stsd: error: {program}: ")), "{}", ended.stderr);
    }
}

#[test]
fn exec_starts_nothing_for_a_profile_that_is_not_served() {
    let daemon = Daemon::saying([refusal(RefusalCode::UnsupportedProfile, "sso is not served")]);
    let ended = ask(&daemon, &["exec", "sso", "--", "echo", "started"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (78, ""));
}
