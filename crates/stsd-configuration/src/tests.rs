//! The configuration as users write it.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::{Configuration, parse};

#[test]
fn an_empty_file_is_the_defaults() {
    let configuration = parse("", None).unwrap();
    assert_eq!(configuration.default_profile, "default");
    assert_eq!(configuration.session_duration, Duration::from_secs(43_200));
    assert_eq!(configuration.listen, None);
}

#[test]
fn a_misspelled_key_is_named_with_its_line() {
    let error = parse("default_profile = \"prod\"\nsession_length = 1\n", None).unwrap_err();
    assert!(error.contains("line 2") && error.contains("session_length"), "{error}");
}

#[test]
fn a_line_that_does_not_parse_is_numbered_and_not_shown() {
    let error = parse("# home\nproxy = \"http://alice:hunter2@proxy\n", None).unwrap_err();
    assert!(error.starts_with("line 2: ") && !error.contains("hunter2"), "{error}");
    let error = parse("session_duration = true", None).unwrap_err();
    assert_eq!(error, "line 1: expected seconds, or a length such as \"12h\"");
}

#[test]
fn lengths_are_seconds_or_text_within_what_sts_allows() {
    let length = |text: &str| {
        parse(&format!("session_duration = {text}"), None).map(|c| c.session_duration.as_secs())
    };
    assert_eq!(length("900"), Ok(900));
    assert_eq!(length("\"36h\""), Ok(129_600));
    for text in ["899", "\"37h\"", "\"long\"", "true", "-1"] {
        assert!(length(text).is_err(), "{text}");
    }
}

#[test]
fn endpoints_are_encrypted_or_on_this_machine() {
    let allowed = |url: &str| parse(&format!("sts_endpoint = \"{url}\""), None).is_ok();
    assert!(allowed("https://sts.eu-west-1.amazonaws.com") && allowed("http://[::1]:7/"));
    assert!(!allowed("http://sts.amazonaws.com") && !allowed("http://127.0.0.1:80@evil.example"));
}

#[test]
fn paths_are_absolute_or_under_home() {
    let home = Some(Path::new("/home/alice"));
    let file = |path: &str| {
        parse(&format!("aws_config_file = \"{path}\""), home).map(|c| c.settings.aws_config_file)
    };
    assert_eq!(file("~/work/aws"), Ok(Some("/home/alice/work/aws".to_owned())));
    assert_eq!(file("/etc/aws"), Ok(Some("/etc/aws".to_owned())));
    assert!(file("aws/config").is_err());
}

/// The variables of a daemon that was started in a shell full of them.
fn variable(name: &str) -> Option<OsString> {
    let unwanted = ["TERM", "AWS_PROFILE", "HTTPS_PROXY", "LD_PRELOAD", "LC_ALL"];
    (!unwanted.contains(&name)).then(|| format!("value of {name}").into())
}

fn read(text: &str) -> Configuration {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    fs::write(&file, text).unwrap();
    Configuration::read(&file, true, variable).unwrap()
}

#[test]
fn allowed_programs_see_where_their_agents_are_and_nothing_of_aws() {
    let settings = read("allow_programs = [\"prod\", \"my key\"]").settings;
    assert_eq!(settings.allow_programs, ["prod", "my key"]);
    let environment = settings.program_environment;
    let value = |name: &str| environment.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    assert_eq!(value("SSH_AUTH_SOCK"), Some("value of SSH_AUTH_SOCK"));
    assert_eq!(value("PATH"), Some("value of PATH"));
    assert_eq!(value("LC_ALL"), None, "it is not set");
    let led = |name: &str| name.starts_with("AWS_") || name.to_lowercase().ends_with("_proxy");
    assert!(!environment.iter().any(|(name, _)| led(name) || name == "TERM" || name == "HOME"));
}

#[test]
fn where_no_program_is_allowed_no_environment_leaves_the_daemon() {
    for text in ["", "allow_programs = []"] {
        assert_eq!(read(text).settings.program_environment, [], "{text}");
    }
}

