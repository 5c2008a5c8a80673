use std::collections::VecDeque;
use std::fs;
use std::path::Path;

use stsd_protocol::audit::{Caller, Event, Parent, Reason, Record, VERSION};
use stsd_protocol::{RefusalCode, Timestamp};

use super::files::Tail;
use super::lines::LONGEST_LINE;
use super::printer::Printer;
use super::{line, remark};
use crate::arguments::LogArguments;

fn record(event: Event) -> Record {
    Record {
        version: VERSION,
        time: Timestamp::from_unix(1_800_000_000),
        event,
        profile: Some("prod".to_owned()),
        code: None,
        door: Some("127.0.0.1".into()),
        caller: Some(Caller {
            uid: 1001,
            pid: Some(4711),
            program: Some("/usr/bin/aws".to_owned()),
            unit: Some("app-shell.scope".to_owned()),
            parent: None,
        }),
        authorization_token: Some("own".to_owned()),
        count: 1,
        until: None,
    }
}

fn refused() -> Record {
    let event = Event::RequestRefused { request: Some("/creds".into()) };
    Record { code: Some(RefusalCode::Locked), ..record(event) }
}

#[test]
fn each_record_is_one_line() {
    let credentials = Event::Credentials {
        access_key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
        expiration: Timestamp::from_unix(1_800_003_600),
        account_id: None,
        role_arn: None,
    };
    assert_eq!(
        line::of(&record(credentials)),
        "2027-01-15T08:00:00Z  credentials  prod         /usr/bin/aws (4711) in app-shell.scope at \
         127.0.0.1  ASIAIOSFODNN7EXAMPLE until 2027-01-15T09:00:00Z\n"
    );
    let mut flood = refused();
    flood.count = 19_999;
    flood.until = Some(Timestamp::from_unix(1_800_000_060));
    assert_eq!(
        line::of(&flood),
        "2027-01-15T08:00:00Z  refused      prod         /usr/bin/aws (4711) in app-shell.scope at \
         127.0.0.1  Locked  x19999 until 2027-01-15T08:01:00Z\n"
    );
    let mut stranger = record(Event::NotAdmitted { reason: Reason::OtherUser });
    stranger.profile = None;
    let unknown = Caller { uid: 1002, pid: None, program: None, unit: None, parent: None };
    stranger.caller = Some(unknown);
    stranger.authorization_token = None;
    assert_eq!(
        line::of(&stranger),
        "2027-01-15T08:00:00Z  not admitted -            uid 1002 at 127.0.0.1  another user\n"
    );
    let mut ended = record(Event::SessionEnded { identity: "AKIAIOSFODNN7EXAMPLE".to_owned() });
    (ended.caller, ended.door, ended.profile) = (None, None, None);
    assert_eq!(
        line::of(&ended),
        "2027-01-15T08:00:00Z  end          -            stsd itself  session of AKIAIOSFODNN7EXAMPLE\n"
    );
}

#[test]
fn the_client_names_the_one_it_asks_for_and_a_token_its_name() {
    let mut of_a_tool = refused();
    let parent = Parent { pid: 42, program: Some("/usr/bin/terraform".to_owned()) };
    of_a_tool.caller = of_a_tool.caller.map(|caller| Caller {
        program: Some("stsd".to_owned()),
        parent: Some(parent),
        ..caller
    });
    of_a_tool.authorization_token = Some("ci".to_owned());
    let line = line::of(&of_a_tool);
    assert!(line.contains("stsd (4711) for /usr/bin/terraform (42) in "), "{line}");
    assert!(line.ends_with("Locked  authorization token ci\n"), "{line}");
}

#[test]
fn a_hostile_name_cannot_steer_the_terminal() {
    let mut hostile = refused();
    hostile.profile = Some("\u{1b}[2Jprod\r\n\u{202e}".to_owned());
    hostile.caller = hostile.caller.map(|caller| Caller {
        program: Some("\u{9b}31m\n2027-01-15T08:00:00Z  lock".to_owned()),
        unit: Some("x\u{7}.scope".to_owned()),
        ..caller
    });
    let line = line::of(&hostile);
    assert_eq!(line.matches('\n').count(), 1);
    assert!(!line.trim_end().contains(char::is_control), "{line:?}");
    assert!(!line.contains('\u{202e}'));
}

#[test]
fn json_on_a_terminal_cannot_steer_it_and_is_the_same_json() {
    let mut hostile = refused();
    hostile.caller = hostile.caller.map(|caller| Caller {
        program: Some("/tmp/\u{9b}31m\u{7f}\u{202e}\u{1b}é".to_owned()),
        ..caller
    });
    let raw = serde_json::to_string(&hostile).unwrap();
    let text = |terminal| Printer { json: true, terminal, profile: None }.text(&raw);
    let shown = text(true);
    assert!(shown.contains(r"/tmp/\u009b31m\u007f\u202e\u001bé"), "{shown}");
    assert!(!shown.trim_end().contains(char::is_control));
    assert_eq!(serde_json::from_str::<Record>(&shown).unwrap(), hostile);
    assert_eq!(text(false), format!("{raw}\n"));
}

