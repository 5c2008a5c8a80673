//! Profiles whose names a shell, an INI file or a URL would read as something else.

use std::fs;
use std::process::Command;

use stsd_tests::{Fixture, Ran, config};

/// As they stand behind `profile` in the file, as they are, and in their path form.
const NAMES: &[(&str, &str, &str)] = &[
    ("'my prod'", "my prod", "my-prod"),
    ("'$(touch pwned)'", "$(touch pwned)", "--touch-pwned-"),
    ("'`touch pwned`'", "`touch pwned`", "-touch-pwned-"),
    ("'& touch pwned &'", "& touch pwned &", "--touch-pwned--"),
    ("本番", "本番", "--"),
    ("-p", "-p", "-p"),
];

fn start() -> Fixture {
    let config = |url: &str| {
        let role = format!(
            "region = eu-central-1\nendpoint_url = {url}\nsource_profile = default\n\
             role_arn = arn:aws:iam::444455556666:role/prod\n"
        );
        let odd = NAMES.iter().map(|(written, ..)| format!("\n[profile {written}]\n{role}"));
        config(url) + &odd.collect::<String>()
    };
    let stsd = Fixture::builder().config(config).start();
    stsd.unlock();
    stsd
}

#[test]
fn every_command_takes_the_name_and_its_path_form() {
    let stsd = start();
    for (_, name, path) in NAMES {
        for spelled in [name, path] {
            let profile = format!("--profile={spelled}");
            for words in [&["credential-process"][..], &["whoami"], &["refresh"], &["env"]] {
                stsd.stsd(&[words, &[&profile]].concat()).well();
            }
        }
        assert_eq!(stsd.get(&format!("/creds/{path}")).status, 200, "{name}");
    }
}

#[test]
fn a_shell_that_reads_the_variables_or_the_view_runs_nothing_of_a_name() {
    let stsd = start();
    for (_, name, _) in NAMES {
        let script =
            r#"cd "$HOME"; eval "$("$STSD" env --profile="$1")" && printf %s "$STSD_PROFILE""#;
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh", name]).env_clear().envs(stsd.home.environment());
        shell.env("PATH", "/usr/bin:/bin").env("STSD", stsd.programs.path("stsd"));
        let ran = Ran::of(shell).well();
        assert_eq!(ran.stdout, *name);
        let ran = stsd.stsd(&[
            "exec",
            &format!("--profile={name}"),
            "--",
            "/bin/sh",
            "-c",
            "printf %s \"$STSD_PROFILE\"",
        ]);
        assert_eq!(ran.well().stdout, *name);
    }
    let view = fs::read_to_string(stsd.places().config_view()).unwrap();
    for (written, _, path) in NAMES {
        let section = view.split_once(&format!("[profile {written}]")).unwrap().1;
        let line = section.lines().find(|line| line.starts_with("credential_process")).unwrap();
        let (_, command) = line.split_once('=').unwrap();
        assert!(command.trim_end().ends_with(path), "{line}");
        // As Go, Rust and JavaScript run it.
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(stsd.home.path());
        shell.env_clear().envs(stsd.home.environment());
        let ran = Ran::of(shell).well();
        assert!(ran.stdout.starts_with(r#"{"Version":1,"#), "{command}");
    }
    assert!(!stsd.home.path().join("pwned").exists());
}

#[test]
fn a_name_that_no_file_can_hold_is_unknown_in_one_line() {
    let stsd = start();
    for name in ["a\nb", "\u{1b}[2Jx", "本番 \"x\"\r\n"] {
        let said = stsd.stsd(&["credential-process", name]).failed(78);
        assert_eq!(said.lines().count(), 1, "{said:?}");
        assert!(!said.contains('\u{1b}') && !said.contains('\r'), "{said:?}");
        let said = stsd.stsd(&["whoami", name]).failed(78);
        assert!(said.contains("stsd: hint: run `stsd profiles`"), "{said:?}");
        assert_eq!(said.lines().count(), 2, "{said:?}");
    }
}

/// botocore reads them, other SDKs ignore them or the whole file: so does stsd, and says so.
#[test]
fn a_name_that_not_every_sdk_reads_is_named_with_its_line_and_the_others_go_on() {
    for (section, said) in [
        ("[profile \"it's\"]", "the section is ignored, because its name has "),
        ("[profile 'say \"hi\"']", "the section is ignored, because its name has "),
    ] {
        let odd = format!("\n{section}\nregion = eu-central-1\n");
        let stsd = Fixture::builder().config(move |url| config(url) + &odd).start();
        let lines = fs::read_to_string(stsd.home.path().join(".aws/config")).unwrap();
        let line = lines.lines().position(|line| line == section).unwrap() + 1;
        let shown = stsd.stsd(&["status"]).well().stdout;
        assert!(
            shown.contains(&format!("/.aws/config:{line}: ")) && shown.contains(said),
            "{shown}"
        );
        let refused = stsd.stsd(&["credential-process", "it's"]).failed(78);
        assert!(refused.starts_with("there is no profile "), "{refused}");
        stsd.unlock();
        stsd.stsd(&["whoami", "prod"]).well();
    }
}
