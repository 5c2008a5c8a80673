//! Which keys and which roles feed a profile.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

mod common;

use common::{KEY_ID, KEYS, plan, profile, reason};
use stsd_protocol::gateway::{Hop, Plan, ProfileSource};

const MFA: &str = "arn:aws:iam::111122223333:mfa/alice";

fn role(name: &str) -> String {
    format!("role_arn = arn:aws:iam::444455556666:role/{name}\n")
}

fn hops<'a>(plan: &'a Plan, name: &str) -> Vec<&'a Hop> {
    match &profile(plan, name).source {
        ProfileSource::Role { hops, identity } => {
            assert_eq!(identity, KEY_ID);
            hops.iter().collect()
        }
        other => panic!("{other:?}"),
    }
}

fn roles(plan: &Plan, name: &str) -> Vec<String> {
    let last = |hop: &&Hop| hop.role_arn.rsplit('/').next().unwrap().to_owned();
    hops(plan, name).iter().map(last).collect()
}

#[test]
fn a_chain_of_three_is_assumed_from_the_keys_upwards() {
    let config = format!(
        "[profile c]\n{}source_profile = b\n[profile b]\n{}source_profile = a\n\
         [profile a]\n{}source_profile = default\nexternal_id = x-1\nrole_session_name = ci\nduration_seconds = 900\n",
        role("C"),
        role("B"),
        role("A"),
    );
    let plan = plan(&config, &format!("[default]\n{KEYS}"));
    assert_eq!(roles(&plan, "c"), ["A", "B", "C"]);
    let first = hops(&plan, "c")[0];
    assert_eq!(first.external_id.as_deref(), Some("x-1"));
    assert_eq!(first.role_session_name.as_deref(), Some("ci"));
    assert_eq!(first.duration_seconds, Some(900));
    assert_eq!(profile(&plan, "c").account_id.as_deref(), Some("444455556666"));
    assert_eq!(plan.identities.len(), 1);
    assert_eq!(plan.problems, []);
}

#[test]
fn a_role_may_name_its_own_profile_as_its_source() {
    let config = format!("[profile self]\n{}source_profile = self\n{KEYS}", role("A"));
    assert_eq!(roles(&plan(&config, ""), "self"), ["A"]);
}

#[test]
fn a_role_on_temporary_keys_of_its_own_is_not_taken_for_one_on_long_term_keys() {
    let token = "aws_session_token = fake-session-token\n";
    let config = format!("[profile self]\n{}source_profile = self\n{KEYS}{token}", role("A"));
    let plan = plan(&config, "");
    let reason = reason(&plan, "self");
    assert!(reason.starts_with("profile self holds keys that are temporary ones"), "{reason}");
    assert_eq!(plan.identities, []);
}

#[test]
fn keys_of_a_source_go_before_its_role_and_a_role_before_its_own_keys() {
    let config = format!(
        "[profile top]\n{}source_profile = both\n[profile both]\n{}source_profile = default\n{KEYS}",
        role("Top"),
        role("Both"),
    );
    let plan = plan(&config, &format!("[default]\n{KEYS}"));
    assert_eq!(roles(&plan, "top"), ["Top"]);
    assert_eq!(roles(&plan, "both"), ["Both"]);
}

#[test]
fn the_credentials_file_goes_before_the_config_file_and_has_profiles_of_its_own() {
    let config = "[default]\naws_access_key_id = AKIAOLD\nregion = eu-west-1\n";
    let plan = plan(config, &format!("[default]\n{KEYS}[my ci]\n{KEYS}region = eu-west-3\n"));
    for (name, region) in [("default", "eu-west-1"), ("my ci", "eu-west-3")] {
        let profile = profile(&plan, name);
        assert_eq!(profile.source, ProfileSource::Session { identity: KEY_ID.to_owned() });
        assert_eq!(profile.region.as_deref(), Some(region));
        assert_eq!(profile.target.region, region);
    }
}

#[test]
fn profiles_with_one_key_are_one_identity_and_default_stands_for_it() {
    let config = format!(
        "[profile first]\n{KEYS}[profile other]\nregion = eu-west-1\n[default]\nregion = eu-west-2\n"
    );
    let plan = plan(&config, &format!("[default]\n{KEYS}"));
    assert_eq!(plan.identities.len(), 1);
    assert_eq!(plan.identities[0].keys.source_profile, "default");
    assert_eq!(plan.identities[0].target.region, "eu-west-2");
}

