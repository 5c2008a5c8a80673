//! A tool that finds stsd locked: its `credential-process` asks for the code on the terminal.

use std::process::Command;

use stsd_tests::{ALICE, ALICE_DEVICE, Fixture, Terminal};

const WHO: &str = " needs profile prod\r\n";
const ASKED: &str = "Token code for arn:aws:iam::111122223333:mfa/alice (account 111122223333): ";
const LOCKED: &str = "stsd is locked - run `stsd unlock`\r\n";

fn tool(stsd: &Fixture) -> Command {
    stsd.command(&["credential-process", "prod"])
}

#[test]
fn gets_its_credentials_for_a_code_and_the_next_tool_without_one() {
    let stsd = Fixture::start();
    let mut terminal = Terminal::running(&tool(&stsd));
    terminal.shows(WHO);
    terminal.shows(ASKED);
    terminal.types(&format!("{}\n", stsd.code(ALICE_DEVICE)));
    terminal.shows("unlocked default (account 111122223333) until ");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0);
    assert!(rest.contains(r#"{"Version":1,"AccessKeyId":"ASIA"#), "{rest}");
    let (rest, code) = Terminal::running(&tool(&stsd)).ends();
    assert_eq!(code, 0);
    assert!(rest.starts_with(r#"{"Version":1,"#), "{rest}");
    assert_eq!(stsd.asked("GetSessionToken"), 1);
    let left = std::fs::read_dir(stsd.places().runtime).unwrap();
    let names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.starts_with("prompt")).count(), 0);
}

#[test]
fn is_asked_for_another_code_after_a_wrong_one_and_a_spent_one() {
    let stsd = Fixture::start();
    let spent = stsd.code(ALICE_DEVICE);
    stsd.stsd(&["unlock", &spent]).well();
    stsd.stsd(&["lock"]).well();
    let mut terminal = Terminal::running(&tool(&stsd));
    for (code, said) in [
        ("000000", "STS did not take the token code"),
        (spent.as_str(), "this token code was used already"),
    ] {
        terminal.shows(ASKED);
        terminal.types(&format!("{code}\n"));
        terminal.shows(said);
    }
    terminal.shows(ASKED);
    terminal.types(&format!("{}\n", stsd.code(ALICE_DEVICE)));
    assert_eq!(terminal.ends().1, 0);
}

/// A person who has typed `stsd lock` and then a tool's name is at the terminal, and the code is what
/// the lock is there to ask for.
#[test]
fn is_asked_after_a_lock_by_hand_too() {
    let stsd = Fixture::start();
    stsd.unlock();
    stsd.stsd(&["lock"]).well();
    let mut terminal = Terminal::running(&tool(&stsd));
    terminal.shows(ASKED);
    terminal.types("\u{3}");
    terminal.shows(LOCKED);
    assert_eq!(terminal.ends().1, 77);
    assert_eq!(stsd.session(ALICE)["state"], "locked");
}

#[test]
fn goes_on_when_somebody_unlocks_in_another_window() {
    let stsd = Fixture::start();
    let mut terminal = Terminal::running(&tool(&stsd));
    terminal.shows(ASKED);
    stsd.unlock();
    terminal.shows("\r\nunlocked elsewhere meanwhile\r\n");
    let (rest, code) = terminal.ends();
    assert!(code == 0 && rest.starts_with(r#"{"Version":1,"#), "{rest}");
}

#[test]
fn is_not_asked_where_the_configuration_says_so() {
    let stsd = Fixture::builder().configuration("prompt = false\n").start();
    let (rest, code) = Terminal::running(&tool(&stsd)).ends();
    assert_eq!((rest.as_str(), code), (LOCKED, 77));
}

#[test]
fn is_not_asked_where_the_profile_has_no_device() {
    let stsd = Fixture::start();
    stsd.stsd(&["lock"]).well();
    let (rest, code) = Terminal::running(&stsd.command(&["credential-process", "deploy"])).ends();
    assert_eq!(code, 77);
    assert!(!rest.contains("Token code"), "{rest}");
}

#[test]
fn asks_in_vain_where_sts_is_down_and_says_so() {
    let stsd = Fixture::start();
    let mut terminal = Terminal::running(&tool(&stsd));
    terminal.shows(ASKED);
    let code = stsd.code(ALICE_DEVICE);
    stsd.emulator.stop_listening().unwrap();
    terminal.types(&format!("{code}\n"));
    let (rest, code) = terminal.ends();
    assert_eq!(code, 75, "{rest}");
    assert!(rest.contains("STS cannot be reached"), "{rest}");
}
