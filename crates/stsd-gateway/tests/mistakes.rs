//! Every mistake at once, with file, line, profile and key.

mod common;

use common::{Home, KEYS, places, plan, profile, reason};
use stsd_protocol::gateway::{ProfileSource, Severity};

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let config = "\
[default]
region = eu-central-1.evil.example/
sts_regional_endpoints = legacy

[profile a]
role_arn = arn:aws:iam::444455556666:role/A
source_profile = b
[profile b]
role_arn = arn:aws:iam::444455556666:role/B
source_profile = a

[profile lost]
role_arn = arn:aws:iam::444455556666:role/C
source_profile = nobody
[profile no-source]
role_arn = arn:aws:iam::444455556666:role/C
[profile badly]
role_arn = deploy
source_profile = default
mfa_serial = alice
duration_seconds = 1h
role_session_name = a b
external_id = !
endpoint_url = http://sts.example
ca_bundle = certs.pem
[profile long]
role_arn = arn:aws:iam::444455556666:role/C
source_profile = half
duration_seconds = 43201
services = nowhere
[profile half]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
[profile both]
role_arn = arn:aws:iam::444455556666:role/C
source_profile = default
credential_source = Environment
[notprefixed]
region = us-east-1
";
    let plan = plan(config, &format!("[default]\n{KEYS}"));
    assert_eq!(
        places(&plan),
        [
            "config:2 default region Error",
            "config:3 default sts_regional_endpoints Notice",
            "config:7 a source_profile Error",
            "config:14 lost source_profile Error",
            "config:16 no-source role_arn Error",
            "config:18 badly role_arn Error",
            "config:20 badly mfa_serial Error",
            "config:21 badly duration_seconds Error",
            "config:22 badly role_session_name Error",
            "config:23 badly external_id Error",
            "config:24 badly endpoint_url Error",
            "config:25 badly ca_bundle Error",
            "config:29 long duration_seconds Error",
            "config:30 long services Error",
            "config:32 half aws_access_key_id Error",
            "config:36 both credential_source Error",
            "config:37 - - Notice",
        ]
    );
}

#[test]
fn a_reason_says_what_where_and_first_of_all_whose() {
    let home = Home::new(
        "[profile top]\nrole_arn = arn:aws:iam::444455556666:role/A\nsource_profile = default\n[default]\nregion = EU\n",
        &format!("[default]\n{KEYS}"),
    );
    let (plan, file) = (home.plan(), home.file("config"));
    assert_eq!(
        reason(&plan, "default"),
        format!(
            "profile default has a mistake: it is not the name of a region ({}:5, key region)",
            file.display()
        ),
    );
    assert!(
        reason(&plan, "top")
            .starts_with("profile top has a mistake in its source profile default: it is"),
        "{}",
        reason(&plan, "top"),
    );
}

#[test]
fn a_loop_is_shown_from_wherever_one_enters_it() {
    let role = "role_arn = arn:aws:iam::444455556666:role/A\n";
    let config = format!(
        "[profile in]\n{role}source_profile = x\n[profile x]\n{role}source_profile = y\n\
         [profile y]\n{role}source_profile = x\n[profile self]\n{role}source_profile = self\n",
    );
    let plan = plan(&config, "");
    for name in ["in", "x", "y"] {
        assert!(reason(&plan, name).contains(" x -> y -> x "), "{}", reason(&plan, name));
    }
    assert!(reason(&plan, "self").contains(" self -> self "));
    assert_eq!(
        places(&plan),
        ["config:6 x source_profile Error", "config:12 self source_profile Error"]
    );
}

#[test]
fn two_names_of_one_path_are_both_refused() {
    let plan = plan(&format!("[profile a/b]\n{KEYS}[profile a:b]\n{KEYS}[profile c]\n{KEYS}"), "");
    for name in ["a/b", "a:b"] {
        assert!(matches!(profile(&plan, name).source, ProfileSource::Invalid { .. }));
    }
    assert!(matches!(profile(&plan, "c").source, ProfileSource::Session { .. }));
    assert_eq!(places(&plan), ["config:1 a/b - Error", "config:4 a:b - Error"]);
}

#[test]
fn a_file_that_cannot_be_understood_is_not_used_by_halves() {
    for (config, line) in [
        ("[default]\nregion\n", "2"),
        ("[profile x\nregion = a\n", "1"),
        ("region = a\n", "1"),
        ("[default]\n= a\n", "2"),
        ("[default]\n  region = a\n", "2"),
        ("[default]\ns3 =\n  nonsense\n", "3"),
    ] {
        let plan = plan(config, &format!("[default]\n{KEYS}"));
        assert_eq!(places(&plan), [format!("config:{line} - - Error")], "{config}");
        assert_eq!((plan.profiles.len(), plan.identities.len()), (0, 0));
    }
}

#[test]
fn a_broken_line_is_never_shown() {
    let plan = plan("[default]\nwJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n", "");
    assert!(!format!("{plan:?}").contains("wJalr"));
}

#[test]
fn files_that_are_no_text_or_no_files_are_named() {
    let home = Home::new("", "");
    home.write("config", b"[default]\nregion = \xff\n");
    std::fs::remove_file(home.file("credentials")).unwrap();
    std::fs::create_dir(home.file("credentials")).unwrap();
    let plan = home.plan();
    let messages: Vec<&str> =
        plan.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, ["the file is not UTF-8", "it is not a file"]);
    assert_eq!(places(&plan), ["config:- - - Error", "credentials:- - - Error"]);
}

#[test]
fn settings_without_effect_are_noticed_and_keep_nothing_from_being_served() {
    let config = "\
[profile r]
role_arn = arn:aws:iam::444455556666:role/A
source_profile = default
duration_seconds = 7200
mfa_serial = arn:aws:iam::111122223333:mfa/alice
mfa_process = /bin/code
region = eu-west-1
region = eu-west-2
";
    let plan = plan(config, &format!("[default]\n{KEYS}"));
    assert_eq!(
        places(&plan),
        [
            "config:4 r duration_seconds Notice",
            "config:6 r mfa_process Notice",
            "config:8 r region Notice",
        ]
    );
    assert!(matches!(profile(&plan, "r").source, ProfileSource::Role { .. }));
}

#[test]
fn a_fido_key_is_an_error_that_leaves_the_identity_there_to_be_refused() {
    let config = "[default]\nmfa_serial = arn:aws:iam::111122223333:u2f/user/alice/key-A\n";
    let plan = plan(config, &format!("[default]\n{KEYS}"));
    assert_eq!(places(&plan), ["config:2 default mfa_serial Error"]);
    assert!(plan.problems[0].message.contains("aws login"));
    assert!(plan.identities[0].mfa_serial.is_some());
}

#[test]
fn keys_that_others_can_read_are_noticed() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new("", &format!("[default]\n{KEYS}"));
    std::fs::set_permissions(home.file("credentials"), std::fs::Permissions::from_mode(0o644))
        .unwrap();
    let plan = home.plan();
    assert_eq!(places(&plan), ["credentials:- - - Notice"]);
    assert_eq!(plan.problems[0].severity, Severity::Notice);
}