#[test]
fn a_device_may_stand_on_the_role_or_on_its_source_and_the_source_wins() {
    let other = "arn:aws:iam::111122223333:mfa/other";
    for (on_source, on_role, chosen, ignored) in
        [("", MFA, MFA, 0), (MFA, "", MFA, 0), (MFA, MFA, MFA, 0), (MFA, other, MFA, 1)]
    {
        let line = |serial: &str| {
            if serial.is_empty() { String::new() } else { format!("mfa_serial = {serial}\n") }
        };
        let config = format!(
            "[profile r]\n{}source_profile = default\n{}[default]\n{}",
            role("R"),
            line(on_role),
            line(on_source)
        );
        let plan = plan(&config, &format!("[default]\n{KEYS}"));
        let identity = &plan.identities[0];
        assert_eq!(identity.mfa_serial.as_deref(), Some(chosen));
        assert_eq!(identity.account_id.as_deref(), Some("111122223333"));
        assert_eq!(profile(&plan, "default").account_id.as_deref(), Some("111122223333"));
        assert_eq!(plan.problems.len(), ignored, "{:?}", plan.problems);
    }
}

#[test]
fn regions_come_from_the_profile_else_from_its_partition() {
    let config = "[profile cn]\nrole_arn = arn:aws-cn:iam::444455556666:role/A\nsource_profile = default\n\
                  [profile gov]\nrole_arn = arn:aws-us-gov:iam::444455556666:role/A\nsource_profile = default\n\
                  [profile us]\nrole_arn = arn:aws:iam::444455556666:role/A\nsource_profile = default\n\
                  [profile own]\nrole_arn = arn:aws:iam::444455556666:role/A\nsource_profile = default\nregion = eu-west-1\n\
                  [default]\nregion = eu-central-1\n";
    let plan = plan(config, &format!("[default]\n{KEYS}"));
    for (name, region) in
        [("cn", "cn-north-1"), ("gov", "us-gov-west-1"), ("us", "us-east-1"), ("own", "eu-west-1")]
    {
        assert_eq!(hops(&plan, name)[0].target.region, region);
        assert_eq!(profile(&plan, name).target.region, region);
    }
    assert_eq!(plan.identities[0].target.region, "eu-central-1");
}

#[test]
fn the_endpoint_of_the_service_goes_before_that_of_the_profile() {
    let services = "[services local]\ns3 =\n  endpoint_url = http://localhost:1\nsts =\n  endpoint_url = http://localhost:2\n";
    for (settings, endpoint) in [
        ("endpoint_url = https://sts.example", Some("https://sts.example")),
        ("endpoint_url = https://sts.example\nservices = local", Some("http://localhost:2")),
        ("services = local\nignore_configured_endpoint_urls = true", None),
    ] {
        let plan =
            plan(&format!("[default]\n{settings}\n{services}"), &format!("[default]\n{KEYS}"));
        assert_eq!(profile(&plan, "default").target.endpoint_url.as_deref(), endpoint);
        assert_eq!(plan.problems, []);
    }
}

#[test]
fn kinds_that_stsd_does_not_serve_are_named_and_so_is_what_builds_on_them() {
    let start = "role_arn = arn:aws:iam::444455556666:role/A\n";
    for (settings, says) in [
        ("sso_session = corp\n".to_owned(), "profile p uses IAM Identity Center (sso_session)"),
        ("login_session = x\n".to_owned(), "profile p uses `aws login` (login_session)"),
        (format!("{start}web_identity_token_file = /t\n"), "profile p uses a web identity"),
        (
            format!("{start}credential_source = Ec2InstanceMetadata\n"),
            "profile p takes its credentials from Ec2InstanceMetadata",
        ),
        (
            format!("{start}credential_source = EcsContainer\n"),
            "profile p takes its credentials from EcsContainer",
        ),
        (
            "credential_process = /bin/tool\n".to_owned(),
            "profile p runs a program for its credentials",
        ),
        (
            "credential_process = \"/opt/my stsd/stsd\" credential-process\n".to_owned(),
            "profile p only calls stsd",
        ),
        (
            format!("{KEYS}aws_session_token = x\n"),
            "profile p holds keys that are temporary ones already",
        ),
        ("region = eu-west-1\n".to_owned(), "profile p has neither keys nor a role"),
    ] {
        let config =
            format!("[profile p]\n{settings}[profile on-top]\n{}source_profile = p\n", role("T"));
        let plan = plan(&config, "");
        assert!(reason(&plan, "p").starts_with(says), "{}", reason(&plan, "p"));
        let on_top = reason(&plan, "on-top");
        assert!(on_top.starts_with("profile on-top builds on profile p, which "), "{on_top}");
        assert_eq!(plan.identities, []);
    }
}

#[test]
fn a_credential_process_that_calls_stsd_is_never_followed_and_hides_no_keys() {
    let config = "[default]\ncredential_process = /usr/bin/stsd credential-process\n";
    let plan = plan(config, &format!("[default]\n{KEYS}"));
    assert_eq!(
        profile(&plan, "default").source,
        ProfileSource::Session { identity: KEY_ID.to_owned() }
    );
}

#[test]
fn no_file_at_all_is_an_empty_plan_without_mistakes() {
    let home = common::Home::new("", "");
    std::fs::remove_dir_all(home.0.path().join(".aws")).unwrap();
    let plan = home.plan();
    assert_eq!((plan.profiles.len(), plan.problems.len()), (0, 0));
}
