//! `status --short`, as a prompt runs it: a few words, no error, and never a wait.

use std::os::unix::net::UnixListener;

use stsd_protocol::control::ProfileState;

use crate::support::{Daemon, Ended, Reply, profile, run, session, status, stsd};

fn said(ended: &Ended) -> (i32, &str, &str) {
    (ended.code, ended.stdout.as_str(), ended.stderr.as_str())
}

fn reply() -> Reply {
    let mut prod = profile("prod");
    prod.state = ProfileState::Ready;
    Reply::json(&serde_json::to_value(status(vec![session("default")], vec![prod])).unwrap())
}

#[test]
fn a_connected_shell_is_told_its_profile_and_how_long_the_session_lasts() {
    let daemon = Daemon::answering(|_| Some(reply()));
    let asked = || {
        let mut command = stsd(&daemon, &["status", "--short"]);
        command.env("STSD_PROFILE", "prod");
        run(command)
    };
    let all: Vec<_> = (0..10).map(|_| asked()).collect();
    let (told, late) = ((0, "prod 11h\n", ""), (0, "prod ?\n", ""));
    // A busy machine does not answer each within its tenth of a second.
    assert!(all.iter().all(|ended| [told, late].contains(&said(ended))), "{all:?}");
    assert!(all.iter().any(|ended| said(ended) == told), "none of ten was answered in time");
    assert!(daemon.heard().iter().all(|heard| heard.line == "GET /v1/status"));
}

#[test]
fn a_shell_that_is_not_connected_is_told_nothing_and_nobody_is_asked() {
    let daemon = Daemon::saying([reply()]);
    assert_eq!(said(&run(stsd(&daemon, &["status", "--short"]))), (0, "", ""));
    assert_eq!(daemon.heard(), []);
}

#[test]
fn a_daemon_that_hangs_is_not_waited_for() {
    let (hanging, held) = reply().held();
    let daemon = Daemon::saying([hanging]);
    let mut command = stsd(&daemon, &["status", "--short"]);
    command.env("STSD_PROFILE", "prod");
    assert_eq!(said(&run(command)), (0, "prod ?\n", ""));
    held.wait();
    held.release();
}

#[test]
fn a_socket_without_a_daemon_behind_it_is_off() {
    let daemon = Daemon::saying([]);
    let path = daemon.folder().join("left-over.sock");
    drop(UnixListener::bind(&path).unwrap());
    let mut command = stsd(&daemon, &["status", "--short"]);
    command.env("STSD_PROFILE", "it's\u{1b}[2J").env("STSD_SOCKET", path);
    assert_eq!(said(&run(command)), (0, "it's?[2J off\n", ""));
}
