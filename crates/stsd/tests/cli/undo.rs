//! `env --undo`: a shell as it was before the first `env` in it.

use crate::environment::{saying, shell};
use crate::support::{Daemon, Reply, ask, environment, run, stsd};

/// Prints a shell's variables, in a form that tells unset from empty.
const SHOW: &str =
    r#"show() { env | LC_ALL=C sort | grep -E '^(AWS|STSD_[BP]|NO_PROXY|no_proxy)'; }"#;

fn two_profiles() -> Daemon {
    let reply = |name| Reply::json(&serde_json::to_value(environment(name)).unwrap());
    Daemon::saying([reply("prod"), reply("staging")])
}

#[test]
fn undo_goes_back_to_the_first_state_however_often_env_was_evaluated() {
    let before = [
        ("AWS_PROFILE", "it's $(touch pwned)"),
        ("AWS_REGION", "sa-east-1"),
        ("NO_PROXY", "corp"),
        ("AWS_CONFIG_FILE", "/home/alice/a, b~c=d%"),
    ];
    for program in ["sh", "bash"] {
        let daemon = two_profiles();
        let script = format!(
            r#"{SHOW}; show >before; eval "$("$STSD" env prod)"; eval "$("$STSD" env staging)"
               show >during; eval "$("$STSD" env --undo)"; show >after
               cmp before after && grep -c . before && grep -c . during"#
        );
        let ended = shell(program, &daemon, &script, &before);
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("4\n12\n", ""), "{program}");
        assert!(!daemon.folder().join("pwned").exists());
    }
}

#[test]
fn keys_are_not_copied_and_undo_says_that_they_are_gone() {
    let daemon = saying(&environment("prod"));
    let script = r#"eval "$("$STSD" env prod)"; env | grep -c wJalr; eval "$("$STSD" env --undo)"
                    echo "${AWS_SECRET_ACCESS_KEY-unset} ${STSD_BEFORE-unset}""#;
    let before = [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ];
    let ended = shell("sh", &daemon, script, &before);
    assert_eq!(ended.stdout, "0\nunset unset\n");
    assert_eq!(
        ended.stderr,
        "stsd: warning: not brought back, since stsd keeps no secrets: AWS_ACCESS_KEY_ID, \
         AWS_SECRET_ACCESS_KEY\n"
    );
}

#[test]
fn a_shell_without_variables_of_stsd_is_left_alone() {
    let daemon = Daemon::saying([]);
    for (format, printed) in [("env", ""), ("fish", ""), ("json", "{}\n")] {
        let ended = ask(&daemon, &["env", "--undo", "--format", format]);
        assert_eq!((ended.code, ended.stdout.as_str()), (0, printed));
        assert_eq!(ended.stderr, "stsd: note: this shell has no variables of stsd\n");
    }
}

#[test]
fn a_record_that_is_none_of_ours_is_refused() {
    let daemon = Daemon::saying([]);
    let mut command = stsd(&daemon, &["env", "--undo"]);
    command.env("STSD_BEFORE", "PATH=/evil");
    let ended = run(command);
    assert_eq!((ended.code, ended.stdout.as_str()), (64, ""));
    assert!(ended.stderr.contains("STSD_BEFORE"), "{}", ended.stderr);
}

#[test]
fn undo_takes_no_profile_and_no_other_kind_of_variables() {
    let daemon = Daemon::saying([]);
    for arguments in [&["prod"][..], &["-p", "prod"], &["--static"], &["--no-view"]] {
        let arguments = [&["env", "--undo"][..], arguments].concat();
        assert_eq!(ask(&daemon, &arguments).code, 64, "{arguments:?}");
    }
}