fn write(path: &Path, records: &[Record]) {
    let line = |record| serde_json::to_string(record).unwrap() + "\n";
    fs::write(path, records.iter().map(line).collect::<String>()).unwrap();
}

fn numbered(count: u64) -> Record {
    Record { count, ..refused() }
}

fn counts(lines: impl IntoIterator<Item = String>) -> Vec<u64> {
    let count = |line: String| serde_json::from_str::<Record>(&line).unwrap().count;
    lines.into_iter().map(count).collect()
}

#[test]
fn the_last_lines_come_from_as_many_files_as_it_takes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let everything = Printer { json: false, terminal: false, profile: None };
    for (name, from) in [("log.jsonl.2", 0), ("log.jsonl.1", 10), ("log.jsonl", 20)] {
        let records: Vec<Record> = (from..from + 10).map(numbered).collect();
        write(&folder.path().join(name), &records);
    }
    for (most, begin) in [(5, 25), (15, 15), (100, 0)] {
        let (tail, _) = Tail::read(&path, most, |line| everything.wants(line)).unwrap();
        assert_eq!(counts(tail.lines), (begin..30).collect::<Vec<u64>>());
    }
    let other = Printer { json: false, terminal: false, profile: Some("staging".to_owned()) };
    let (tail, _) = Tail::read(&path, 9, |line| other.wants(line)).unwrap();
    assert_eq!((tail.lines.len(), tail.is_any), (0, true));
}

#[test]
fn an_empty_screen_has_its_reason_unless_nothing_was_asked_for() {
    let nothing = |is_any| Tail { lines: VecDeque::new(), is_any, unreadable: 0 };
    for (is_any, profile, lines, said) in [
        (false, None, 100, Some("nothing is in the audit yet")),
        (true, Some("prod"), 100, Some("no record is of this profile")),
        // As in `stsd log -n 0 --follow`.
        (true, Some("prod"), 0, None),
        (true, None, 0, None),
    ] {
        let profile = profile.map(str::to_owned);
        let arguments = LogArguments { profile, follow: true, lines, json: false };
        assert_eq!(remark(&nothing(is_any), &arguments), said);
    }
}

#[test]
fn a_torn_line_is_passed_over_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let whole = serde_json::to_string(&refused()).unwrap();
    fs::write(&path, format!("{whole}\n{{\"tor\n{whole}\n{{\"still being wri")).unwrap();
    let everything = Printer { json: false, terminal: false, profile: None };
    let (tail, _) = Tail::read(&path, 9, |line| everything.wants(line)).unwrap();
    assert_eq!((tail.lines.len(), tail.unreadable), (2, 1));
}

#[test]
fn a_record_of_another_version_is_not_read_as_one_of_ours() {
    let everything = Printer { json: false, terminal: false, profile: None };
    let line = |version| serde_json::to_string(&Record { version, ..refused() }).unwrap();
    assert_eq!(everything.wants(&line(VERSION)), Some(true));
    assert_eq!(everything.wants(&line(VERSION + 1)), None);
}

#[test]
fn the_end_of_a_line_that_is_too_long_is_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let whole = serde_json::to_string(&refused()).unwrap();
    for length in [LONGEST_LINE - 1, LONGEST_LINE, LONGEST_LINE + 1, 3 * LONGEST_LINE] {
        fs::write(&path, format!("{}{whole}\n{whole}\n", " ".repeat(length))).unwrap();
        let everything = Printer { json: false, terminal: false, profile: None };
        let (tail, _) = Tail::read(&path, 9, |line| everything.wants(line)).unwrap();
        assert_eq!((tail.lines.len(), tail.unreadable), (1, 1), "{length}");
    }
}

#[test]
fn whoever_follows_misses_no_line_over_rotations() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let aged = |age: u32| folder.path().join(format!("log.jsonl.{age}"));
    let everything = Printer { json: false, terminal: false, profile: None };
    let (tail, mut follower) = Tail::read(&path, 9, |line| everything.wants(line)).unwrap();
    assert_eq!((tail.lines.len(), tail.is_any), (0, false));
    write(&path, &[numbered(1)]);
    assert_eq!(counts(follower.next_lines().unwrap()), [1]);
    write(&path, &[numbered(1), numbered(2)]);
    fs::rename(&path, aged(1)).unwrap();
    write(&path, &[numbered(3)]);
    fs::rename(aged(1), aged(2)).unwrap();
    fs::rename(&path, aged(1)).unwrap();
    write(&path, &[numbered(4)]);
    assert_eq!(counts(follower.next_lines().unwrap()), [2, 3, 4]);
    assert!(follower.next_lines().unwrap().is_empty());
}

#[test]
fn whoever_follows_a_file_that_is_emptied_goes_on_from_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let everything = Printer { json: false, terminal: false, profile: None };
    write(&path, &(0..9).map(numbered).collect::<Vec<Record>>());
    let (_, mut follower) = Tail::read(&path, 0, |line| everything.wants(line)).unwrap();
    // Written over in place: it is the same file.
    write(&path, &[numbered(10)]);
    assert_eq!(counts(follower.next_lines().unwrap()), [10]);
    assert!(follower.next_lines().unwrap().is_empty());
}
