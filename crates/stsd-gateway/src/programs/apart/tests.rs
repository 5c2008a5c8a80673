//! The two sides on one socket, without a process between them.

use std::path::Path;
use std::time::Duration;

use stsd_protocol::gateway::{FailureKind, Settings};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::gateway::{Apart, ProgramsApart};
use super::{Begin, frames, run_programs};
use crate::profiles::Program;

/// Files with a program for `tool`, which is allowed, and the same for `other`, which is not.
fn files(command: &str) -> TempDir {
    let home = TempDir::new().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let profile = |name: &str| format!("[profile {name}]\ncredential_process = {command}\n");
    std::fs::write(home.path().join(".aws/config"), profile("tool") + &profile("other")).unwrap();
    home
}

fn start(home: &Path, sides: &mut JoinSet<()>) -> Apart {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let path = vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
    let allow_programs = vec!["tool".to_owned()];
    let settings = Settings { allow_programs, program_environment: path, ..Settings::default() };
    std::io::Write::write_all(&mut &ours, &frames::encode(&Begin { settings }).unwrap()).unwrap();
    theirs.set_nonblocking(true).unwrap();
    let theirs = tokio::net::UnixStream::from_std(theirs).unwrap();
    let home = Some(home.to_owned());
    sides.spawn(async move { run_programs(theirs, home, || ()).await.unwrap() });
    ProgramsApart::on(ours).ask().unwrap()
}

/// What a gateway that is no longer itself might ask for.
fn program(profile: &str, key: &'static str) -> Program {
    Program { profile: profile.to_owned(), key, command: "echo evil".to_owned() }
}

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn what_runs_is_what_the_files_name_and_not_what_is_asked_for() {
    let (home, mut sides) = (files("echo good"), JoinSet::new());
    let apart = start(home.path(), &mut sides);
    let output = apart.run(&program("tool", "credential_process"), LONG).await.unwrap();
    assert_eq!(*output, b"good\n");
    for (profile, key) in [
        ("other", "credential_process"),
        ("tool", "mfa_process"),
        ("nobody", "credential_process"),
        ("tool", "role_arn"),
    ] {
        let failed = apart.run(&program(profile, key), LONG).await.unwrap_err();
        assert_eq!(failed.kind, FailureKind::Changed, "{profile} {key}");
    }
}

#[tokio::test]
async fn a_failure_arrives_as_it_was() {
    let (home, mut sides) = (files("echo 'no card' >&2; exit 3"), JoinSet::new());
    let apart = start(home.path(), &mut sides);
    let failed = apart.run(&program("tool", "credential_process"), LONG).await.unwrap_err();
    assert_eq!(failed.message, "ended with exit status 3: no card");
    let short = Duration::from_millis(50);
    std::fs::write(
        home.path().join(".aws/config"),
        "[profile tool]\ncredential_process = sleep 60\n",
    )
    .unwrap();
    let failed = apart.run(&program("tool", "credential_process"), short).await.unwrap_err();
    assert_eq!(failed.kind, FailureKind::Unavailable);
}

#[tokio::test]
async fn what_nobody_waits_for_is_killed_and_the_rest_goes_on() {
    let command = "exec 9>fifo; echo up >&9; sleep 60";
    let (home, mut sides) = (files(command), JoinSet::new());
    let fifo = home.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let apart = start(home.path(), &mut sides);
    let tool = program("tool", "credential_process");
    let up = tokio::task::spawn_blocking(move || {
        let mut fifo = std::fs::File::open(fifo).unwrap();
        std::io::Read::read_exact(&mut fifo, &mut [0; 3]).unwrap();
        fifo
    });
    let mut fifo = tokio::select! {
        _ = apart.run(&tool, LONG) => panic!("it ended"),
        fifo = up => fifo.unwrap(),
    };
    // The end comes when the last process that holds it has died.
    let rest =
        tokio::task::spawn_blocking(move || std::io::Read::read(&mut fifo, &mut [0]).unwrap());
    assert_eq!(tokio::time::timeout(LONG, rest).await.unwrap().unwrap(), 0);
    std::fs::write(
        home.path().join(".aws/config"),
        "[profile tool]\ncredential_process = echo on\n",
    )
    .unwrap();
    assert_eq!(*apart.run(&tool, LONG).await.unwrap(), b"on\n");
}

#[tokio::test]
async fn without_the_other_side_it_says_so() {
    let (home, mut sides) = (files("echo good"), JoinSet::new());
    let apart = start(home.path(), &mut sides);
    sides.shutdown().await;
    let failed = apart.run(&program("tool", "credential_process"), LONG).await.unwrap_err();
    assert!(failed.message.contains("has ended"), "{}", failed.message);
}
