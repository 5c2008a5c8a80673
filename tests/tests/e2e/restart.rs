//! A crash, a restart, an upgrade: what the service manager keeps, and what the next daemon makes of it.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::process::Stdio;

use nix::sys::signal::Signal;
use serde_json::Value;
use stsd_tests::{ALICE, Fixture, PATIENCE, Programs, Ran, ServiceManager};

/// The fixture with its daemon under a service manager that keeps descriptors.
struct Service {
    stsd: Fixture,
    manager: ServiceManager,
}

impl Service {
    fn start() -> Self {
        Self::of(Fixture::builder().no_daemon().start())
    }

    fn of(stsd: Fixture) -> Self {
        let manager = ServiceManager::new(&stsd.home).unwrap();
        let mut service = Self { stsd, manager };
        service.begin();
        service
    }

    fn begin(&mut self) {
        let programs: &Programs = &self.stsd.programs;
        let daemon = self.manager.start(programs, &self.stsd.home).unwrap();
        self.stsd.adopt(daemon);
    }

    fn end(&mut self, signal: Signal) {
        let daemon = self.stsd.take_daemon();
        daemon.signal(signal);
        daemon.ended_within(PATIENCE);
    }

    fn restart(&mut self, signal: Signal) {
        self.end(signal);
        self.begin();
    }

    fn record(&self) -> &File {
        assert_eq!(self.manager.store.len(), 1);
        &self.manager.store[0]
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(self.record().metadata().unwrap().len()).unwrap()];
        self.record().read_exact_at(&mut bytes, 0).unwrap();
        bytes
    }

    /// Where the slot in force begins.
    fn slot(&self) -> u64 {
        let bytes = self.bytes();
        let slots = [4096, 4096 + (1 << 20)];
        slots.into_iter().find(|at| bytes[*at] != 0).expect("a slot is in force") as u64
    }

    fn key(&self, path: &str) -> String {
        let reply = self.stsd.get(path);
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()["AccessKeyId"].as_str().unwrap().to_owned()
    }

    fn restart_in_status(&self) -> Value {
        self.stsd.status()["restart"].clone()
    }
}

#[test]
fn a_daemon_that_is_killed_or_ended_leaves_everything_to_the_next() {
    let mut service = Service::start();
    service.stsd.unlock();
    let before = (service.key("/creds"), service.key("/creds/prod"));
    assert_eq!(service.restart_in_status()["sessions"], "kept");
    for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGKILL, Signal::SIGINT] {
        let pid = service.stsd.daemon().pid();
        service.restart(signal);
        assert_ne!(service.stsd.daemon().pid(), pid);
        assert_eq!((service.key("/creds"), service.key("/creds/prod")), before, "{signal}");
    }
    assert_eq!(service.stsd.asked("GetSessionToken"), 1);
    assert_eq!(service.stsd.asked("AssumeRole"), 1);
    let said = service.stsd.stsd(&["status"]).well().stdout;
    assert!(said.contains("the sessions outlive a restart\n"), "{said}");
}

