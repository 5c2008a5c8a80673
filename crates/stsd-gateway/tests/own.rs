//! What stsd's own configuration says of profiles goes before what the user's files say.

mod common;

use common::{Home, KEYS, places, profile, reason};
use stsd_protocol::gateway::{Plan, ProfileSettings, Settings, Severity};

const OWN: &str = "arn:aws:iam::111122223333:mfa/own";
const ROLE: &str = "role_arn = arn:aws:iam::444455556666:role/A\nsource_profile = default\n";

fn plan(config: &str, devices: &[(&str, &str)]) -> Plan {
    let home = Home::new(config, &format!("[default]\n{KEYS}"));
    let device = |(profile, serial): &(&str, &str)| {
        let mfa_serial = Some((*serial).to_owned());
        ((*profile).to_owned(), ProfileSettings { mfa_serial })
    };
    let profiles = devices.iter().map(device).collect();
    home.plan_with(Settings { profiles, ..Settings::default() }, "/usr/bin/stsd")
}

fn device(plan: &Plan) -> Option<&str> {
    plan.identities[0].mfa_serial.as_deref()
}

#[test]
fn a_device_of_its_own_goes_before_every_other_wherever_it_stands() {
    let theirs = "mfa_serial = arn:aws:iam::999999999999:mfa/theirs\n";
    let on_both = format!("[default]\n{theirs}[profile r]\n{ROLE}{theirs}");
    for (config, name) in [
        ("[default]\n", "default"),
        (on_both.as_str(), "default"),
        (on_both.as_str(), "r"),
        (&format!("[profile r]\n{ROLE}"), "r"),
    ] {
        let plan = plan(config, &[(name, OWN)]);
        assert_eq!(device(&plan), Some(OWN), "{config}");
        assert_eq!(plan.identities[0].account_id.as_deref(), Some("111122223333"));
        assert!(!plan.view.contains("mfa/own"));
    }
}

#[test]
fn a_fido_key_or_a_mistake_in_the_files_does_not_count_beside_it() {
    for theirs in ["arn:aws:iam::111122223333:u2f/user/alice/key-A", "alice"] {
        let config = format!("[default]\nmfa_serial = {theirs}\n");
        let plan = plan(&config, &[("default", OWN)]);
        assert_eq!((device(&plan), plan.problems.len()), (Some(OWN), 0));
    }
}

#[test]
fn the_sources_own_word_goes_before_that_of_a_role() {
    let config = format!("[profile r]\n{ROLE}");
    let other = "arn:aws:iam::111122223333:mfa/other";
    let plan = plan(&config, &[("r", other), ("default", OWN)]);
    assert_eq!(device(&plan), Some(OWN));
    assert_eq!(places(&plan), ["config.toml:- r mfa_serial Notice"]);
}

#[test]
fn a_mistake_in_it_is_told_with_the_file_that_it_stands_in() {
    let plan = plan("[default]\n", &[("default", "alice")]);
    assert_eq!(places(&plan), ["config.toml:- default mfa_serial Error"]);
    let reason = reason(&plan, "default");
    assert!(reason.ends_with("(config.toml, key mfa_serial)"), "{reason}");
}

#[test]
fn a_profile_that_is_not_there_is_noticed_unless_nothing_can_be_read() {
    let said = plan("[default]\n", &[("nobody", OWN)]);
    assert_eq!(places(&said), ["config.toml:- nobody profiles Notice"]);
    assert_eq!(
        said.problems[0].message,
        "stsd's configuration names profile nobody, which is not in the AWS configuration"
    );
    let unreadable = plan("[default\n", &[("nobody", OWN)]);
    assert_eq!(places(&unreadable), ["config:1 - - Error"]);
    assert_eq!(unreadable.problems[0].severity, Severity::Error);
}

#[test]
fn the_view_keeps_what_the_files_say_of_a_profile_that_stsd_does_not_serve() {
    let theirs = "mfa_serial = arn:aws:iam::111122223333:mfa/theirs\n";
    let config = format!("[profile s]\nsso_session = corp\n{theirs}");
    let plan = plan(&config, &[("s", OWN)]);
    assert!(plan.view.contains(theirs), "{}", plan.view);
    assert!(profile(&plan, "s").account_id.is_none());
}
