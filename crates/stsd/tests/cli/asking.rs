//! `credential-process` that finds stsd locked, on a terminal with a person at it: when it asks, how
//! each way of answering ends, and what the tool and the shell then read.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};
use stsd_protocol::control::SessionState;
use stsd_protocol::{Refusal, RefusalCode};

use crate::support::{
    Daemon, Heard, Reply, TestTerminal, challenge, credentials, refusal, session, status, unlocked,
};

pub(crate) const QUESTION: &str =
    "Token code for arn:aws:iam::111122223333:mfa/alice (account 111122223333): ";
const WHO: &str = "stsd: sh needs profile prod\r\n";
pub(crate) const LOCKED: &str = "stsd is locked - run `stsd unlock`";

/// Runs the process as an SDK does, then shows how it ended, what the SDK got, whether the terminal
/// is as before, and what the shell would read next.
const SCRIPT: &str = r#"
cd; trap : INT
before=$(stty -g)
"$STSD" credential-process prod >out 2>err; echo "exit $?"
[ "$before" = "$(stty -g)" ] && echo "terminal restored"
stty -icanon min 0 time 0
echo "left over: [$(cat)]"
echo "out [$(cat out)] err [$(cat err)]"
"#;

/// A daemon whose sessions begin with a code.
#[derive(Clone)]
pub(crate) struct World {
    unlocked: Arc<Mutex<bool>>,
    /// After a code that was one wrong code too many.
    resting: Arc<AtomicBool>,
    challenges: Arc<(Mutex<u32>, Condvar)>,
    challenge: Value,
}

impl World {
    pub(crate) fn locked() -> Self {
        let (unlocked, resting, challenges) = Default::default();
        Self { unlocked, resting, challenges, challenge: challenge("default", Some("alice")) }
    }

    pub(crate) fn unlock(&self) {
        *self.unlocked.lock().unwrap() = true;
    }

    /// Waits until so many have asked what an unlock needs.
    pub(crate) fn challenged(&self, times: u32) {
        let (count, changed) = &*self.challenges;
        drop(changed.wait_while(count.lock().expect("sound"), |count| *count < times));
    }

    fn with(mut self, field: &str, value: Value) -> Self {
        self.challenge[field] = value;
        self
    }

    pub(crate) fn daemon(&self) -> Daemon {
        let world = self.clone();
        Daemon::answering(move |heard| Some(world.answer(heard)))
    }

    fn answer(&self, heard: &Heard) -> Reply {
        let mut is_unlocked = self.unlocked.lock().unwrap();
        match (heard.line.as_str(), *is_unlocked) {
            ("POST /v1/credentials", true) => Reply::json(&credentials()),
            ("POST /v1/credentials", false) => refusal(RefusalCode::Locked, "stsd is locked"),
            ("POST /v1/challenge", _) => {
                *self.challenges.0.lock().expect("sound") += 1;
                self.challenges.1.notify_all();
                Reply::json(&json!([self.challenge_now()]))
            }
            ("GET /v1/status", unlocked) => {
                let mut session = session("default");
                session.state =
                    if unlocked { SessionState::Unlocked } else { SessionState::Locked };
                Reply::json(&serde_json::to_value(status(vec![session], Vec::new())).unwrap())
            }
            ("POST /v1/unlock", _) => {
                let code = heard.body["token_code"].as_str().unwrap();
                *is_unlocked |= code == "123456";
                self.unlock_reply(code)
            }
            other => panic!("{other:?}"),
        }
    }

    fn unlock_reply(&self, code: &str) -> Reply {
        self.resting.fetch_or(code == "444444", Ordering::SeqCst);
        match code {
            "123456" => unlocked("default"),
            "222222" => refusal(RefusalCode::SpentCode, "this token code was used"),
            "555555" => refusal(RefusalCode::Unavailable, "STS cannot be reached"),
            _ => refusal(RefusalCode::WrongCode, "STS did not take the token code"),
        }
    }

    fn challenge_now(&self) -> Value {
        let mut challenge = self.challenge.clone();
        if self.resting.load(Ordering::SeqCst) {
            challenge["resting"] = json!(
                Refusal::new(RefusalCode::SlowDown, "4 wrong token codes").with_hint("wait 30 s")
            );
        }
        challenge
    }
}

