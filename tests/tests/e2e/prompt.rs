//! Unlocking at a terminal, and without one.

use std::process::Command;

use stsd_tests::{ALICE, ALICE_DEVICE, BOB, BOB_DEVICE, CI, Fixture, Ran, Terminal};

const ALICE_ASKED: &str =
    "Token code for arn:aws:iam::111122223333:mfa/alice (account 111122223333): ";
const BOB_ASKED: &str =
    "Token code for arn:aws:iam::123456789012:mfa/bobs-phone (account 123456789012): ";

#[test]
fn asks_for_the_code_and_shows_what_it_brought() {
    let stsd = Fixture::start();
    let mut terminal = Terminal::running(&stsd.command(&["unlock"]));
    terminal.shows(ALICE_ASKED);
    terminal.types(&format!("{}\n", stsd.code(ALICE_DEVICE)));
    terminal.shows("unlocked default (account 111122223333) until ");
    assert_eq!(terminal.ends().1, 0);
}

#[test]
fn a_wrong_code_is_asked_for_again() {
    let stsd = Fixture::start();
    let code = stsd.code(ALICE_DEVICE);
    let wrong: String = code.chars().rev().map(|c| if c == '0' { '1' } else { '0' }).collect();
    let mut terminal = Terminal::running(&stsd.command(&["unlock"]));
    terminal.shows(ALICE_ASKED);
    terminal.types(&format!("{wrong}\n"));
    terminal.shows("stsd: error: STS did not take the token code");
    terminal.shows(ALICE_ASKED);
    terminal.types(&format!("{code}\n"));
    assert_eq!(terminal.ends().1, 0);
}

#[test]
fn the_third_wrong_code_ends_it_and_says_how_long_to_wait() {
    let stsd = Fixture::start();
    let mut terminal = Terminal::running(&stsd.command(&["unlock"]));
    for wrong in wrong_codes(&stsd) {
        mistypes(&mut terminal, wrong);
    }
    let (rest, code) = terminal.ends();
    assert!(rest.contains("run `stsd unlock` in 30 seconds"), "{rest}");
    assert_eq!(code, 1);
}

#[test]
fn who_must_wait_is_told_so_instead_of_asked() {
    for tool in [&["unlock"][..], &["credential-process", "prod"]] {
        let stsd = Fixture::start();
        let [first, second, third] = wrong_codes(&stsd);
        stsd.stsd(&["unlock", first]).failed(1);
        let mut terminal = Terminal::running(&stsd.command(tool));
        mistypes(&mut terminal, second);
        mistypes(&mut terminal, third);
        let before = terminal.shows("3 wrong token codes in a row");
        assert!(!before.contains(ALICE_ASKED), "{tool:?}: {before}");
        terminal.shows("run `stsd unlock` in ");
        let (_, code) = terminal.ends();
        assert_eq!((code, stsd.asked("GetSessionToken")), (75, 3), "{tool:?}");
    }
}

fn wrong_codes(stsd: &Fixture) -> [&'static str; 3] {
    let good = stsd.code(ALICE_DEVICE);
    ["000001", "000002", "000003"].map(|code| if code == good { "000004" } else { code })
}

fn mistypes(terminal: &mut Terminal, wrong: &str) {
    terminal.shows(ALICE_ASKED);
    terminal.types(&format!("{wrong}\n"));
    terminal.shows("STS did not take the token code");
}

#[test]
fn all_asks_one_code_for_each_device_and_none_where_there_is_none() {
    let stsd = Fixture::start();
    let mut terminal = Terminal::running(&stsd.command(&["unlock", "--all"]));
    terminal.shows(ALICE_ASKED);
    terminal.types(&format!("{}\n", stsd.code(ALICE_DEVICE)));
    terminal.shows("unlocked default");
    terminal.shows(BOB_ASKED);
    terminal.types(&format!("{}\n", stsd.code(BOB_DEVICE)));
    terminal.shows("unlocked bob");
    terminal.shows("unlocked ci");
    assert_eq!(terminal.ends().1, 0);
    for identity in [ALICE, BOB, CI] {
        assert_eq!(stsd.session(identity)["state"], "unlocked");
    }
    assert_eq!(stsd.asked("GetSessionToken"), 3);
}

#[test]
fn ctrl_c_at_the_second_device_keeps_the_first_session() {
    let stsd = Fixture::start();
    let mut terminal = Terminal::running(&stsd.command(&["unlock", "--all"]));
    terminal.shows(ALICE_ASKED);
    terminal.types(&format!("{}\n", stsd.code(ALICE_DEVICE)));
    terminal.shows(BOB_ASKED);
    terminal.types("\u{3}");
    terminal.shows("stsd: error: cancelled, what was unlocked before stays so");
    assert_eq!(terminal.ends().1, 130);
    assert_eq!(stsd.session(ALICE)["state"], "unlocked");
    assert_eq!(stsd.session(BOB)["state"], "locked");
}

#[test]
fn without_a_terminal_it_says_how_to_give_the_code() {
    let stsd = Fixture::start();
    let client = stsd.command(&["unlock"]);
    let mut command = Command::new("/usr/bin/setsid");
    command.arg("--wait").arg(client.get_program()).args(client.get_args());
    command.env_clear().envs(stsd.home.environment());
    let said = Ran::of(command).failed(64);
    assert!(said.contains("there is no terminal to ask on"), "{said}");
    assert!(said.contains("give the code: `stsd unlock 123456`, or `-`"), "{said}");
    assert_eq!(stsd.asked("GetSessionToken"), 0);
}