#[test]
fn what_is_on_is_so_unless_the_file_says_no() {
    let said =
        |text: &str| parse(text, None).map(|c| [c.prompt, c.notices, c.keep_sessions, c.audit]);
    assert_eq!(said(""), Ok([true; 4]));
    let no = "prompt = false\nnotices = false\nkeep_sessions = false\naudit = false";
    assert_eq!(said(no), Ok([false; 4]));
}

#[test]
fn a_profile_of_any_name_may_have_a_device() {
    let text = "[profiles.prod]\nmfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"\n\
                [profiles.\"it's \\\"日本\\\"\\n\"]\nmfa_serial = \"GAHT12345678\"\n[profiles.bare]\n";
    let profiles = parse(text, None).unwrap().settings.profiles;
    let serial = |name: &str| profiles[name].mfa_serial.as_deref();
    assert_eq!(serial("prod"), Some("arn:aws:iam::111122223333:mfa/alice"));
    assert_eq!(serial("it's \"日本\"\n"), Some("GAHT12345678"));
    assert_eq!(serial("bare"), None);
}

#[test]
fn a_device_that_cannot_be_is_refused_with_the_reason() {
    for (line, reason) in [
        ("mfa_serial = \"arn:aws:iam::111122223333:u2f/user/alice/key-A\"", "no security keys"),
        ("mfa_serial = \"alice\"", "neither a device's ARN"),
        ("mfa_serial = \"GAHT12345678\\n\"", "neither a device's ARN"),
        ("mfa_seral = \"GAHT12345678\"", "line 3: unknown field `mfa_seral`"),
        ("mfa_serial = 123456789", "line 3: invalid type"),
    ] {
        let text = format!("prompt = true\n[profiles.\"my prod\"]\n{line}\n");
        let error = parse(&text, None).unwrap_err();
        assert!(error.contains(reason), "{error}");
        assert!(error.starts_with("line ") || error.contains("profile \"my prod\""), "{error}");
    }
}

/// The keys that a place of the file may have, as the parser says them.
fn known_keys(unknown: &str) -> Vec<String> {
    let error = parse(unknown, None).unwrap_err();
    let (_, expected) = error.split_once("expected").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The example with every key in force.
fn everything() -> String {
    let example = include_str!("../../../docs/config.toml");
    parse(example, None).unwrap();
    let uncommented = |line: &str| {
        let line = line.strip_prefix('#').filter(|line| !line.starts_with([' ', '#']));
        line.map(|line| format!("{line}\n"))
    };
    example.lines().filter_map(uncommented).collect()
}

#[test]
fn the_commented_example_has_every_key() {
    let everything: toml::Table = everything().parse().unwrap();
    let keys = known_keys("unknown = 1");
    assert!(keys.len() >= 12 && keys.contains(&"notices".to_owned()), "{keys:?}");
    for key in keys {
        assert!(everything.contains_key(&key), "{key}");
    }
    let profiles = everything["profiles"].as_table().unwrap();
    let keys = known_keys("[profiles.x]\nunknown = 1");
    assert!(keys.contains(&"mfa_serial".to_owned()), "{keys:?}");
    for key in keys {
        assert!(profiles.values().any(|table| table.get(&key).is_some()), "{key}");
    }
}

#[test]
fn the_commented_example_is_understood_and_says_the_defaults() {
    let example = parse(&everything(), Some(Path::new("/home/alice"))).unwrap();
    let defaults = parse("", None).unwrap();
    assert_eq!(example.default_profile, defaults.default_profile);
    assert_eq!(example.session_duration, defaults.session_duration);
    assert_eq!((example.prompt, example.notices), (defaults.prompt, defaults.notices));
    assert_eq!(example.keep_sessions, defaults.keep_sessions);
    assert_eq!(example.audit, defaults.audit);
    assert_eq!(example.settings.profiles.len(), 2);
}
