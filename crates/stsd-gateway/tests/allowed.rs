//! Which programs may be run, and what a profile comes to that has one.

mod common;

use common::{Home, KEY_ID, KEYS, places, profile, reason};
use stsd_protocol::gateway::{LongTermKeys, Plan, ProfileSource, Settings};

const ROLE: &str = "role_arn = arn:aws:iam::444455556666:role/A\n";
const MFA: &str = "mfa_serial = arn:aws:iam::111122223333:mfa/alice\n";

fn plan(config: &str, allowed: &[&str]) -> Plan {
    let allow_programs = allowed.iter().map(|name| (*name).to_owned()).collect();
    let settings = Settings { allow_programs, ..Settings::default() };
    Home::new(config, &format!("[default]\n{KEYS}")).plan_with(settings, "/usr/bin/stsd")
}

fn hint<'a>(plan: &'a Plan, name: &str) -> &'a str {
    match &profile(plan, name).source {
        ProfileSource::Unsupported { hint, .. } => hint,
        other => panic!("{other:?}"),
    }
}

fn identity<'a>(plan: &'a Plan, name: &str) -> &'a str {
    match &profile(plan, name).source {
        ProfileSource::Session { identity } | ProfileSource::Role { identity, .. } => identity,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_program_that_is_allowed_is_an_identity_that_feeds_roles() {
    let config = format!(
        "[profile tool]\nregion = eu-west-1\ncredential_process = /opt/tool --hunter2\n{MFA}\
         [profile r]\n{ROLE}source_profile = tool\n"
    );
    let plan = plan(&config, &["tool"]);
    let keys =
        LongTermKeys { source_profile: "tool".to_owned(), identity: "process:tool".to_owned() };
    let planned = plan.identities.iter().find(|planned| planned.keys == keys).expect("an identity");
    assert_eq!(planned.target.region, "eu-west-1");
    assert!(planned.mfa_serial.is_some() && !planned.mfa_process);
    assert_eq!((identity(&plan, "tool"), identity(&plan, "r")), ("process:tool", "process:tool"));
    let entry = "[profile tool]\nregion = eu-west-1\n\
                 credential_process = /usr/bin/stsd credential-process tool\n";
    assert!(plan.view.contains(entry), "{}", plan.view);
    assert!(!format!("{plan:?}").contains("hunter2"));
}

#[test]
fn one_that_is_not_allowed_is_left_alone_and_the_hint_says_how_to_allow_it() {
    let config = format!(
        "[profile tool]\ncredential_process = /opt/tool\n[profile r]\n{ROLE}source_profile = tool\n"
    );
    let plan = plan(&config, &["default"]);
    assert_eq!(
        reason(&plan, "tool"),
        "profile tool runs a program for its credentials (credential_process), which stsd does not serve"
    );
    for name in ["tool", "r"] {
        let hint = hint(&plan, name);
        let allow = "allow_programs = [\"tool\"] in ~/.config/stsd/config.toml";
        assert!(hint.ends_with(allow), "{hint}");
    }
    assert!(plan.view.contains("[profile tool]\ncredential_process = /opt/tool\n"));
    assert_eq!((plan.identities.len(), plan.problems.len()), (1, 0));
}

#[test]
fn one_that_calls_stsd_is_never_followed() {
    let config = "[profile tool]\ncredential_process = /usr/bin/stsd credential-process prod\n\
                  [default]\ncredential_process = stsd credential-process\n";
    let plan = plan(config, &["tool", "default"]);
    assert!(reason(&plan, "tool").starts_with("profile tool only calls stsd"));
    assert_eq!(identity(&plan, "default"), KEY_ID);
}

#[test]
fn beside_keys_it_goes_first_for_the_profile_and_the_keys_for_what_builds_on_it() {
    let config = format!(
        "[default]\ncredential_process = /opt/tool\n[profile r]\n{ROLE}source_profile = default\n"
    );
    let plan = plan(&config, &["default"]);
    assert_eq!((identity(&plan, "default"), identity(&plan, "r")), ("process:default", KEY_ID));
    assert_eq!(plan.identities.len(), 2);
}

#[test]
fn an_mfa_process_counts_where_the_device_or_the_key_stands_and_if_it_is_allowed() {
    let process = "mfa_process = /opt/code\n";
    let on_source = format!("[default]\n{MFA}{process}");
    let on_role = format!("[profile r]\n{ROLE}source_profile = default\n{MFA}{process}[default]\n");
    let beside = format!("[profile r]\n{ROLE}source_profile = default\n{process}[default]\n{MFA}");
    for (config, allowed, counts, problems) in [
        (&on_source, "default", true, &[][..]),
        (
            &on_source,
            "other",
            false,
            &["config.toml:- other allow_programs Notice", "config:3 default mfa_process Notice"],
        ),
        (&on_role, "r", true, &[]),
        (&on_role, "default", false, &["config:5 r mfa_process Notice"]),
        (&beside, "r", false, &[]),
    ] {
        let plan = plan(config, &[allowed]);
        assert_eq!(plan.identities[0].mfa_process, counts, "{config}");
        let mut places = places(&plan);
        places.sort();
        assert_eq!(places, problems, "{config}");
    }
}

#[test]
fn without_a_device_there_is_no_code_to_ask_for() {
    let plan = plan("[default]\nmfa_process = /opt/code\n", &["default"]);
    assert!(!plan.identities[0].mfa_process);
}

#[test]
fn another_command_is_told_from_the_one_before() {
    let program = |command: &str| {
        let config = format!("[profile a]\ncredential_process = {command}\n");
        plan(&config, &["a"]).identities[0].program
    };
    assert!(program("/opt/keys one").is_some());
    assert_eq!(program("/opt/keys one"), program("/opt/keys one"));
    assert_ne!(program("/opt/keys one"), program("/opt/keys two"));
    let keys = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
    assert_eq!(plan(keys, &["default"]).identities[0].program, None);
}

#[test]
fn a_role_of_a_program_lasts_an_hour_as_it_is_assumed_from_a_session() {
    let role = format!("[profile r]\n{ROLE}source_profile = a\nduration_seconds = 7200\n");
    let plan = plan(&format!("[profile a]\ncredential_process = /opt/keys\n{role}"), &["a"]);
    assert_eq!(places(&plan), ["config:6 r duration_seconds Notice"]);
}
