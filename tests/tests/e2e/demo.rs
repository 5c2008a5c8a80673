//! `cargo demo`, read in a pipe, and interrupted.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use stsd_tests::leaks::{Planted, assert_clean};
use stsd_tests::{Log, PATIENCE, secrets};

fn started() -> (Child, Log) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut demo = command.spawn().unwrap();
    let story = Log::of(demo.stdout.take().unwrap());
    (demo, story)
}

/// The demo's home, as the story shows it.
fn home(story: &Log) -> PathBuf {
    let line = story.line_after(0, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=", PATIENCE).unwrap();
    let (_, file) = line.split_once('=').unwrap();
    Path::new(file).ancestors().nth(3).unwrap().to_owned()
}

#[test]
fn tells_the_whole_story_and_leaves_nothing_behind() {
    let (mut demo, story) = started();
    let home = home(&story);
    assert!(home.exists(), "it is there while the story is told");
    for words in [
        "stsd is locked - run `stsd unlock`",
        "unlocked default (account 111122223333)",
        "arn:aws:iam::111122223333:user/alice",
        "assumed-role/prod/alice",
        "assumed-role/deep/alice",
        "assumed-role/staging/alice, signed with ASIA",
        "stsd: hint: run `stsd unlock`",
        "for a session 1 time,",
        "With your own account:",
    ] {
        assert!(story.line_after(0, words, PATIENCE).is_some(), "{words} in:\n{}", story.text());
    }
    assert!(demo.wait().unwrap().success());
    assert!(!story.text().contains('\u{1b}'), "no colours in a pipe");
    let keys = secrets().into_iter().map(|(profile, _, secret)| Planted::new(profile, &secret));
    assert_clean("the story", story.text().as_bytes(), &keys.collect::<Vec<_>>());
    assert!(!home.exists());
}

#[test]
fn interrupted_it_leaves_nothing_behind_either() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (mut demo, story) = started();
        let home = home(&story);
        let control = home.join("run/stsd/stsd.sock");
        kill(Pid::from_raw(i32::try_from(demo.id()).unwrap()), signal).unwrap();
        assert_eq!(demo.wait().unwrap().code(), Some(130));
        assert!(!control.exists() && !home.exists(), "{}", home.display());
    }
}
