//! `stsd doctor` with a scripted daemon and a scripted gateway: what a person reads, pinned in files,
//! the JSON beside it, and that nothing keeps it from an answer.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stsd_protocol::control::{ProfileState, Status};
use stsd_protocol::gateway::{InspectedFile, Problem, Severity};

use crate::support::{
    Clinic, Daemon, Ended, Reply, environment, file, inspection, plan, profile, session, status,
};

/// A daemon in this home, unlocked, with `default` and `prod`.
fn a_day(home: &Path) -> Status {
    let mut prod = profile("prod");
    prod.state = ProfileState::Ready;
    let mut default = profile("default");
    default.state = ProfileState::Ready;
    let mut status = status(vec![session("default")], vec![default, prod]);
    let text = |name: &str| home.join(name).to_string_lossy().into_owned();
    status.authorization_token_file = text("token");
    status.config_view = text("view");
    status
}

/// A home with that daemon, after a change.
fn clinic(change: impl FnOnce(&mut Status), problems: &[Problem]) -> Clinic {
    Clinic::with(|home| {
        let mut status = a_day(home);
        change(&mut status);
        let replies = [json!(status), json!(problems), json!(environment("default"))];
        Daemon::saying(replies.map(|reply| Reply::json(&reply)))
    })
}

/// The view of that day, on disk and in the gateway's mouth, and the user's own files.
fn view(clinic: &Clinic) -> [InspectedFile; 2] {
    let program = clinic.program();
    let command = |rest: &str| format!("{} credential-process{rest}", program.display());
    let text = format!(
        "[default]\ncredential_process = {}\n[profile prod]\ncredential_process = {}\n",
        command(""),
        command(" prod"),
    );
    let path = clinic.write("view", &text);
    let profiles = json!({
        "default": {"credential_process": command(""), "region": "eu-central-1"},
        "prod": {"credential_process": command(" prod"), "region": "eu-central-1"},
    });
    let view = file(&path, profiles);
    let keys = json!({"default": {
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": null,
    }});
    let own = file(&clinic.write("credentials", ""), keys);
    let nothing = file(Path::new("/nothing"), json!({}));
    let usual = file(&clinic.home().join(".aws/config"), json!({}));
    clinic.gateway_says(vec![
        inspection(view.clone(), nothing),
        inspection(usual, own.clone()),
        plan(&text),
    ]);
    [view, own]
}

/// What `stsd env prod` sets.
fn connected(clinic: &Clinic) -> Vec<(&'static str, String)> {
    let text = |name: &str| clinic.home().join(name).to_string_lossy().into_owned();
    vec![
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:7873/creds/prod".to_owned()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", text("token")),
        ("AWS_CONFIG_FILE", text("view")),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nothing".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("AWS_SDK_LOAD_CONFIG", "1".to_owned()),
        ("STSD_PROFILE", "prod".to_owned()),
    ]
}

fn ask(clinic: &Clinic, words: &[&str], more: &[(&str, &str)]) -> Ended {
    let connected = connected(clinic);
    let mut variables: Vec<_> = connected.iter().map(|(name, v)| (*name, v.as_str())).collect();
    variables.extend(more);
    clinic.ask(words, &variables)
}

fn codes(clinic: &Clinic, more: &[(&str, &str)]) -> Vec<String> {
    let said: Value = serde_json::from_str(&ask(clinic, &["--json"], more).stdout).unwrap();
    let findings = said["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_shell_where_all_is_well_exits_with_0() {
    let clinic = clinic(|_| {}, &[]);
    view(&clinic);
    let ended = ask(&clinic, &[], &[]);
    assert_eq!(ended.stdout, include_str!("expected/doctor-well.txt"));
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
}

fn ill(status: &mut Status) {
    status.clock_offset_seconds = 400;
    status.profiles[1].state = ProfileState::Locked;
}

const SICKNESS: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "x"),
    ("AWS_PROFILE", "prdo"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", ""),
    ("HTTP_PROXY", "http://proxy.example:3128"),
];

