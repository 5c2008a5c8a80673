//! Many `credential-process` on one terminal, and tools that go away while theirs asks: one question
//! at a time, and never one that nobody waits for.

use std::fs;
use std::process::Command;

use crate::asking::{LOCKED, QUESTION, World, count};
use crate::support::{TestTerminal, credentials};

/// Eight at once, as Terraform has them: children of one command line. `wait` returns early at
/// ctrl-C, hence the second.
const EIGHT: &str = r#"
cd; trap : INT
for i in 1 2 3 4 5 6 7 8; do
  ( "$STSD" credential-process prod >out$i 2>err$i; echo "$?" >code$i ) &
done
wait; wait
echo "codes [$(cat code* | tr -d '\n')]"
"#;

fn written(daemon: &crate::support::Daemon, name: &str) -> Vec<String> {
    let one = |i| fs::read_to_string(daemon.folder().join(format!("{name}{i}"))).unwrap();
    (1..=8).map(one).collect()
}

#[test]
fn eight_at_once_ask_once_and_all_go_on() {
    let daemon = World::locked().daemon();
    let mut terminal = TestTerminal::running(&daemon, EIGHT);
    terminal.shows(QUESTION);
    terminal.types("123456\n");
    let rest = terminal.ends();
    assert!(rest.contains("codes [00000000]") && !rest.contains(QUESTION), "{rest}");
    let whole = credentials().to_string() + "\n";
    assert!(written(&daemon, "out").iter().all(|out| *out == whole));
    assert!(written(&daemon, "err").iter().all(String::is_empty));
    assert_eq!(count(&daemon.heard(), "/unlock"), 1);
}

#[test]
fn eight_at_once_are_declined_once() {
    let world = World::locked();
    let daemon = world.daemon();
    let mut terminal = TestTerminal::running(&daemon, EIGHT);
    terminal.shows(QUESTION);
    world.challenged(8);
    terminal.types("\n");
    let rest = terminal.ends();
    assert!(rest.contains("codes [7777777777777777]") && !rest.contains(QUESTION), "{rest}");
    let said = format!("{LOCKED}\n");
    assert!(written(&daemon, "err").iter().all(|err| *err == said));
    assert!(written(&daemon, "out").iter().all(String::is_empty));
}

/// It reaches those that wait, too, and one that has not begun to wait it ends in its own way.
#[test]
fn one_ctrl_c_ends_all_eight() {
    let world = World::locked();
    let daemon = world.daemon();
    let mut terminal = TestTerminal::running(&daemon, EIGHT);
    terminal.shows(QUESTION);
    world.challenged(8);
    terminal.types("\u{3}");
    let rest = terminal.ends();
    assert!(!rest.contains(QUESTION), "{rest}");
    let codes = written(&daemon, "code");
    assert!(codes.iter().all(|code| code == "77\n" || code == "130\n"), "{codes:?}");
    assert!(written(&daemon, "out").iter().all(String::is_empty));
}

/// In a shell each command line is a group of processes; a script is one as a whole.
#[test]
fn a_new_command_line_asks_anew_and_a_script_that_was_told_no_does_not() {
    let daemon = World::locked().daemon();
    let script = r#"set -m; for i in 1 2; do sh -c '
        for i in 1 2; do "$STSD" credential-process prod; echo "exit $?"; done'; done"#;
    let mut terminal = TestTerminal::running(&daemon, script);
    for _ in 0..2 {
        terminal.shows(QUESTION);
        terminal.types("\n");
        for _ in 0..2 {
            assert!(!terminal.shows("exit 77\r\n").contains(QUESTION));
        }
    }
    assert_eq!(terminal.ends(), "");
}

#[test]
fn whoever_is_killed_while_asking_passes_the_turn() {
    let world = World::locked();
    let daemon = world.daemon();
    let script = r#"
cd; mkfifo go; before=$(stty -g)
"$STSD" credential-process prod >out 2>err & first=$!; echo "pid $first."
read x <go
"$STSD" credential-process prod >out 2>err & wait $!; echo "exit $?"
[ "$before" = "$(stty -g)" ] && echo "terminal restored"
"#;
    let mut terminal = TestTerminal::running(&daemon, script);
    terminal.shows("pid ");
    let pid = terminal.shows(".\r\n");
    terminal.shows(QUESTION);
    fs::write(daemon.folder().join("go"), "\n").unwrap();
    world.challenged(2);
    assert!(Command::new("kill").args(["-s", "KILL", &pid]).status().unwrap().success());
    terminal.shows(QUESTION);
    terminal.types("123456\n");
    let rest = terminal.ends();
    assert!(rest.contains("exit 0\r\n") && rest.contains("terminal restored"), "{rest}");
    assert_eq!(count(&daemon.heard(), "/unlock"), 1);
}

#[test]
fn a_question_ends_when_nobody_would_read_the_credentials() {
    let daemon = World::locked().daemon();
    let script = r#"
cd; mkfifo go
{ "$STSD" credential-process prod 2>err; echo "exit $?" >&2; } | read x <go
"#;
    let mut terminal = TestTerminal::running(&daemon, script);
    terminal.shows(QUESTION);
    fs::write(daemon.folder().join("go"), "\n").unwrap();
    terminal.shows("\r\nnobody waits for the token code any more\r\n");
    let rest = terminal.ends();
    assert!(rest.contains("exit 77\r\n"), "{rest}");
}

#[test]
fn a_shell_that_has_the_terminal_again_gets_what_is_typed() {
    let daemon = World::locked().daemon();
    let script = r#"
cd; mkfifo go; set -m
sh -c '"$STSD" credential-process prod >out 2>err & read x <go'
echo "back in the shell"
read line; echo "the shell read [$line]"
"#;
    let mut terminal = TestTerminal::running(&daemon, script);
    terminal.shows(QUESTION);
    fs::write(daemon.folder().join("go"), "\n").unwrap();
    terminal.shows("back in the shell\r\n");
    terminal.types("ls\n");
    let rest = terminal.ends();
    assert!(rest.contains("the shell read [ls]") && !rest.contains("nobody"), "{rest}");
    assert_eq!(count(&daemon.heard(), "/unlock"), 0);
}

/// Without job control nothing but the parent tells.
#[test]
fn a_question_ends_with_the_tool_that_is_a_part_of_a_script() {
    let daemon = World::locked().daemon();
    let script = r#"
cd; mkfifo go
sh -c '"$STSD" credential-process prod >out 2>err & read x <go'
read line; echo "the script read [$line]"
"#;
    let mut terminal = TestTerminal::running(&daemon, script);
    terminal.shows(QUESTION);
    fs::write(daemon.folder().join("go"), "\n").unwrap();
    terminal.shows("\r\nnobody waits for the token code any more\r\n");
    // The flush that follows would take what is typed at once.
    while fs::read_to_string(daemon.folder().join("err")).unwrap().is_empty() {
        std::thread::yield_now();
    }
    terminal.types("yes\n");
    assert!(terminal.ends().contains("the script read [yes]"));
    assert_eq!(count(&daemon.heard(), "/unlock"), 0);
}
