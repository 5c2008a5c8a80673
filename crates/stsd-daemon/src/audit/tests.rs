//! The whole room: what is told comes out as lines, whole, few and with an exact sum.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::audit::{Event, LONGEST, Reason, Record};
use stsd_protocol::{RefusalCode, Timestamp};
use tokio::sync::watch;

use super::note::Note;
use super::queue::{Queue, Work};
use super::{Asked, Audit, Ending, Seen, What};
use crate::caller::{Caller, Refused, Socket};
use crate::clock::SystemClock;
use crate::service::Served;
use crate::state::Story;
use crate::wire::testing::{SECRET, served};

struct Room {
    folder: tempfile::TempDir,
    audit: Audit,
    ending: Option<Ending>,
}

impl Room {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (audit, waiting) = Audit::new(folder.path().join("audit/log.jsonl"));
        let table = Arc::new(Story::begin().state.table().clone());
        let ending = Some(waiting.start(watch::channel(table).1));
        Self { folder, audit, ending }
    }

    fn saw(&self, profile: Asked<'_>, what: What<'_>) {
        self.saw_by("own", profile, what, &this_process());
    }

    fn saw_by(&self, name: &str, profile: Asked<'_>, what: What<'_>, caller: &Caller) {
        let (caller, authorization_token) = (Some(caller), Some(name));
        self.audit.saw(&Seen { door: "127.0.0.1", caller, authorization_token, profile, what });
    }

    /// Ends it, and reads what was written.
    fn records(&mut self) -> Vec<Record> {
        drop(self.ending.take());
        let text = fs::read_to_string(self.folder.path().join("audit/log.jsonl")).unwrap();
        assert!(text.lines().all(|line| line.len() < LONGEST), "{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn this_process() -> Caller {
    let uid = nix::unistd::getuid().as_raw();
    Caller { uid, socket: Socket::Process(std::process::id()), cgroup: None }
}

fn refused(code: RefusalCode) -> What<'static> {
    What::Refused { request: Some("/creds"), code }
}

#[test]
fn a_crowd_of_callers_keeps_nothing_from_being_written() {
    let queue = Queue::default();
    queue.look_for(this_process());
    queue.put(Note::of_the_daemon(Event::Stopped, None, SystemClock));
    queue.look_for(this_process());
    assert!(matches!(queue.work(Duration::ZERO), Work::Write { notes, .. } if notes.len() == 1));
    assert!(matches!(queue.work(Duration::ZERO), Work::LookFor(_)));
}

#[test]
fn a_caller_that_was_looked_at_has_its_program() {
    let mut room = Room::open();
    room.audit.admitted(&this_process());
    let credentials = served();
    room.saw(Asked::Named("prod"), What::Served(&credentials));
    let records = room.records();
    let caller = records[0].caller.clone().unwrap();
    assert_eq!(caller.pid, Some(std::process::id()));
    let program = std::env::current_exe().unwrap();
    assert!(Path::new(&caller.program.unwrap()).ends_with(program.file_name().unwrap()));
    assert_eq!(records[0].profile.as_deref(), Some("prod"));
    assert!(matches!(&records[0].event, Event::Credentials { expiration, .. }
        if *expiration == credentials.real_expiration));
}

#[test]
fn twenty_thousand_refusals_are_few_lines_and_twenty_thousand() {
    let mut room = Room::open();
    for _ in 0..10_000 {
        room.audit.turned_away("127.0.0.1", &Refused::OtherUser { uid: 1002 });
        room.saw(Asked::Default, refused(RefusalCode::Locked));
    }
    let records = room.records();
    assert!(records.len() < 100, "{} lines", records.len());
    let sum = |of: fn(&Record) -> bool| -> u64 {
        records.iter().filter(|record| of(record)).map(|record| record.count).sum()
    };
    assert_eq!(sum(|record| record.code == Some(RefusalCode::Locked)), 10_000);
    let stranger = |record: &Record| {
        record.event == Event::NotAdmitted { reason: Reason::OtherUser }
            && record.caller.as_ref().is_some_and(|caller| caller.uid == 1002)
    };
    assert_eq!(sum(stranger), 10_000);
}

#[test]
fn made_up_names_are_one_flood_and_cannot_turn_the_log_over() {
    let mut room = Room::open();
    for number in 0..20_000 {
        let name = format!("made-up-{number}");
        room.saw(Asked::Named(&name), refused(RefusalCode::UnknownProfile));
        room.saw(Asked::Named(&name), refused(RefusalCode::OutOfScope));
        let code = Some(RefusalCode::UnknownProfile);
        room.saw(Asked::Named(&name), What::Done { event: &Event::RefreshRequested, code });
    }
    room.saw(Asked::Named("prod"), refused(RefusalCode::OutOfScope));
    let records = room.records();
    assert!(records.len() < 100, "{} lines", records.len());
    assert_eq!(records.iter().map(|record| record.count).sum::<u64>(), 60_001);
    assert!(records.iter().any(|record| record.profile.as_deref() == Some("prod")));
}

