//! Unlocking by the command line: every spelling, and every way in which a code is not taken.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use stsd_tests::{ALICE, ALICE_DEVICE, BOB, BOB_DEVICE, CI, Fixture, Ran, config};

/// Six digits that are not these.
fn another(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

fn sessions_asked(stsd: &Fixture) -> usize {
    stsd.asked("GetSessionToken")
}

#[test]
fn a_computed_code_unlocks_and_the_answer_says_what_until_when_and_for_whom() {
    let stsd = Fixture::start();
    let said = stsd.unlock().stdout;
    assert!(said.starts_with("unlocked default (account 111122223333) until 20"), "{said}");
    assert!(said.ends_with("\nit feeds the profiles default, prod, staging, hub, audit, deep\n"));
    let asked = stsd.emulator.journal();
    let session = asked.iter().find(|entry| entry.asked.action == "GetSessionToken").unwrap();
    assert_eq!(session.asked.duration_seconds, Some(43_200));
    assert_eq!(session.asked.region.as_deref(), Some("eu-central-1"));
}

#[test]
fn a_wrong_code_says_so_and_the_old_session_stays() {
    let stsd = Fixture::start();
    stsd.unlock();
    let before = stsd.session(ALICE);
    let wrong = another(&stsd.code(ALICE_DEVICE));
    let said = stsd.stsd(&["unlock", &wrong]).failed(1);
    assert!(said.contains("error: STS did not take the token code\n"), "{said}");
    assert!(said.contains("hint: check the device and run `stsd unlock` with its next code"));
    let after = stsd.session(ALICE);
    assert_eq!(after["state"], "unlocked");
    assert_eq!(after["access_key_id"], before["access_key_id"]);
    assert_eq!(after["last_error"]["code"], "StsdWrongCode");
    assert_eq!(stsd.get("/creds").status, 200);
}

#[test]
fn a_code_that_was_used_is_not_sent_again() {
    let stsd = Fixture::start();
    let code = stsd.code(ALICE_DEVICE);
    stsd.stsd(&["unlock", &code]).well();
    let said = stsd.stsd(&["unlock", &code]).failed(1);
    assert!(said.contains("this token code was used already"), "{said}");
    assert!(said.contains("wait for the next code"), "{said}");
    assert_eq!(sessions_asked(&stsd), 1);
}

#[test]
fn a_wrong_code_is_not_sent_again_either_and_three_of_them_slow_down() {
    let stsd = Fixture::start();
    let good = stsd.code(ALICE_DEVICE);
    let mut wrong = another(&good);
    for _ in 0..3 {
        stsd.stsd(&["unlock", &wrong]).failed(1);
        assert!(stsd.stsd(&["unlock", &wrong]).stderr.contains("stsd: error: "));
        wrong = another(&wrong);
    }
    assert_eq!(sessions_asked(&stsd), 3);
    let said = stsd.stsd(&["unlock", &good]).failed(75);
    assert!(said.contains("3 wrong token codes in a row"), "{said}");
    assert_eq!(sessions_asked(&stsd), 3);
}

#[test]
fn the_code_is_taken_in_every_place_and_spelling() {
    let stsd = Fixture::start();
    for words in [&["unlock", "prod"][..], &["unlock", "--mfa-token"], &["unlock", "-p", "prod"]] {
        let code = stsd.code(ALICE_DEVICE);
        stsd.stsd(&[words, &[code.as_str()]].concat()).well();
    }
    let code = stsd.code(BOB_DEVICE);
    let apart = [&code[..3], &code[3..]].join(" ");
    stsd.stsd(&["unlock", "bob", &apart]).well();
    let code = stsd.code(BOB_DEVICE);
    stsd.stsd(&["unlock", "--profile", "bob", "--token-code", &code]).well();
    let code = stsd.code(BOB_DEVICE);
    stsd.stsd(&["unlock", "bob", "--otp", &code]).well();
    assert_eq!(sessions_asked(&stsd), 6);
}

#[test]
fn a_dash_reads_the_code_from_standard_input() {
    let stsd = Fixture::start();
    let line = format!("{}\nand more\n", stsd.code(ALICE_DEVICE));
    Ran::with_input(stsd.command(&["unlock", "-"]), &line).well();
    let said = Ran::with_input(stsd.command(&["unlock", "-"]), "hunter2\n").failed(64);
    assert!(said.contains("the first line of standard input is no token code"), "{said}");
    assert!(!said.contains("hunter2"), "what was typed is not shown");
}

#[test]
fn the_shells_profile_is_the_one_that_is_unlocked() {
    let stsd = Fixture::start();
    let mut command = stsd.command(&["unlock", &stsd.code(BOB_DEVICE)]);
    command.env("STSD_PROFILE", "bob").env("AWS_PROFILE", "prod");
    assert!(Ran::of(command).well().stdout.starts_with("unlocked bob (account 123456789012)"));
}

#[test]
fn a_length_is_asked_for_in_hours_or_in_seconds() {
    let stsd = Fixture::start();
    for (words, seconds) in [
        (["-d", "36h"], 129_600),
        (["--duration", "90m"], 5400),
        (["--duration-seconds", "900"], 900),
    ] {
        let code = stsd.code(ALICE_DEVICE);
        stsd.stsd(&[&["unlock", &code][..], &words].concat()).well();
        let asked = stsd.emulator.journal();
        assert_eq!(asked.last().unwrap().asked.duration_seconds, Some(seconds));
        let left = stsd.session(ALICE)["remaining_seconds"].as_u64().unwrap();
        assert!((seconds - 20..=seconds).contains(&left), "{left}");
    }
    let said = stsd.stsd(&["unlock", "-d", "37h", "123456"]).failed(64);
    assert!(said.contains("a session lasts from 15 minutes to 36 hours"), "{said}");
}

#[test]
fn a_device_can_be_named_where_the_configuration_names_none() {
    let without_device =
        |url: &str| config(url).replace(&format!("mfa_serial = {ALICE_DEVICE}\n"), "");
    let stsd = Fixture::builder().config(without_device).start();
    let code = stsd.code(ALICE_DEVICE);
    let said = stsd.stsd(&["unlock", &code]).failed(64);
    assert!(said.contains("no MFA device is configured"), "{said}");
    stsd.stsd(&["unlock", "--serial-number", ALICE_DEVICE, &code]).well();
    assert_eq!(stsd.session(ALICE)["mfa_serial"], ALICE_DEVICE);
    assert_eq!(stsd.get("/creds/prod").status, 200, "a role that requires MFA");
}

#[test]
fn an_identity_without_a_device_needs_no_code() {
    let stsd = Fixture::start();
    let said = stsd.stsd(&["unlock", "ci"]).well().stdout;
    assert!(said.starts_with("unlocked ci"), "{said}");
    let asked = stsd.emulator.journal();
    let session = asked.iter().find(|entry| entry.asked.action == "GetSessionToken").unwrap();
    assert_eq!(session.asked.access_key_id.as_deref(), Some(CI));
    assert_eq!(session.asked.serial_number, None);
}

#[test]
fn one_code_does_not_serve_two_devices() {
    let stsd = Fixture::start();
    let said = stsd.stsd(&["unlock", "--all", "123456"]).failed(64);
    assert!(said.contains("one token code is given for 2 devices"), "{said}");
    assert_eq!(sessions_asked(&stsd), 0);
}

#[test]
fn an_unlock_while_unlocked_swaps_the_session_without_a_gap() {
    let stsd = Fixture::start();
    stsd.unlock();
    let first = stsd.session(ALICE)["access_key_id"].clone();
    let done = AtomicBool::new(false);
    let (stsd, done) = (&stsd, &done);
    thread::scope(|scope| {
        let poll = |path: &'static str| {
            move || {
                let mut served = 0;
                while !done.load(Ordering::Relaxed) {
                    assert_eq!(stsd.get(path).status, 200, "{path}");
                    served += 1;
                }
                served
            }
        };
        let clients = ["/creds", "/creds/prod"].map(|path| scope.spawn(poll(path)));
        stsd.unlock();
        stsd.unlock();
        done.store(true, Ordering::Relaxed);
        assert!(clients.into_iter().all(|client| client.join().unwrap() > 0));
    });
    assert_ne!(stsd.session(ALICE)["access_key_id"], first);
    let asked = stsd.emulator.journal();
    assert!(asked.iter().all(|entry| entry.asked.access_key_id.as_deref() != Some(BOB)));
}