/// How many requests there were for a path.
pub(crate) fn count(heard: &[Heard], path: &str) -> usize {
    heard.iter().filter(|one| one.line.ends_with(path)).count()
}

/// How it ends where nobody is asked, or nobody answers.
fn ends_locked(rest: &str) -> bool {
    left_clean(rest)
        && rest.contains("exit 77\r\n")
        && rest.contains(&format!("out [] err [{LOCKED}]"))
}

fn left_clean(rest: &str) -> bool {
    rest.contains("terminal restored") && rest.contains("left over: []")
}

/// How it ends with credentials, and not a byte more.
fn ends_well(rest: &str) -> bool {
    left_clean(rest)
        && rest.contains("exit 0\r\n")
        && rest.contains(&format!("out [{}] err []", credentials()))
}

#[test]
fn asks_where_the_person_is_unlocks_and_goes_on() {
    let daemon = World::locked().daemon();
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    assert_eq!(terminal.shows(QUESTION), WHO);
    terminal.types("123 456\n");
    assert_eq!(terminal.shows("unlocked default"), "123 456\r\n");
    let rest = terminal.ends();
    assert!(ends_well(&rest), "{rest}");
    let heard = daemon.heard();
    assert_eq!(heard[1].body, json!({"profile": "prod", "all": false, "mfa_serial": null}));
    assert_eq!(count(&heard, "/unlock"), 1);
}

#[test]
fn nobody_is_asked_in_the_background_in_ci_or_where_an_editor_has_the_terminal() {
    for script in [
        SCRIPT.replace("\"$STSD\" credential-process prod >out 2>err;", BACKGROUND),
        SCRIPT.replace("\"$STSD\"", "CI=true \"$STSD\""),
        SCRIPT
            .replace("\"$STSD\"", "stty -icanon; CI=0 \"$STSD\"")
            .replace("before=", "stty -icanon; before="),
    ] {
        let daemon = World::locked().daemon();
        let rest = TestTerminal::running(&daemon, &script).ends();
        assert!(ends_locked(&rest) && !rest.contains("Token code"), "{script}{rest}");
        assert_eq!(daemon.heard().len(), 1, "{script}");
    }
}

const BACKGROUND: &str = r#"
set -m; "$STSD" credential-process prod >out 2>err & wait $!;"#;

#[test]
fn nobody_is_asked_who_has_no_device_or_does_not_want_to_be_asked() {
    for (field, value) in
        [("mfa_serial", json!(null)), ("prompt", json!(false)), ("mfa_process", json!(true))]
    {
        let daemon = World::locked().with(field, value).daemon();
        let rest = TestTerminal::running(&daemon, SCRIPT).ends();
        assert!(ends_locked(&rest) && !rest.contains("Token code"), "{field}: {rest}");
    }
}

#[test]
fn an_empty_line_or_ctrl_d_ends_it_as_locked() {
    for keys in ["\n", "  \n", "\u{4}"] {
        let daemon = World::locked().daemon();
        let mut terminal = TestTerminal::running(&daemon, SCRIPT);
        terminal.shows(QUESTION);
        terminal.types(keys);
        let rest = terminal.ends();
        assert!(ends_locked(&rest), "{rest}");
        assert_eq!(count(&daemon.heard(), "/unlock"), 0);
    }
}

#[test]
fn ctrl_c_ends_it_as_locked_and_says_so_as_the_tool_may_be_gone() {
    let daemon = World::locked().daemon();
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    terminal.shows(QUESTION);
    terminal.types("12\u{3}");
    terminal.shows(&format!("\r\n{LOCKED}\r\n"));
    let rest = terminal.ends();
    assert!(ends_locked(&rest), "{rest}");
}

#[test]
fn where_the_tool_shows_standard_error_ctrl_c_is_answered_once() {
    let daemon = World::locked().daemon();
    let mut terminal = TestTerminal::running(&daemon, &SCRIPT.replace(" 2>err", ""));
    terminal.shows(QUESTION);
    terminal.types("\u{3}");
    terminal.shows(&format!("\r\n{LOCKED}\r\n"));
    let rest = terminal.ends();
    assert!(rest.contains("exit 77\r\n") && left_clean(&rest), "{rest}");
    assert!(!rest.contains(LOCKED), "{rest}");
}

