//! What the desktop shows, as the program hears it that is asked to show it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use sts_emulator::Fault;
use stsd_tests::{Builder, Fixture, PATIENCE, Ran};
use tempfile::TempDir;

/// A folder with a `notify-send` that writes down what it is told.
struct Desktop {
    folder: TempDir,
}

impl Desktop {
    /// What is told is appended at once, and so is never seen in part.
    fn new() -> Self {
        Self::with(
            "told=$(printf '%s\\n' \"$@\"); printf '%s\\n\\n' \"$told\" >> \"${0%/*}/record\"\n",
        )
    }

    /// The script is written by a process of its own: one that this one had open for writing while
    /// another thread starts a program could not be run.
    fn with(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut write = Command::new("sh");
        write
            .args(["-c", r#"cat > "$0" && chmod 755 "$0""#])
            .arg(folder.path().join("notify-send"));
        Ran::with_input(write, &format!("#!/bin/sh\n{script}")).well();
        Self { folder }
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join("record")
    }

    fn builder(&self) -> Builder {
        Fixture::builder()
            .searched(self.folder.path())
            .variable("PATH", &format!("{}:/usr/bin:/bin", self.folder.path().display()))
    }

    /// What was shown so far: title and body of each.
    fn notices(&self) -> Vec<(String, String)> {
        let text = fs::read_to_string(self.record()).unwrap_or_default();
        let notices = text.split_terminator("\n\n").map(|notice| {
            let words: Vec<_> = notice.lines().collect();
            assert_eq!(words[..2], ["--app-name=stsd", "--"]);
            let [title, body] = words[2..] else { panic!("{words:?}") };
            (title.to_owned(), body.to_owned())
        });
        notices.collect()
    }

    /// Waits for so many.
    fn shows(&self, stsd: &Fixture, count: usize) -> Vec<(String, String)> {
        stsd.until(|_| self.notices(), |notices| notices.len() >= count)
    }
}

fn locked(profile: &str) -> (String, String) {
    let body = format!("run `stsd unlock`: a program asked for profile {profile}");
    ("stsd is locked".to_owned(), body)
}

#[test]
fn the_first_refusal_is_shown_and_not_the_next_ones() {
    let desktop = Desktop::new();
    let stsd = desktop.builder().start();
    for _ in 0..5 {
        assert_eq!(stsd.get("/creds/prod").status, 403);
        stsd.stsd(&["credential-process", "staging"]).failed(77);
    }
    desktop.shows(&stsd, 1);
    assert_eq!(stsd.get("/creds/nowhere").status, 403);
    let shown = desktop.shows(&stsd, 2);
    assert_eq!(shown[0], locked("prod"));
    assert_eq!(shown[1].0, "stsd has no credentials for profile nowhere");
    assert_eq!(shown[1].1, stsd.get("/creds/nowhere").reason);
    assert_eq!(shown.len(), 2);
}

#[test]
fn what_a_person_types_is_answered_there_and_nowhere_else() {
    let desktop = Desktop::new();
    let stsd = desktop.builder().start();
    stsd.stsd(&["whoami", "prod"]).failed(77);
    stsd.stsd(&["refresh", "staging"]).failed(77);
    stsd.stsd(&["env", "--static", "prod"]).failed(77);
    assert_eq!(stsd.get("/creds/bob").status, 403);
    let bob = "run `stsd unlock bob`: a program asked for profile bob";
    assert_eq!(desktop.shows(&stsd, 1), [("stsd is locked".to_owned(), bob.to_owned())]);
}

#[test]
fn a_thousand_names_that_do_not_exist_raise_two_and_leave_room() {
    let desktop = Desktop::new();
    let stsd = desktop.builder().start();
    for number in 0..1000 {
        let hostile = format!("/creds/--help-{number}-{}", "x".repeat(2000));
        assert_eq!(stsd.get(&hostile).status, 403);
    }
    assert_eq!(stsd.get("/creds/prod").status, 403);
    let shown = desktop.shows(&stsd, 3);
    assert_eq!(shown.len(), 3);
    assert_eq!(shown[2], locked("prod"));
    for (title, body) in &shown[..2] {
        assert!(title.starts_with("stsd has no credentials for profile --help-"), "{title}");
        assert!(title.len() < 110 && body.len() < 310, "{title} {body}");
    }
}

#[test]
fn a_notice_and_the_status_say_the_same_sentence() {
    let desktop = Desktop::new();
    let stsd = desktop.builder().start();
    stsd.unlock();
    stsd.emulator.fault(Fault::deny().on("AssumeRole"));
    let reply = stsd.get("/creds/prod");
    assert_eq!(reply.status, 403);
    let shown = desktop.shows(&stsd, 1);
    assert_eq!(shown[0].0, "stsd has no credentials for profile prod");
    assert_eq!(shown[0].1, reply.reason);
    let error = stsd.profile("prod")["last_error"].clone();
    let refusal: stsd_protocol::Refusal = serde_json::from_value(error).unwrap();
    assert_eq!(shown[0].1, refusal.one_line());
}

#[test]
fn the_end_of_a_session_is_shown_where_roles_were_in_use() {
    let desktop = Desktop::new();
    let stsd = desktop.builder().start();
    stsd.emulator.fault(Fault::short_lived(Duration::from_secs(2)).times(1).on("GetSessionToken"));
    stsd.unlock();
    assert_eq!(stsd.get("/creds/prod").status, 200);
    let ended = ("stsd: the session has ended", "run `stsd unlock`: prod in use");
    assert_eq!(desktop.shows(&stsd, 1), [(ended.0.to_owned(), ended.1.to_owned())]);
}

#[test]
fn a_desktop_that_hangs_holds_nobody_up() {
    let desktop = Desktop::with("echo > \"${0%/*}/record\"; exec sleep 600\n");
    let mut stsd = desktop.builder().start();
    for path in ["/creds/prod", "/creds/bob", "/creds/nowhere"] {
        assert_eq!(stsd.get(path).status, 403);
    }
    stsd.until(|_| desktop.record().exists(), |hangs| *hangs);
    stsd.unlock();
    assert_eq!(stsd.get("/creds/prod").status, 200);
    let daemon = stsd.take_daemon();
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(daemon.ended_within(PATIENCE).success());
}

#[test]
fn notices_can_be_switched_off() {
    let desktop = Desktop::new();
    let mut stsd = desktop.builder().configuration("notices = false\n").start();
    for _ in 0..20 {
        assert_eq!(stsd.get("/creds/prod").status, 403);
    }
    let daemon = stsd.take_daemon();
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(daemon.ended_within(PATIENCE).success());
    assert_eq!(desktop.notices(), []);
}
