//! Command lines, and what could come next on them.

use clap::CommandFactory;

use super::{Candidate, candidates};
use crate::arguments::Arguments;

fn words(line: &[&str]) -> Vec<String> {
    let line: Vec<String> = line.iter().map(|word| (*word).to_owned()).collect();
    let mut stsd = Arguments::command();
    stsd.build();
    let profile = |name: &str| Candidate { word: name.to_owned(), meaning: String::new() };
    let found = candidates(&stsd, &line, |value| match value {
        "PROFILE" => Some(vec![profile("my prod"), profile("-p")]),
        "TOKEN" => Some(vec![profile("ci")]),
        _ => None,
    });
    found.into_iter().map(|candidate| candidate.word).collect()
}

#[test]
fn commands_come_first_and_hidden_ones_do_not() {
    let found = words(&[""]);
    for command in ["unlock", "status", "env", "exec", "completions"] {
        assert!(found.iter().any(|word| word == command), "{command}: {found:?}");
    }
    assert_eq!(words(&["no-such-command", ""]), [""; 0]);
}

#[test]
fn a_profile_is_completed_where_one_can_stand() {
    for line in [
        &["env", ""][..],
        &["unlock", ""],
        &["lock", ""],
        &["env", "--format", "fish", ""],
        &["env", "--no-view", ""],
        &["credential-process", ""],
    ] {
        assert_eq!(words(line), ["my prod"], "{line:?}");
    }
    assert_eq!(words(&["token", "create", "-p", ""]), ["my prod", "-p"]);
    assert_eq!(words(&["token", "revoke", ""]), ["ci"]);
    for line in [&["whoami", "-p", ""][..], &["whoami", "--profile", ""], &["env", "--", ""]] {
        assert_eq!(words(line), ["my prod", "-p"], "{line:?}");
    }
    assert_eq!(words(&["env", "--profile="]), ["--profile=my prod", "--profile=-p"]);
    for line in [&["env", "prod", ""][..], &["unlock", "prod", ""], &["status", ""]] {
        assert_eq!(words(line), [""; 0], "{line:?}");
    }
}

#[test]
fn the_values_of_an_option_are_its_own() {
    assert!(words(&["env", "--format", ""]).contains(&"powershell".to_owned()));
    assert!(words(&["env", "--format="]).contains(&"--format=fish".to_owned()));
    assert_eq!(words(&["completions", ""]), ["bash", "zsh", "fish"]);
    assert_eq!(words(&["unlock", "--duration", ""]), [""; 0]);
}

#[test]
fn options_are_completed_behind_a_dash() {
    let found = words(&["env", "-"]);
    for option in ["--undo", "--static", "--profile", "--help"] {
        assert!(found.iter().any(|word| word == option), "{option}: {found:?}");
    }
    assert_eq!(words(&["env", "--", "-"]), ["my prod", "-p"]);
}

#[test]
fn exec_offers_the_dashes_behind_which_its_command_stands() {
    assert_eq!(words(&["exec", ""]), ["my prod", "--"]);
    assert_eq!(words(&["exec", "prod", ""]), ["--"]);
    assert_eq!(words(&["exec", "prod", "--", ""]), [""; 0]);
}