#[test]
fn a_wrong_a_spent_and_a_mistyped_code_have_their_sentence_and_another_try() {
    let daemon = World::locked().daemon();
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    for (keys, said) in [
        ("12345\n", "a token code has six digits\r\n"),
        ("222222\n", "this token code was used: wait for the next one\r\n"),
    ] {
        terminal.shows(QUESTION);
        terminal.types(keys);
        terminal.shows(said);
    }
    terminal.shows(QUESTION);
    terminal.types("123456\n");
    let rest = terminal.ends();
    assert!(ends_well(&rest), "{rest}");
}

#[test]
fn the_third_wrong_code_is_the_last_and_the_tool_hears_why() {
    let daemon = World::locked().daemon();
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    for _ in 0..3 {
        terminal.shows(QUESTION);
        terminal.types("111111\n");
        terminal.shows("STS did not take the token code\r\n");
    }
    let rest = terminal.ends();
    assert!(rest.contains("exit 1\r\n") && left_clean(&rest), "{rest}");
    assert!(
        rest.contains("out [] err [STS did not take the token code - check the device"),
        "{rest}"
    );
}

#[test]
fn a_code_that_nobody_would_take_is_not_asked_for_and_the_tool_hears_why() {
    let daemon = World::locked().daemon();
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    terminal.shows(QUESTION);
    terminal.types("444444\n");
    terminal.shows("STS did not take the token code\r\n");
    assert!(!terminal.shows("exit 75\r\n").contains(QUESTION));
    let after_the_question = terminal.ends();
    let from_the_start = TestTerminal::running(&daemon, SCRIPT).ends();
    for rest in [after_the_question, from_the_start] {
        assert!(left_clean(&rest), "{rest}");
        assert!(rest.contains("out [] err [4 wrong token codes - wait 30 s]"), "{rest}");
        assert!(!rest.contains("Token code for"), "{rest}");
    }
}

#[test]
fn what_another_code_cannot_cure_ends_it_at_once() {
    let daemon = World::locked().daemon();
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    terminal.shows(QUESTION);
    terminal.types("555555\n");
    let rest = terminal.ends();
    assert!(rest.contains("exit 75\r\n") && left_clean(&rest), "{rest}");
    assert!(rest.contains("out [] err [STS cannot be reached - "), "{rest}");
}

#[test]
fn what_was_typed_ahead_is_no_answer() {
    let daemon = World::locked().daemon();
    let script = SCRIPT.replace("\"$STSD\" cred", "echo ready; cat <&3; \"$STSD\" cred");
    let script =
        script.replace("cd;", "cd; mkfifo go; exec 3<>go;").replace("cat <&3", "read x <&3");
    let mut terminal = TestTerminal::running(&daemon, &script);
    terminal.shows("ready\r\n");
    terminal.types("\nls\n");
    // Its echo says that it is in the terminal's queue.
    terminal.shows("\r\nls\r\n");
    std::fs::write(daemon.folder().join("go"), "\n").unwrap();
    terminal.shows(QUESTION);
    terminal.types("123456\n");
    let rest = terminal.ends();
    assert!(ends_well(&rest), "{rest}");
}

#[test]
fn unlocked_elsewhere_it_goes_on_without_a_code() {
    let world = World::locked();
    let daemon = world.daemon();
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    terminal.shows(QUESTION);
    terminal.types("12");
    terminal.shows("12");
    world.unlock();
    terminal.shows("\r\nunlocked elsewhere meanwhile\r\n");
    let rest = terminal.ends();
    assert!(ends_well(&rest), "{rest}");
}

#[test]
fn a_signal_that_ends_it_leaves_the_terminal_as_it_was() {
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        let daemon = World::locked().daemon();
        let script =
            SCRIPT.replace("prod >out 2>err;", "prod >out 2>err & echo \"pid $!\"; wait $!;");
        let mut terminal = TestTerminal::running(&daemon, &script);
        let seen = terminal.shows(QUESTION);
        terminal.types("123");
        terminal.shows("123");
        let (_, pid) = seen.split_once("pid ").unwrap_or_else(|| panic!("{seen}"));
        let pid: String = pid.chars().take_while(char::is_ascii_digit).collect();
        let killed = std::process::Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(killed.unwrap().success());
        let rest = terminal.ends();
        assert!(
            rest.contains(&format!("exit {code}\r\n")) && left_clean(&rest),
            "{signal}: {rest}"
        );
    }
}
