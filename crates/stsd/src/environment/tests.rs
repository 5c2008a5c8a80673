//! The lists of variables, as tables.

use std::collections::BTreeSet;

use stsd_protocol::Timestamp;
use stsd_protocol::control::{Environment, ProcessCredentials};
use stsd_secret::Secret;

use super::{
    Surroundings, endpoint_path, names, static_variables, variables, with_loopback,
    without_loopback,
};

fn prod() -> Environment {
    Environment {
        profile: "prod".into(),
        credentials_uri: Some("http://127.0.0.1:7873/creds/prod".into()),
        authorization_token_file: "/s/authorization-token".into(),
        config_view: "/s/aws/config".into(),
        credentials_view: "/s/aws/credentials".into(),
        region: Some("eu-central-1".into()),
    }
}

fn value(profile: &Environment, around: &Surroundings, name: &str) -> Option<Option<String>> {
    variables(profile, around).into_iter().find(|(known, _)| *known == name).map(|found| found.1)
}

fn set(text: &str) -> Option<Option<String>> {
    Some(Some(text.to_owned()))
}

#[test]
fn no_variable_is_named_twice() {
    let all = variables(&prod(), &Surroundings::default());
    let named: BTreeSet<_> = all.iter().map(|(name, _)| *name).collect();
    assert_eq!(named.len(), all.len());
    assert_eq!(all.len(), 24);
    assert_eq!(named, names().collect());
}

#[test]
fn without_an_endpoint_neither_its_address_nor_its_token_stays() {
    let profile = Environment { credentials_uri: None, ..prod() };
    let around = Surroundings::default();
    for name in ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
        assert_eq!(value(&profile, &around, name), Some(None), "{name}");
    }
    assert_eq!(value(&profile, &around, "AWS_CONFIG_FILE"), set("/s/aws/config"));
}

#[test]
fn without_the_view_an_earlier_view_does_not_stay_in_force() {
    let around = Surroundings { no_view: true, ..Surroundings::default() };
    assert_eq!(value(&prod(), &around, "AWS_CONFIG_FILE"), Some(None));
    assert_eq!(value(&prod(), &around, "AWS_SHARED_CREDENTIALS_FILE"), Some(None));
}

#[test]
fn a_region_is_unset_only_if_it_came_with_an_earlier_profile() {
    let regionless = Environment { region: None, ..prod() };
    let around = Surroundings {
        region: Some("us-west-2".into()),
        default_region: Some("ap-south-1".into()),
        earlier_region: Some("us-west-2".into()),
        ..Surroundings::default()
    };
    assert_eq!(value(&regionless, &around, "AWS_REGION"), Some(None));
    assert_eq!(value(&regionless, &around, "AWS_DEFAULT_REGION"), None);
    assert_eq!(value(&regionless, &Surroundings::default(), "AWS_REGION"), None);
    assert_eq!(value(&prod(), &around, "AWS_DEFAULT_REGION"), set("eu-central-1"));
}

#[test]
fn a_region_that_goes_gives_way_to_the_one_before_it() {
    let regionless = Environment { region: None, ..prod() };
    let around = Surroundings {
        region: Some("us-west-2".into()),
        earlier_region: Some("us-west-2".into()),
        region_before: Some("sa-east-1".into()),
        ..Surroundings::default()
    };
    assert_eq!(value(&regionless, &around, "AWS_REGION"), set("sa-east-1"));
    assert_eq!(value(&prod(), &around, "AWS_REGION"), set("eu-central-1"));
}

#[test]
fn static_keys_come_without_the_endpoint_and_leave_the_files_alone() {
    let credentials = ProcessCredentials {
        version: 1,
        access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        session_token: Secret::new("example-session-token"),
        expiration: Timestamp::from_unix(1_800_000_000),
        account_id: None,
    };
    let all = static_variables(&prod(), &credentials, &Surroundings::default());
    let of = |name: &str| all.iter().find(|(known, _)| *known == name).map(|(_, v)| v.clone());
    assert_eq!(of("AWS_SESSION_TOKEN"), set("example-session-token"));
    for name in ["AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"] {
        assert_eq!(of(name), set("2027-01-15T08:00:00Z"));
    }
    for name in ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_SECURITY_TOKEN", "AWS_PROFILE"] {
        assert_eq!(of(name), Some(None), "{name}");
    }
    assert_eq!((of("AWS_CONFIG_FILE"), of("AWS_REGION")), (None, set("eu-central-1")));
    let names_of_all: BTreeSet<_> = all.iter().map(|(name, _)| *name).collect();
    assert_eq!(names_of_all.len(), all.len());
    assert!(names_of_all.is_subset(&names().collect()));
}

#[test]
fn loopback_leaves_the_list_as_it_came() {
    for list in ["", "corp", "corp,other", "*", "localhost"] {
        let joined = with_loopback(Some(&list.to_owned()));
        let left = without_loopback(&joined).unwrap_or_default();
        // Where half of it was there already, who added it can no longer be told.
        let wanted = if list == "localhost" { "localhost,127.0.0.1" } else { list };
        assert_eq!(left, wanted);
    }
}

#[test]
fn an_address_of_stsd_is_known_by_its_form() {
    for (uri, path) in [
        ("http://127.0.0.1:7873/creds", Some("")),
        ("http://127.0.0.1:1/creds/prod", Some("prod")),
        ("http://127.0.0.1:7873/", None),
        ("http://169.254.170.2:80/creds", None),
        ("http://127.0.0.1:7873/credsx", None),
    ] {
        assert_eq!(endpoint_path(uri), path, "{uri}");
    }
}

#[test]
fn loopback_joins_what_is_excluded_from_the_proxy_already() {
    for (before, after) in [
        ("", "127.0.0.1,localhost"),
        ("corp", "corp,127.0.0.1,localhost"),
        ("corp,", "corp,127.0.0.1,localhost"),
        ("LOCALHOST, corp", "LOCALHOST, corp,127.0.0.1"),
        ("127.0.0.1,localhost", "127.0.0.1,localhost"),
        ("*", "*"),
    ] {
        assert_eq!(with_loopback(Some(&before.to_owned())), after);
    }
}

#[test]
fn either_spelling_of_no_proxy_starts_from_the_other() {
    let around = Surroundings { no_proxy: Some("corp".into()), ..Surroundings::default() };
    for name in ["NO_PROXY", "no_proxy"] {
        assert_eq!(value(&prod(), &around, name), set("corp,127.0.0.1,localhost"));
    }
}
