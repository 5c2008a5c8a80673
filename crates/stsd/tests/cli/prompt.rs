//! The question for a token code on a real terminal, with a shell before and after it.

use std::process::Command;

use serde_json::json;
use stsd_protocol::{Refusal, RefusalCode};

use crate::support::{Daemon, Reply, TestTerminal, challenge, refusal, unlocked};

const QUESTION: &str =
    "Token code for arn:aws:iam::111122223333:mfa/alice (account 111122223333): ";

/// Unlocks, then shows how it ended, whether the terminal is as before, and what the shell would
/// read next.
const SCRIPT: &str = r#"
trap : INT
before=$(stty -g)
"$STSD" unlock; echo "exit $?"
[ "$before" = "$(stty -g)" ] && echo "terminal restored"
stty -icanon min 0 time 0
echo "left over: [$(cat)]"
"#;

fn one_device() -> Reply {
    Reply::json(&json!([challenge("default", Some("alice"))]))
}

/// How every ending must look, up to the exit code.
fn left_clean(rest: &str) -> bool {
    rest.contains("terminal restored") && rest.contains("left over: []")
}

#[test]
fn asks_shows_the_digits_and_unlocks() {
    let daemon = Daemon::saying([one_device(), unlocked("default")]);
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    assert_eq!(terminal.shows(QUESTION), "");
    terminal.types("123 456\n");
    assert_eq!(terminal.shows("unlocked default"), "123 456\r\n");
    let rest = terminal.ends();
    assert!(rest.contains("exit 0") && left_clean(&rest), "{rest}");
    assert_eq!(daemon.heard()[1].body["token_code"], "123456");
}

#[test]
fn ctrl_c_changes_nothing() {
    let daemon = Daemon::saying([one_device()]);
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    terminal.shows(QUESTION);
    terminal.types("12\u{3}");
    terminal.shows("\r\nstsd: error: cancelled, nothing was changed\r\n");
    let rest = terminal.ends();
    assert!(rest.contains("exit 130") && left_clean(&rest), "{rest}");
    assert_eq!(daemon.heard().len(), 1);
}

#[test]
fn ctrl_d_and_an_empty_line_change_nothing_either() {
    for keys in ["\u{4}", "\n"] {
        let daemon = Daemon::saying([one_device()]);
        let mut terminal = TestTerminal::running(&daemon, SCRIPT);
        terminal.shows(QUESTION);
        terminal.types(keys);
        terminal.shows("stsd: error: no token code was typed, nothing was changed\r\n");
        let rest = terminal.ends();
        assert!(rest.contains("exit 64") && left_clean(&rest), "{rest}");
        assert_eq!(daemon.heard().len(), 1);
    }
}

#[test]
fn what_is_no_code_is_asked_again_and_never_sent() {
    let daemon = Daemon::saying([one_device()]);
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    for keys in ["12345\n", "hunter2\n", "1234567\n"] {
        terminal.shows(QUESTION);
        terminal.types(keys);
        terminal.shows("a token code has six digits\r\n");
    }
    terminal.shows("stsd: error: no token code was typed in three attempts");
    let rest = terminal.ends();
    assert!(rest.contains("exit 64") && left_clean(&rest), "{rest}");
    assert_eq!(daemon.heard().len(), 1);
}

#[test]
fn a_wrong_and_a_spent_code_are_asked_again() {
    let daemon = Daemon::saying([
        one_device(),
        refusal(RefusalCode::WrongCode, "STS did not take this token code"),
        one_device(),
        refusal(RefusalCode::SpentCode, "this token code was used before"),
        unlocked("default"),
    ]);
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    terminal.shows(QUESTION);
    terminal.types("111111\n");
    terminal.shows("stsd: error: STS did not take this token code\r\n");
    terminal.shows(QUESTION);
    terminal.types("222222\n");
    terminal.shows("stsd: error: this token code was used before\r\n");
    terminal.shows(QUESTION);
    terminal.types("333333\n");
    let rest = terminal.ends();
    assert!(rest.contains("exit 0") && left_clean(&rest), "{rest}");
    let paths: Vec<_> = daemon.heard().into_iter().map(|one| one.line).collect();
    let [ask, unlock] = ["POST /v1/challenge", "POST /v1/unlock"];
    assert_eq!(paths, [ask, unlock, ask, unlock, unlock]);
}

