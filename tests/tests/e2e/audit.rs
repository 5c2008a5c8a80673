//! The audit, as `stsd log` shows it: who it was, by each door, and how many.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::Value;
use stsd_tests::{Fixture, PATIENCE, exchange_unix, get, request};

/// Every record that is written by now.
fn records(stsd: &Fixture) -> Vec<Value> {
    let ran = stsd.stsd(&["log", "--json", "-n", "100000"]).well();
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_event<'a>(records: &'a [Value], event: &str) -> Vec<&'a Value> {
    records.iter().filter(|record| record["event"] == event).collect()
}

/// Waits for so many records of an event.
fn when(stsd: &Fixture, event: &str, count: usize) -> Vec<Value> {
    let enough = |records: &Vec<Value>| of_event(records, event).len() >= count;
    let records = stsd.until(records, enough);
    of_event(&records, event).into_iter().cloned().collect()
}

/// A tool of one's own at a door; it stays, with its connection, until the record is there.
fn a_tool_at(stsd: &Fixture, door: &str, profile: &str) -> (u32, Value) {
    let before = of_event(&records(stsd), "credentials").len();
    let mut command = Command::new(TOOL);
    let mut tool = Spoken::begin(command.arg(door).stdin(Stdio::piped()));
    let question = request("localhost", &format!("/creds/{profile}"), Some(&stsd.authorization()));
    let process = tool.process.get_mut();
    process.stdin.as_mut().unwrap().write_all(question.as_bytes()).unwrap();
    let pid = process.id();
    assert_eq!(tool.line.recv_timeout(PATIENCE).unwrap(), "answered\n");
    (pid, when(stsd, "credentials", before + 1).pop().unwrap())
}

const TOOL: &str = env!("CARGO_BIN_EXE_held-connection");

#[test]
fn each_door_names_the_process_and_its_program() {
    let stsd = Fixture::start();
    stsd.unlock();
    let port = stsd.daemon().endpoint().rsplit_once(':').unwrap().1.to_owned();
    let socket = stsd.places().credentials_socket().display().to_string();
    for (door, at) in [("127.0.0.1", &port), ("creds.sock", &socket)] {
        let (pid, record) = a_tool_at(&stsd, at, "prod");
        assert_eq!((&record["door"], &record["profile"]), (&door.into(), &"prod".into()));
        assert_eq!(record["authorization_token"], "own");
        assert_eq!(record["caller"]["pid"], pid, "{record}");
        let program = record["caller"]["program"].as_str().unwrap();
        assert_eq!(Path::new(program).file_name(), Path::new(TOOL).file_name());
        assert!(record["access_key_id"].as_str().unwrap().starts_with("ASIA"));
        assert_eq!(record["role_arn"], "arn:aws:iam::444455556666:role/prod");
    }
}

#[test]
fn a_day_is_in_it_from_its_start_to_its_end() {
    let mut stsd = Fixture::start();
    assert_eq!(stsd.get("/creds/prod").status, 403);
    stsd.unlock();
    stsd.get("/creds/prod");
    stsd.get("/creds/nobody");
    stsd.stsd(&["credential-process", "staging"]).well();
    stsd.stsd(&["unlock", "000000"]);
    stsd.stsd(&["refresh", "prod"]).well();
    get(stsd.daemon().endpoint(), "/creds/prod", Some("wrong")).unwrap();
    stsd.stsd(&["lock"]).well();
    let daemon = stsd.take_daemon();
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    daemon.ended_within(PATIENCE);
    let records = records(&stsd);
    let said: Vec<String> = records
        .iter()
        .filter(|record| record["event"] != "refresh")
        .map(|record| {
            let word = |key: &str| record[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", word("event"), word("profile"), word("code"))
        })
        .collect();
    assert_eq!(
        said,
        [
            "started - -",
            "request_refused prod StsdLocked",
            "unlock default -",
            "credentials prod -",
            "request_refused - StsdUnknownProfile",
            "credentials staging -",
            "unlock default StsdWrongCode",
            "refresh_requested prod -",
            "request_refused - StsdUnauthorized",
            "lock - -",
            "stopped - -",
        ]
    );
    let fetched = of_event(&records, "refresh");
    assert!(fetched.iter().any(|record| record["profile"] == "prod" && record["error"].is_null()));
    assert!(fetched.iter().all(|record| record["caller"].is_null()));
    let folder = stsd.places().audit();
    for (path, mode) in [(folder, 0o700), (stsd.places().audit_log(), 0o600)] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
    }
}

#[test]
fn each_of_thousands_of_refusals_counts() {
    let mut stsd = Fixture::start();
    let socket = stsd.places().credentials_socket();
    let right = stsd.authorization();
    let questions = [
        (request("localhost", "/creds/prod", Some(&right)), 403),
        (request("localhost", "/nothing", None), 404),
    ];
    for _ in 0..2_500 {
        for (question, status) in &questions {
            assert_eq!(exchange_unix(&socket, question).unwrap().status, *status);
        }
    }
    let daemon = stsd.take_daemon();
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    daemon.ended_within(PATIENCE);
    let records = records(&stsd);
    let refused = of_event(&records, "request_refused");
    for code in ["StsdLocked", "StsdNotFound"] {
        let of_code = refused.iter().filter(|record| record["code"] == code);
        assert_eq!(of_code.map(|record| record["count"].as_u64().unwrap()).sum::<u64>(), 2_500);
    }
    assert!(records.len() < 100, "{} records", records.len());
}

#[test]
fn without_any_log_it_says_so_and_one_that_follows_sees_what_comes() {
    let mut stsd = Fixture::builder().no_daemon().start();
    let ran = stsd.stsd(&["log"]).well();
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("", "stsd: note: nothing is in the audit yet\n")
    );
    let following = Spoken::begin(&mut stsd.command(&["log", "--follow"]));
    stsd.start_daemon();
    let line = following.line.recv_timeout(PATIENCE).expect("the daemon's start");
    assert!(line.contains("start ") && line.contains(&stsd.daemon().pid().to_string()), "{line}");
    // Its reader has gone.
    let ended = |_: &Fixture| following.process.borrow_mut().try_wait().unwrap();
    assert!(stsd.until(ended, Option::is_some).unwrap().success());
}

/// A program whose first line is read, and which does not outlive its test.
struct Spoken {
    process: RefCell<Child>,
    line: Receiver<String>,
}

impl Spoken {
    fn begin(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = process.stdout.take().unwrap();
        let (said, heard) = channel();
        // It ends with its line, or with the process.
        thread::spawn(move || {
            let mut line = String::new();
            let _ = BufReader::new(output).read_line(&mut line);
            let _ = said.send(line);
        });
        Self { process: RefCell::new(process), line: heard }
    }
}

impl Drop for Spoken {
    fn drop(&mut self) {
        let process = self.process.get_mut();
        // Gone already is as good.
        let _ = process.kill();
        let _ = process.wait();
    }
}

#[test]
fn none_is_kept_where_the_configuration_says_so() {
    let stsd = Fixture::builder().configuration("audit = false\n").start();
    stsd.get("/creds/prod");
    assert!(!stsd.places().audit().exists());
}
