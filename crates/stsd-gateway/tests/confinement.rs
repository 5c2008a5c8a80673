//! The program gives up what it does not need, does its work without, and lets the user's programs have it.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

mod common;

use std::fs;
use std::path::Path;

use common::program::Program;
use common::{Home, KEYS, plan_operation, target};
use sts_emulator::{Emulator, World};
use stsd_protocol::Confinement;
use stsd_protocol::gateway::{
    Base, FILE_ERROR, LongTermKeys, Operation, Outcome, Settings, StsTarget, WhoamiRequest,
};

fn whoami(keys: LongTermKeys, target: StsTarget) -> Operation {
    Operation::Whoami(WhoamiRequest { base: Base::LongTerm(keys), target, clock_offset: 0 })
}

fn planned(program: &mut Program) -> Confinement {
    match program.receive().outcome {
        Outcome::Plan(plan) => plan.confinement.unwrap(),
        other => panic!("{other:?}"),
    }
}

fn caller(program: &mut Program) -> String {
    match program.receive().outcome {
        Outcome::Caller(caller) => caller.arn,
        other => panic!("{other:?}"),
    }
}

/// How many threads a process has, and how many are filtered and can gain no privileges.
fn threads(id: u32) -> (usize, usize) {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let pages = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("status")).unwrap());
    let is_confined =
        |page: &String| page.contains("\nSeccomp:\t2\n") && page.contains("\nNoNewPrivs:\t1\n");
    let pages: Vec<_> = pages.collect();
    (pages.len(), pages.iter().filter(|page| is_confined(page)).count())
}

#[test]
fn it_says_what_is_in_force_and_every_thread_of_it_is_confined() {
    let emulator = Emulator::example().unwrap();
    let home = Home::new("[default]\nregion = eu-central-1\n", &format!("[default]\n{KEYS}"));
    let mut program = Program::start(&home, &[]);
    program.send(1, plan_operation());
    let confinement = planned(&mut program);
    println!("in force: {confinement}");
    assert!(confinement.no_new_privileges && confinement.landlock_abi.is_some());
    assert!(confinement.seccomp_filters >= 3);
    // A name is looked up by a thread that stays for a while.
    let url = emulator.url().replace("127.0.0.1", "localhost");
    program.send(2, whoami(common::keys(), target(Some(&url))));
    assert!(caller(&mut program).ends_with("user/alice"));
    let (all, confined) = threads(program.child.id());
    assert!(all >= 2, "no thread was started");
    assert_eq!(all, confined);
    assert!(program.end().status.success());
}

#[test]
fn files_that_settings_and_profiles_name_are_read_wherever_they_are_and_no_others() {
    let emulator = Emulator::builder().world(World::example()).tls().start().unwrap();
    let home = Home::new("", "");
    let elsewhere = tempfile::tempdir().unwrap();
    let place = |name: &str| elsewhere.path().join(name).to_str().unwrap().to_owned();
    for name in ["roots.pem", "others.pem"] {
        fs::write(place(name), emulator.ca_certificate().unwrap()).unwrap();
    }
    let config = format!("[default]\nca_bundle = {}\n", place("roots.pem"));
    fs::write(place("config"), config).unwrap();
    fs::write(place("keys"), format!("[default]\n{KEYS}")).unwrap();
    std::os::unix::fs::symlink(place("keys"), place("credentials")).unwrap();
    let settings = Settings {
        aws_config_file: Some(place("config")),
        aws_credentials_file: Some(place("credentials")),
        ..Settings::default()
    };
    let mut program = Program::start(&home, &[]);
    let trusting = |bundle: &str| {
        let target = target(Some(&emulator.url()));
        whoami(common::keys(), StsTarget { ca_bundle: Some(place(bundle)), ..target })
    };
    program.send_with(1, settings.clone(), trusting("roots.pem"));
    assert!(caller(&mut program).ends_with("user/alice"));
    // What no file names is closed: so the rules are in force.
    program.send_with(2, settings, trusting("others.pem"));
    let Outcome::Failure(failure) = program.receive().outcome else { panic!("it was read") };
    assert!(failure.message.contains("cannot be read (permission denied)"), "{failure:?}");
}

#[test]
fn what_is_put_in_the_place_of_a_file_is_closed_to_a_process_that_began_before_and_it_says_so() {
    let emulator = Emulator::builder().world(World::example()).tls().start().unwrap();
    let home = Home::new("[default]\n", &format!("[default]\n{KEYS}"));
    let elsewhere = tempfile::tempdir().unwrap();
    let place = |name: &str| elsewhere.path().join(name).to_str().unwrap().to_owned();
    let [bundle, new] = ["roots.pem", "new.pem"].map(place);
    fs::write(&bundle, emulator.ca_certificate().unwrap()).unwrap();
    let settings = Settings { ca_bundle: Some(bundle.clone()), ..Settings::default() };
    let asked = || whoami(common::keys(), target(Some(&emulator.url())));
    let mut older = Program::start(&home, &[]);
    older.send_with(1, settings.clone(), plan_operation());
    planned(&mut older);
    fs::copy(&bundle, &new).unwrap();
    fs::rename(&new, &bundle).unwrap();
    older.send_with(2, settings.clone(), asked());
    let Outcome::Failure(failure) = older.receive().outcome else { panic!("it was read") };
    assert_eq!(failure.code, FILE_ERROR, "{failure:?}");
    assert!(failure.retryable && !failure.code_sent, "{failure:?}");
    // Which is why the daemon asks another one.
    let mut newer = Program::start(&home, &[]);
    newer.send_with(1, settings, asked());
    assert!(caller(&mut newer).ends_with("user/alice"));
}

#[test]
fn programs_that_are_allowed_can_do_what_they_could_without_stsd() {
    let emulator = Emulator::example().unwrap();
    let home = Home::new(
        "[profile tool]\ncredential_process = grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status > seen; cat said\n",
        "",
    );
    let said = format!(
        r#"{{"Version": 1, "AccessKeyId": "{}", "SecretAccessKey": "{}"}}"#,
        common::KEY_ID,
        common::SECRET
    );
    fs::write(home.0.path().join("said"), said).unwrap();
    let settings = Settings {
        allow_programs: vec!["tool".to_owned()],
        program_environment: vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
        ..Settings::default()
    };
    let mut program = Program::start(&home, &[]);
    program.send_with(1, settings.clone(), plan_operation());
    assert!(planned(&mut program).seccomp_filters >= 3);
    let keys =
        LongTermKeys { source_profile: "tool".to_owned(), identity: "process:tool".to_owned() };
    program.send_with(2, settings, whoami(keys, target(Some(&emulator.url()))));
    assert!(caller(&mut program).ends_with("user/alice"));
    let own = fs::read_to_string("/proc/self/status").unwrap();
    let seen = fs::read_to_string(home.0.path().join("seen")).unwrap();
    let lines =
        own.lines().filter(|line| line.starts_with("NoNewPrivs:") || line.starts_with("Seccomp:"));
    assert_eq!(seen.lines().collect::<Vec<_>>(), lines.collect::<Vec<_>>());
    assert!(Path::new(&format!("/proc/{}", program.child.id())).exists());
    assert!(program.end().status.success());
}