#[test]
fn a_lock_empties_the_record_before_it_says_so() {
    for by_signal in [false, true] {
        let mut service = Service::start();
        service.stsd.unlock();
        let secret = service.stsd.get("/creds").json()["SecretAccessKey"].clone();
        let holds = |service: &Service| {
            let secret = secret.as_str().unwrap().as_bytes();
            service.bytes().windows(secret.len()).any(|window| window == secret)
        };
        // Control: it is found while unlocked. What is read while the other slot is written may be neither.
        service.stsd.until(|_| holds(&service), |holds| *holds);
        let mark = service.stsd.daemon().log().mark();
        if by_signal {
            service.stsd.daemon().signal(Signal::SIGUSR1);
            service.stsd.daemon().says_after(mark, "locked");
            service.stsd.until(|stsd| stsd.get("/creds"), |reply| reply.status == 403);
        } else {
            service.stsd.stsd(&["lock"]).well();
        }
        assert!(!holds(&service));
        // The code that was typed is known by a keyed hash, for as long as STS would take it.
        let left = String::from_utf8_lossy(&service.bytes()[4096..]).into_owned();
        assert!(left.contains(r#""sessions":[],"roles":[]"#), "nor anything else");
        assert!(!["ASIA", "AKIA", "SecretAccessKey"].iter().any(|text| left.contains(text)));
        // Of 512 bytes each: the control block's page, and one of a slot's.
        assert!(
            service.record().metadata().unwrap().blocks() <= 16,
            "and its memory is given back"
        );
        service.restart(Signal::SIGKILL);
        assert_eq!(service.stsd.session(ALICE)["state"], "locked");
        assert!(service.stsd.stsd(&["status"]).well().stdout.contains("run `stsd unlock`"));
    }
}

#[test]
fn a_code_is_not_sent_twice_though_a_lock_and_a_crash_lie_between() {
    let mut service = Service::start();
    let code = service.stsd.code(stsd_tests::ALICE_DEVICE);
    service.stsd.stsd(&["unlock", &code]).well();
    service.stsd.stsd(&["lock"]).well();
    service.restart(Signal::SIGKILL);
    let said = service.stsd.stsd(&["unlock", &code]).failed(1);
    assert!(said.contains("used already"), "{said}");
    assert_eq!(service.stsd.asked("GetSessionToken"), 1);
}

#[test]
fn a_record_that_is_not_to_be_trusted_costs_the_session_and_says_why() {
    type Damage = fn(&Service);
    let damage: [(&str, Damage); 6] = [
        ("is of version 2, and this daemon reads 1", |s| {
            s.record().write_all_at(&[2], s.slot() + 8).unwrap();
        }),
        ("is of version 0, and this daemon reads 1", |s| {
            s.record().write_all_at(&[0], s.slot() + 8).unwrap();
        }),
        ("the record is damaged", |s| {
            s.record().write_all_at(b"?", s.slot() + 100).unwrap();
        }),
        ("the record is cut off", |s| s.record().set_len(s.slot() + 100).unwrap()),
        ("ended while it took them over", |s| s.record().write_all_at(b"T", 8).unwrap()),
        ("the daemon crashed twice within a minute", |s| {
            let mut crashes = [0; 16];
            crashes[..8].copy_from_slice(&59_000_000_001_u64.to_le_bytes());
            crashes[8..].copy_from_slice(&1_u64.to_le_bytes());
            s.record().write_all_at(&crashes, 16).unwrap();
        }),
    ];
    let mut service = Service::start();
    for (reason, damage) in damage {
        service.stsd.unlock();
        service.end(Signal::SIGKILL);
        damage(&service);
        service.begin();
        service.stsd.daemon().says_after(0, reason);
        assert_eq!(service.stsd.session(ALICE)["state"], "locked", "{reason}");
        assert_eq!(service.stsd.get("/creds").status, 403);
        let said = service.stsd.stsd(&["status"]).well().stdout;
        let sentence = "the sessions of before the restart could not be taken over (";
        assert!(said.contains(sentence) && said.contains(reason), "{said}");
        assert!(service.bytes()[4096..].iter().all(|byte| *byte == 0), "{reason}: it is emptied");
        service.stsd.unlock();
        let said = service.stsd.stsd(&["status"]).well().stdout;
        assert!(!said.contains(sentence), "{said}");
        service.restart(Signal::SIGKILL);
        assert_eq!(service.stsd.session(ALICE)["state"], "unlocked", "after {reason}");
    }
}

#[test]
fn what_is_no_record_is_neither_read_nor_kept() {
    let mut service = Service::start();
    service.stsd.unlock();
    service.end(Signal::SIGKILL);
    let record = service.manager.store.pop().unwrap();
    let path = service.stsd.home.path().join("stranger");
    std::fs::write(&path, "mine").unwrap();
    let strange = || File::options().read(true).write(true).open(&path).unwrap();
    for (store, reason) in [
        (vec![strange()], "passed something else than the record"),
        (vec![record.try_clone().unwrap(), strange()], "passed several records"),
    ] {
        service.manager.store = store;
        service.begin();
        service.stsd.daemon().says_after(0, reason);
        assert_eq!(service.stsd.session(ALICE)["state"], "locked");
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        service.stsd.unlock();
        service.restart(Signal::SIGKILL);
        assert_eq!(service.stsd.session(ALICE)["state"], "unlocked", "there is a new record");
        service.end(Signal::SIGKILL);
    }
    assert_eq!(record.metadata().unwrap().len(), 0, "the one among several is emptied");
}

#[test]
fn a_profile_that_means_another_role_now_is_asked_anew() {
    let mut service = Service::start();
    service.stsd.unlock();
    let (session, role) = (service.key("/creds"), service.key("/creds/prod"));
    service.end(Signal::SIGKILL);
    let config = stsd_tests::config(&service.stsd.emulator.url());
    let other = config.replacen("role/prod", "role/staging", 1);
    assert_ne!(config, other);
    service.stsd.home.write_config(&other).unwrap();
    service.begin();
    assert_eq!(service.key("/creds"), session);
    assert_ne!(service.key("/creds/prod"), role);
    let reply = service.stsd.get("/creds/prod").json();
    assert_eq!(reply["RoleArn"], "arn:aws:iam::444455556666:role/staging");
}

#[test]
fn switched_off_nothing_is_kept_and_what_was_is_forgotten() {
    let mut service = Service::start();
    service.stsd.unlock();
    let record = service.record().try_clone().unwrap();
    service.stsd.home.write_configuration("keep_sessions = false\n").unwrap();
    service.restart(Signal::SIGTERM);
    assert!(service.manager.store.is_empty());
    assert_eq!(record.metadata().unwrap().len(), 0);
    assert_eq!(service.stsd.session(ALICE)["state"], "locked");
    let restart = service.restart_in_status();
    assert_eq!(restart["sessions"], "lost");
    assert!(restart["reason"].as_str().unwrap().contains("keep_sessions = false"), "{restart}");
}

#[test]
fn without_a_manager_or_without_its_room_the_status_says_that_a_restart_ends_the_sessions() {
    let stsd = Fixture::start();
    let said = stsd.stsd(&["status"]).well().stdout;
    assert!(
        said.contains("a restart ends the sessions: it was not started by systemd\n"),
        "{said}"
    );
    let mut service = Service::start();
    service.end(Signal::SIGKILL);
    service.manager.store.clear();
    service.manager.has_room = false;
    service.begin();
    let restart = service.restart_in_status();
    let reason = restart["reason"].as_str().unwrap();
    assert!(reason.contains("does not hold the record"), "{restart}");
}

#[test]
fn an_unlock_under_way_ends_with_its_daemon_and_its_code_is_spent() {
    let mut service = Service::start();
    service.stsd.unlock();
    let before = service.key("/creds");
    let code = service.stsd.code(stsd_tests::ALICE_DEVICE);
    let fault = sts_emulator::Fault::hang().on("GetSessionToken").times(1);
    service.stsd.emulator.fault(fault);
    let mut unlock = service.stsd.command(&["unlock", &code]);
    let unlocking = unlock.stderr(Stdio::piped()).spawn().unwrap();
    service.stsd.until(|stsd| stsd.asked("GetSessionToken"), |asked| *asked == 2);
    service.restart(Signal::SIGKILL);
    assert_ne!(Ran::of_child(&unlock, unlocking).code, 0);
    assert_eq!(service.key("/creds"), before, "the session that there was goes on");
    let said = service.stsd.stsd(&["unlock", &code]).failed(1);
    assert!(said.contains("used already"), "{said}");
}