fn mistake(profile: &str) -> Problem {
    Problem {
        file: "/home/alice/.aws/config".to_owned(),
        line: Some(12),
        profile: Some(profile.to_owned()),
        key: Some("source_profile".to_owned()),
        severity: Severity::Error,
        message: "there is no profile y".to_owned(),
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_what_to_type() {
    let mistakes = [mistake("prod"), mistake("other")];
    for (words, expected) in [
        (&[][..], include_str!("expected/doctor-ill.txt")),
        (&["--json"], include_str!("expected/doctor-ill.json")),
    ] {
        let clinic = clinic(ill, &mistakes);
        view(&clinic);
        let token = clinic.write("token", "obviously-no-secret\n");
        fs::set_permissions(token, fs::Permissions::from_mode(0o644)).unwrap();
        let ended = ask(&clinic, words, SICKNESS);
        assert_eq!(ended.stdout, expected);
        assert_eq!((ended.code, ended.stderr.as_str()), (1, ""));
    }
}

#[test]
fn no_line_is_wider_than_80_columns_but_what_is_typed() {
    for line in include_str!("expected/doctor-ill.txt").lines() {
        assert!(line.len() <= 80 || line.starts_with("    "), "{line}");
    }
}

#[test]
fn a_profile_is_asked_about_as_each_tools_own_option() {
    let clinic = clinic(|_| {}, &[]);
    view(&clinic);
    let ended = ask(&clinic, &["default", "--json"], &[]);
    let said: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, &said["ok"], &said["profile"]), (0, &json!(true), &json!("default")));
    assert_eq!(said["tools"][0]["tool"], "botocore");
}

#[test]
fn a_section_that_stands_twice_is_found_with_its_line() {
    let clinic = clinic(|_| {}, &[]);
    let [mut config, _] = view(&clinic);
    config.repeated = Some(7);
    clinic.gateway_says(vec![inspection(config, InspectedFile::default())]);
    let ended = ask(&clinic, &[], &[]);
    assert!(ended.stdout.contains("stsd's view:7: this stands there a second"), "{}", ended.stdout);
    assert!(ended.stdout.contains("} +7 HOME/view\n"), "{}", ended.stdout);
}

#[test]
fn a_fish_user_reads_the_words_of_fish() {
    let clinic = clinic(|_| {}, &[]);
    view(&clinic);
    let ended = ask(&clinic, &[], &[("SHELL", "/usr/bin/fish"), ("AWS_PROFILE", "nosuch")]);
    assert!(ended.stdout.contains("\n    set -e AWS_PROFILE\n"), "{}", ended.stdout);
}

#[test]
fn without_daemon_gateway_and_files_it_says_so() {
    let clinic = Clinic::with(|_| Daemon::saying([]));
    fs::remove_file(clinic.program().with_file_name("stsd-gateway")).unwrap();
    let ended = clinic.ask(&["--json"], &[("STSD_SOCKET", "/nonexistent/stsd.sock")]);
    assert_eq!((ended.code, ended.stderr.as_str()), (1, ""));
    let said: Value = serde_json::from_str(&ended.stdout).unwrap();
    let findings = said["findings"].as_array().unwrap();
    let codes: Vec<_> = findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["NoDaemon", "FilesUnread", "NotConnected", "NoRegion"]);
}

#[test]
fn whatever_hangs_does_not_keep_it_long() {
    let (held, release) = Reply::json(&json!({})).held();
    let clinic = Clinic::with(|_| Daemon::saying([held]));
    // The gateway says nothing.
    clinic.gateway_says(vec![]);
    let start = Instant::now();
    let ended = clinic.ask(&["--json"], &[]);
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert!(ended.stdout.contains("DaemonSilent") && ended.stdout.contains("FilesUnread"));
    release.release();
}

#[test]
fn a_view_that_is_old_or_calls_another_stsd_is_found() {
    let clinic = clinic(|_| {}, &[]);
    view(&clinic);
    let old = "[default]\ncredential_process = /bin/sh credential-process\n";
    clinic.write("view", old);
    // What changed a moment ago is none of the daemon's fault.
    let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for name in ["view", "credentials"] {
        let file = fs::File::options().append(true).open(clinic.home().join(name)).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    assert_eq!(codes(&clinic, &[]), ["ViewStale", "ViewProgramOther"]);
}