#[test]
fn a_crowd_of_processes_is_counted_together_and_its_sum_is_exact() {
    let mut room = Room::open();
    let credentials = served();
    for pid in 0..4_000 {
        let caller = Caller { socket: Socket::Process(pid), ..this_process() };
        room.saw_by("own", Asked::Named("prod"), refused(RefusalCode::Locked), &caller);
        room.saw_by("own", Asked::Named("prod"), What::Served(&credentials), &caller);
    }
    let records = room.records();
    assert_eq!(records.iter().map(|record| record.count).sum::<u64>(), 8_000);
    let crowds: Vec<&Record> = records.iter().filter(|record| record.count > 1).collect();
    assert!(crowds.iter().all(|record| record.caller.as_ref().is_some_and(|c| c.pid.is_none())));
    for code in [None, Some(RefusalCode::Locked)] {
        let of_code = crowds.iter().filter(|record| record.code == code);
        assert!(of_code.map(|record| record.count).sum::<u64>() > 1_000, "{crowds:?}");
    }
}

#[test]
fn what_a_person_does_is_never_merely_counted() {
    let mut room = Room::open();
    for _ in 0..100 {
        room.saw(Asked::Nothing, What::Done { event: &Event::Lock { identities: 1 }, code: None });
        room.audit.happened(Event::Stopped, None);
    }
    let records = room.records();
    assert_eq!((records.len(), records.iter().all(|record| record.count == 1)), (200, true));
}

#[test]
fn no_line_is_too_long_and_a_name_is_what_the_configuration_has() {
    let mut room = Room::open();
    let long = "\"".repeat(5_000);
    let (identity, error) = (Some("A".repeat(128)), Some("E".repeat(96)));
    let credentials = Served {
        access_key_id: "A".repeat(999),
        account_id: Some(long.clone()),
        role_arn: Some(long.clone()),
        ..served()
    };
    room.saw_by(&long, Asked::Named(&long), What::Served(&credentials), &this_process());
    for name in ["prod", "my-prod", "no\u{1b}[2J such", "123456", "fake-authorization-token"] {
        room.saw(Asked::Named(name), refused(RefusalCode::UnknownProfile));
    }
    room.saw(Asked::Default, refused(RefusalCode::Locked));
    let expiration = Some(Timestamp::from_unix(1));
    let refresh = Event::Refresh { identity, access_key_id: None, expiration, error };
    room.audit.happened(refresh, Some("prod"));
    let records = room.records();
    let names: Vec<Option<&str>> = records.iter().map(|record| record.profile.as_deref()).collect();
    assert_eq!(names[1..], [Some("prod"), None, Some("default"), Some("prod"), None]);
    assert_eq!(records[5].count, 3, "the other unknown names");
}

#[test]
fn no_secret_is_in_what_is_written() {
    let mut room = Room::open();
    room.saw(Asked::Default, What::Served(&served()));
    assert_eq!(room.records().len(), 1);
    let text = fs::read_to_string(room.folder.path().join("audit/log.jsonl")).unwrap();
    assert!(text.contains("ASIAIOSFODNN7EXAMPLE"));
    assert!(!text.contains(SECRET) && !text.contains("session+token"), "{text}");
}

#[test]
fn what_cannot_be_written_is_counted_said_and_written_later() {
    let mut room = Room::open();
    let folder = room.folder.path().join("audit");
    fs::write(&folder, "in the way").unwrap();
    room.audit.happened(Event::Stopped, None);
    while room.audit.problems().is_empty() {
        std::thread::yield_now();
    }
    for _ in 0..10_000 {
        room.audit.happened(Event::Stopped, None);
    }
    let problem = room.audit.problems().remove(0).message;
    assert!(problem.starts_with("it cannot be written ("), "{problem}");
    fs::remove_file(&folder).unwrap();
    let records = room.records();
    assert_eq!(records[0].event, Event::RecordsDropped);
    let kept = u64::try_from(records.len()).unwrap() - 1;
    assert_eq!(records[0].count + kept, 10_001, "{kept} kept");
    assert!(room.audit.problems().is_empty());
}

#[test]
fn each_missing_record_is_said_once_however_often_it_was_tried_to_write_it() {
    let queue = Queue::default();
    let said = || queue.obstacle().unwrap_or_default();
    queue.put(Note::of_the_daemon(Event::Stopped, None, SystemClock));
    for _ in 0..3 {
        assert!(matches!(queue.work(Duration::ZERO), Work::Write { .. }));
        queue.lost(1, "full");
        assert_eq!(said(), "it cannot be written (full), and 1 record is missing so far");
    }
    queue.put(Note::of_the_daemon(Event::Stopped, None, SystemClock));
    assert!(said().contains("2 records are missing"), "{}", said());
    assert!(matches!(queue.work(Duration::ZERO), Work::Write { dropped: 1, .. }));
    assert!(said().contains("2 records are missing"), "while it is tried: {}", said());
    queue.went_well();
    assert_eq!(queue.obstacle(), None);
}

#[test]
fn nobody_waits_where_nothing_is_kept_and_an_end_is_no_long_wait() {
    let audit = Audit::default();
    audit.admitted(&this_process());
    audit.happened(Event::Stopped, None);
    assert!(audit.problems().is_empty());
    let (_audit, waiting) = Audit::new("/nowhere".into());
    let begun = std::time::Instant::now();
    drop(Ending(waiting.queue));
    assert!(begun.elapsed() < Duration::from_secs(5));
}
