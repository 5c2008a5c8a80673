//! The search at the end of every fixture, held against itself: each kind of secret in each kind of place is
//! found, but where that place is there to hold that kind, and the test that left it fails without telling it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

use stsd_tests::residue::Kind;
use stsd_tests::{ALICE_DEVICE, Daemon, Fixture, Ran, Terminal, secrets};

/// One secret of each kind, from a day on which all of them were in use.
fn one_of_each(stsd: &Fixture) -> Vec<(Kind, String)> {
    stsd.unlock();
    let other = stsd.stsd(&["token", "create", "-p", "prod"]).well().stdout;
    let issued = stsd.emulator.issued().remove(0);
    vec![
        (Kind::LongTermKey, secrets().remove(0).2),
        (Kind::IssuedKey, issued.secret_access_key.expose().to_owned()),
        (Kind::SessionToken, issued.session_token.expose().to_owned()),
        (Kind::TokenCode, stsd.code(ALICE_DEVICE)),
        (Kind::OwnToken, stsd.authorization()),
        (Kind::OtherToken, other.trim().to_owned()),
    ]
}

/// The files that a day leaves, and others in each folder; what may stand there.
const FILES: &[(&str, &[Kind])] = &[
    ("state/stsd/aws/config", &[]),
    ("state/stsd/aws/credentials", &[]),
    ("state/stsd/audit/log.jsonl", &[]),
    ("state/stsd/profiles-in-use", &[]),
    ("state/stsd/lock", &[Kind::TokenCode]),
    ("state/stsd/new", &[]),
    ("state/stsd/authorization-token", &[Kind::OwnToken]),
    ("state/stsd/authorization-tokens.json", &[Kind::OtherToken]),
    ("state/stsd/exec-tokens/prod", &[Kind::OtherToken]),
    ("run/stsd/stsd.lock", &[Kind::TokenCode]),
    ("run/stsd/new", &[]),
    ("config/stsd/config.toml", &[]),
    (".aws/config", &[Kind::LongTermKey]),
    (".aws/credentials", &[Kind::LongTermKey]),
    (".bashrc", &[]),
];

const ISSUED: &[Kind] = &[Kind::IssuedKey, Kind::SessionToken];

/// Leaves the text in every place there is; comes back with the places, and what each may hold.
fn leaves_everywhere(stsd: &Fixture, text: &str) -> Vec<(String, &'static [Kind])> {
    let mut places = Vec::new();
    for (file, holds) in FILES {
        let path = stsd.home.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = File::options().create(true).append(true).open(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        places.push((format!("~/{}", FILES[places.len()].0), *holds));
    }
    let shell = |script: &str| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "sh", text]).env_clear().envs(stsd.home.environment());
        command
    };
    Ran::of(shell("printf %s \"$1\"")).well();
    places.push(("the standard output of `sh`".to_owned(), &[]));
    Ran::of(shell("printf %s \"$1\" >&2")).well();
    places.push(("the standard error of `sh`".to_owned(), &[]));
    Terminal::running(&shell("printf %s \"$1\"")).ends();
    // Where codes are typed.
    places.push(("the screen of `sh`".to_owned(), &[Kind::TokenCode]));
    let said = "printf %s \"$1\" >&2; echo 'stsd-daemon: ready on nothing' >&2";
    Daemon::ready(shell(said)).unwrap();
    places.push(("the log of daemon 2".to_owned(), &[]));
    places.extend(says_in_its_place(stsd, text));
    places
}

/// A client that repeats what it hears, called as the real one is.
fn says_in_its_place(stsd: &Fixture, text: &str) -> Vec<(String, &'static [Kind])> {
    let client = stsd.home.path().join("stsd");
    symlink("/bin/echo", &client).unwrap();
    let commands: [(&str, &[&str], &[Kind]); 6] = [
        ("`stsd status`", &["status"], &[]),
        ("`stsd env`", &["env"], &[]),
        ("`stsd exec`", &["exec", "prod", "--"], &[]),
        ("`stsd env --static`", &["env", "--static"], ISSUED),
        ("`stsd credential-process`", &["credential-process"], ISSUED),
        ("`stsd token create`", &["token", "create"], &[Kind::OtherToken]),
    ];
    let mut places = Vec::new();
    for (name, words, holds) in commands {
        let mut command = Command::new(Path::new(&client));
        command.args(words).arg(text).env_clear().envs(stsd.home.environment());
        Ran::of(command).well();
        places.push((format!("the standard output of {name}"), holds));
    }
    places
}