/// Not the third wrong code here, as others were sent before, or the last rest is just over.
#[test]
fn a_code_that_nobody_would_take_is_not_asked_for() {
    let mut resting = challenge("default", Some("alice"));
    resting["resting"] = json!(
        Refusal::new(RefusalCode::SlowDown, "4 wrong token codes in a row").with_hint("wait 30 s")
    );
    let wrong = refusal(RefusalCode::WrongCode, "STS did not take this token code");
    let daemon = Daemon::saying([one_device(), wrong, Reply::json(&json!([resting]))]);
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    terminal.shows(QUESTION);
    terminal.types("111111\n");
    terminal.shows("stsd: error: STS did not take this token code\r\n");
    let said = "stsd: error: 4 wrong token codes in a row\r\nstsd: hint: wait 30 s\r\n";
    assert_eq!(terminal.shows(said), "");
    let rest = terminal.ends();
    assert!(rest.contains("exit 75") && left_clean(&rest), "{rest}");
    let again = daemon.heard()[2].body.clone();
    let device = "arn:aws:iam::111122223333:mfa/alice";
    assert_eq!(again, json!({"profile": "default", "all": false, "mfa_serial": device}));
}

#[test]
fn three_wrong_codes_end_it() {
    let wrong = || refusal(RefusalCode::WrongCode, "STS did not take this token code");
    let daemon =
        Daemon::saying([one_device(), wrong(), one_device(), wrong(), one_device(), wrong()]);
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    for _ in 0..3 {
        terminal.shows(QUESTION);
        terminal.types("111111\n");
        terminal.shows("stsd: error: STS did not take this token code\r\n");
    }
    terminal.shows("stsd: hint: check the device");
    let rest = terminal.ends();
    assert!(rest.contains("exit 1") && left_clean(&rest), "{rest}");
}

#[test]
fn what_is_typed_while_sts_is_asked_does_not_reach_the_shell() {
    let (reply, held) = unlocked("default").held();
    let daemon = Daemon::saying([one_device(), reply]);
    let mut terminal = TestTerminal::running(&daemon, SCRIPT);
    terminal.shows(QUESTION);
    terminal.types("123456\n");
    held.wait();
    terminal.types("654321\n");
    // Its echo says that it is in the terminal's queue.
    terminal.shows("654321\r\n");
    held.release();
    let rest = terminal.ends();
    assert!(rest.contains("exit 0") && left_clean(&rest), "{rest}");
}

#[test]
fn all_asks_for_each_device_and_a_failure_does_not_stop_the_others() {
    let challenges = json!([
        challenge("default", Some("alice")),
        challenge("ci", None),
        challenge("other", Some("bob")),
    ]);
    let daemon = Daemon::saying([
        Reply::json(&challenges),
        refusal(RefusalCode::Unavailable, "STS does not answer"),
        unlocked("ci"),
        unlocked("other"),
    ]);
    let script = SCRIPT.replace("unlock;", "unlock --all;");
    let mut terminal = TestTerminal::running(&daemon, &script);
    terminal.shows("mfa/alice (account 111122223333): ");
    terminal.types("111111\n");
    terminal.shows("stsd: error: STS does not answer");
    terminal.shows("unlocked ci");
    terminal.shows("mfa/bob (account 111122223333): ");
    terminal.types("222222\n");
    terminal.shows("unlocked other");
    let rest = terminal.ends();
    assert!(rest.contains("exit 75") && left_clean(&rest), "{rest}");
    let codes: Vec<_> =
        daemon.heard()[1..].iter().map(|one| one.body["token_code"].clone()).collect();
    assert_eq!(codes, [json!("111111"), json!(null), json!("222222")]);
}

#[test]
fn ctrl_c_in_the_middle_of_all_says_what_stays() {
    let challenges = json!([challenge("ci", None), challenge("default", Some("alice"))]);
    let daemon = Daemon::saying([Reply::json(&challenges), unlocked("ci")]);
    let mut terminal = TestTerminal::running(&daemon, &SCRIPT.replace("unlock;", "unlock --all;"));
    terminal.shows(QUESTION);
    terminal.types("\u{3}");
    terminal.shows("stsd: error: cancelled, what was unlocked before stays so\r\n");
    let rest = terminal.ends();
    assert!(rest.contains("exit 130") && left_clean(&rest), "{rest}");
}

/// Also where another program has left it in a mode that takes no lines.
#[test]
fn a_signal_that_ends_it_puts_the_terminal_back() {
    let daemon = Daemon::saying([one_device()]);
    let script = SCRIPT
        .replace("before=", "stty -icanon -echo; before=")
        .replace("\"$STSD\" unlock;", "\"$STSD\" unlock <&3 & echo \"pid $!.\"; wait $!;");
    let mut terminal = TestTerminal::running(&daemon, &script.replace("trap", "exec 3<&0; trap"));
    terminal.shows("pid ");
    let pid = terminal.shows(".\r\n");
    terminal.shows(QUESTION);
    terminal.types("123");
    terminal.shows("123");
    assert!(Command::new("kill").arg(pid).status().unwrap().success());
    let rest = terminal.ends();
    assert!(rest.contains("exit 143") && left_clean(&rest), "{rest}");
}
