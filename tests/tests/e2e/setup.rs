//! `stsd setup` where no service manager answers, as in a container: a person at a terminal, a daemon
//! in another one. What a service manager adds to it stands in tests/root/setup.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use stsd_tests::{ALICE_DEVICE, BOB_DEVICE, Fixture, Ran, Terminal};

/// Alice's device stands nowhere yet, Bob's does, and `ci` has none.
fn new_user() -> Fixture {
    let config = |url: &str| {
        format!(
            "[default]\nregion = eu-central-1\nendpoint_url = {url}\n\
             [profile bob]\nendpoint_url = {url}\nregion = us-west-2\nmfa_serial = {BOB_DEVICE}\n\
             [profile ci]\nendpoint_url = {url}\nregion = us-west-2\n"
        )
    };
    let stsd = Fixture::builder().config(config).start();
    fs::write(stsd.home.path().join(".bashrc"), "alias ll='ls -l'").unwrap();
    stsd
}

/// The command, without a PATH in which a service manager could be found.
fn setup(stsd: &Fixture, arguments: &[&str]) -> Command {
    let mut command = stsd.command(&[&["setup"], arguments].concat());
    command.env("SHELL", "/bin/bash").env("PATH", "/nonexistent");
    command
}

/// Every file of the home that is not the daemon's.
fn files(folder: &Path, daemons: &[PathBuf]) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if daemons.contains(&path) {
            continue;
        }
        if path.is_dir() {
            found.insert(path.clone(), Vec::new());
            found.extend(files(&path, daemons));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

fn home(stsd: &Fixture) -> BTreeMap<PathBuf, Vec<u8>> {
    files(stsd.home.path(), &[stsd.places().state, stsd.places().runtime])
}

#[test]
fn a_new_user_answers_what_no_file_says_and_is_asked_once() {
    let stsd = new_user();
    let before = home(&stsd);
    let mut terminal = Terminal::running(&setup(&stsd, &[]));
    terminal.shows("profile default (arn:aws:iam::111122223333:user/alice) has no mfa_serial");
    terminal.shows(&format!("MFA device, or `none` [{ALICE_DEVICE}]: "));
    terminal.types("\n");
    terminal.shows("profile ci (");
    terminal.shows("]: ");
    terminal.types("none\n");
    terminal.shows(&format!("+mfa_serial = \"{ALICE_DEVICE}\""));
    terminal.shows("note: no service manager of yours answers");
    terminal.shows("Make these changes? [Y/n] ");
    terminal.types("\n");
    terminal.shows("Token code for ");
    terminal.types(&format!("{}\n", stsd.code(ALICE_DEVICE)));
    terminal.shows("AWS says that you are arn:aws:iam::111122223333:user/alice");
    assert_eq!(terminal.ends().1, 0);

    let after = home(&stsd);
    assert_ne!(after, before);
    let aws = stsd.home.path().join(".aws");
    let of_aws = |files: &BTreeMap<PathBuf, Vec<u8>>| -> Vec<_> {
        files.clone().into_iter().filter(|(path, _)| path.starts_with(&aws)).collect()
    };
    assert_eq!(of_aws(&after), of_aws(&before));
    let again = Ran::of(setup(&stsd, &["--yes"])).well().stdout;
    assert!(again.contains("nothing to change") && !again.contains("profile ci"), "{again}");
    let mut undo = setup(&stsd, &["--undo"]);
    undo.env("SHELL", "/usr/bin/fish");
    let undone = Ran::of(undo).well();
    assert!(
        undone.stdout.ends_with(": stsd env --undo --format fish | source\n"),
        "{}",
        undone.stdout
    );
    assert_eq!(home(&stsd), before);
    assert!(
        undone.stderr.contains("stsd-daemon runs on with its sessions; `kill "),
        "{}",
        undone.stderr
    );
}

#[test]
fn whoever_says_no_or_interrupts_has_changed_nothing() {
    let stsd = new_user();
    let before = home(&stsd);
    // Ctrl-D is no Enter, and neither is a terminal that closes.
    for (keys, code) in [("n\n", 0), ("\u{3}", 130), ("\u{4}", 130)] {
        let words = ["--mfa-serial", ALICE_DEVICE];
        let mut terminal = Terminal::running(&setup(&stsd, &words));
        terminal.shows("profile ci (");
        terminal.types("none\n");
        terminal.shows("Make these changes? [Y/n] ");
        terminal.types(keys);
        terminal.shows("nothing was changed");
        assert_eq!(terminal.ends().1, code);
        assert_eq!(home(&stsd), before);
    }
    assert!(!stsd.places().state.join("setup").exists());
}

#[test]
fn a_device_that_cannot_be_is_asked_for_again_with_the_reason() {
    let stsd = new_user();
    let mut terminal = Terminal::running(&setup(&stsd, &[]));
    for (typed, reason) in [
        ("arn:aws:iam::111122223333:u2f/user/alice/key", "STS takes no security keys"),
        ("alice", "that is no device's ARN"),
    ] {
        terminal.shows("]: ");
        terminal.types(&format!("{typed}\n"));
        terminal.shows(reason);
    }
    terminal.shows("]: ");
    terminal.types("\u{3}");
    assert_eq!(terminal.ends().1, 130);
}

#[test]
fn a_security_key_in_the_aws_files_is_told_and_another_device_goes_before_it() {
    let stsd = new_user();
    let path = stsd.home.path().join(".aws/config");
    let key = "[default]\nmfa_serial = arn:aws:iam::111122223333:u2f/user/alice/key\n";
    let config = fs::read_to_string(path).unwrap().replacen("[default]\n", key, 1);
    stsd.home.write_config(&config).unwrap();
    let said = Ran::of(setup(&stsd, &["--yes"])).well().stdout;
    assert!(said.contains("STS takes no security keys; add a virtual device"), "{said}");
    assert!(said.contains("not unlocked: arn:aws:iam::111122223333:u2f/"), "{said}");
    let code = stsd.code(ALICE_DEVICE);
    let words = ["--yes", "--mfa-serial", ALICE_DEVICE, "--mfa-token", &code];
    let said = Ran::of(setup(&stsd, &words)).well().stdout;
    assert!(said.contains("AWS says that you are arn:aws:iam::111122223333:user/alice"), "{said}");
}

#[test]
fn a_run_that_ended_before_the_unlock_is_finished_by_the_next() {
    let stsd = new_user();
    let words = ["--yes", "--mfa-serial", ALICE_DEVICE];
    let said = Ran::of(setup(&stsd, &words)).well().stdout;
    assert!(said.contains("next: `stsd unlock`"), "{said}");
    let mut terminal = Terminal::running(&setup(&stsd, &[]));
    terminal.shows("profile ci (");
    terminal.types("none\n");
    terminal.shows("nothing to change");
    terminal.shows("Token code for ");
    terminal.types(&format!("{}\n", stsd.code(ALICE_DEVICE)));
    terminal.shows("unlocked default");
    assert_eq!(terminal.ends().1, 0);
}

#[test]
fn a_key_that_aws_does_not_know_is_told_before_anything_is_asked() {
    let stsd = new_user();
    stsd.home
        .write_credentials(
            "[default]\naws_access_key_id = AKIAUNKNOWNEXAMPLE00\naws_secret_access_key = x\n",
        )
        .unwrap();
    let said = Ran::of(setup(&stsd, &["--yes"])).failed(1);
    assert!(said.contains("AWS does not take the access key of profile default"), "{said}");
    assert!(said.contains("`aws configure`"), "{said}");
}

#[test]
fn an_old_key_in_another_profile_does_not_stand_in_the_way() {
    let stsd = new_user();
    let credentials = fs::read_to_string(stsd.home.path().join(".aws/credentials")).unwrap();
    let old = credentials.replace("AKIAIOSFODNN8EXAMPLE", "AKIAUNKNOWNEXAMPLE00");
    stsd.home.write_credentials(&old).unwrap();
    let ran = Ran::of(setup(&stsd, &["--dry-run"])).well();
    assert!(ran.stderr.contains("the access key of profile ci: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("; it is left out"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("profile ci"), "{}", ran.stdout);
}

#[test]
fn new_shells_are_called_connected_only_where_a_start_file_says_so() {
    let stsd = new_user();
    for (more, said) in [
        (&["--no-variables"][..], "a shell is connected by: eval"),
        (&[], "new shells are connected; this one by: eval"),
    ] {
        let words = [&["--yes", "--mfa-serial", ALICE_DEVICE], more].concat();
        let ran = Ran::of(setup(&stsd, &words)).well();
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
    }
}

#[test]
fn without_sts_the_rest_is_set_up_and_the_unlock_can_wait() {
    let stsd = new_user();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    stsd.home
        .write_config(&format!("[default]\nregion = us-east-1\nendpoint_url = http://{free}\n"))
        .unwrap();
    let ran = Ran::of(setup(&stsd, &["--yes", "--mfa-serial", ALICE_DEVICE])).well();
    assert!(ran.stderr.contains("AWS was not asked who profile default is"), "{}", ran.stderr);
    assert!(ran.stdout.contains("next: `stsd unlock`"), "{}", ran.stdout);
    let bashrc = fs::read_to_string(stsd.home.path().join(".bashrc")).unwrap();
    assert!(bashrc.starts_with("alias ll='ls -l'\nif [ -x "), "{bashrc}");
    assert!(bashrc.ends_with("fi # stsd setup\n"), "{bashrc}");
}