#[test]
fn each_kind_of_secret_is_found_in_each_place_that_is_not_there_to_hold_it() {
    let mut stsd = Fixture::start();
    let planted = one_of_each(&stsd);
    // It would write its own files again.
    drop(stsd.take_daemon());
    let clean = stsd.residue();
    assert_eq!(clean.hits, [], "{clean}");
    assert!(clean.secrets.iter().all(|(_, count)| *count > 0), "{:?}", clean.secrets);
    let text: String = planted.iter().map(|(_, secret)| format!(" {secret}\n")).collect();
    let places = leaves_everywhere(&stsd, &text);

    let residue = stsd.residue();
    let found =
        residue.hits.iter().map(|hit| (hit.place.clone(), hit.kind)).collect::<BTreeSet<_>>();
    let due = |(place, holds): &(String, &'static [Kind])| {
        let strange = Kind::ALL.into_iter().filter(|kind| !holds.contains(kind));
        strange.map(|kind| (place.clone(), kind)).collect::<Vec<_>>()
    };
    assert_eq!(found, places.iter().flat_map(due).collect());
    println!("{} places, {} kinds of secrets: each was found", places.len(), planted.len());

    let failed = catch_unwind(AssertUnwindSafe(|| drop(stsd))).expect_err("the test would fail");
    let said = failed.downcast::<String>().unwrap();
    assert!(said.contains("a session token stands plain at byte "), "{said}");
    assert!(planted.iter().all(|(_, secret)| !said.contains(secret.as_str())), "{said}");
}

#[test]
fn a_token_code_in_a_file_fails_the_test_that_has_left_it() {
    let stsd = Fixture::start();
    let code = stsd.code(ALICE_DEVICE);
    fs::write(stsd.places().state.join("note"), format!("code={code}\n")).unwrap();
    let failed = catch_unwind(AssertUnwindSafe(|| drop(stsd))).expect_err("the test would fail");
    let said = failed.downcast::<String>().unwrap();
    assert!(said.contains("a token code stands plain at byte 5 of ~/state/stsd/note"), "{said}");
}

/// What is gone from its file by the end is looked for all the same.
#[test]
fn a_token_that_was_revoked_is_still_looked_for() {
    let mut stsd = Fixture::start();
    let token = stsd.stsd(&["token", "create", "-p", "prod", "--name", "ci"]).well().stdout;
    stsd.stsd(&["token", "revoke", "ci"]).well();
    let note = stsd.places().state.join("note");
    fs::write(&note, &token).unwrap();
    drop(stsd.take_daemon());
    let kinds: Vec<_> = stsd.residue().hits.iter().map(|hit| hit.kind).collect();
    assert_eq!(kinds, [Kind::OtherToken]);
    fs::remove_file(note).unwrap();
}

#[test]
fn a_number_that_nobody_gave_as_a_code_is_none() {
    let mut stsd = Fixture::start();
    stsd.stsd(&["log", "-n", "100001"]).well();
    stsd.stsd(&["unlock", "100002"]).failed(1);
    drop(stsd.take_daemon());
    fs::write(stsd.places().state.join("note"), "100001\n").unwrap();
    let before = stsd.residue();
    assert_eq!((before.hits, before.numbers), (vec![], 1));
    fs::write(stsd.places().state.join("note"), "100002\n").unwrap();
    let kinds: Vec<_> = stsd.residue().hits.iter().map(|hit| hit.kind).collect();
    assert_eq!(kinds, [Kind::TokenCode]);
    fs::remove_file(stsd.places().state.join("note")).unwrap();
}
