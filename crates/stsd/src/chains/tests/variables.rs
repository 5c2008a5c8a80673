//! Variables of keys, profiles and web identities, against the view and the endpoint.

use super::fixture::{Stage, check, connected, endpoint};

fn keys(stage: Stage) -> Stage {
    stage.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").set("AWS_SECRET_ACCESS_KEY", "x")
}

#[test]
fn a_connected_shell_asks_stsd_for_the_profile_that_it_names() {
    check(&[
        ("nothing else", connected(), "stsd-view:prod"),
        ("the endpoint alone", endpoint(), "stsd-endpoint:prod"),
        ("the view alone", connected().unset(URI), "stsd-view:prod"),
        ("by its option", connected().asked("staging"), "stsd-view:staging"),
        ("by AWS_PROFILE", connected().set("AWS_PROFILE", "staging"), "stsd-view:staging"),
        (
            "its option before AWS_PROFILE",
            connected().set("AWS_PROFILE", "staging").asked("prod"),
            "stsd-view:prod",
        ),
        ("a profile with nothing", connected().asked("plain"), "stsd-endpoint:prod"),
        ("a profile of its own way", connected().asked("corp"), "sso"),
        ("STSD_PROFILE", connected().set("STSD_PROFILE", "staging"), "stsd-view:staging"),
        ("no STSD_PROFILE", connected().unset("STSD_PROFILE"), "stsd-view:default"),
    ]);
}

#[test]
fn aws_default_profile_counts_for_some_and_before_aws_profile_for_boto3_alone() {
    let both = connected().set("AWS_PROFILE", "staging").set("AWS_DEFAULT_PROFILE", "prod");
    check(&[
        (
            "alone",
            connected().set("AWS_DEFAULT_PROFILE", "staging"),
            "stsd-view:staging stsd-view:staging stsd-view:prod stsd-view:staging \
             stsd-view:prod stsd-view:prod",
        ),
        (
            "beside AWS_PROFILE",
            both,
            "stsd-view:prod stsd-view:staging stsd-view:staging stsd-view:staging \
             stsd-view:staging stsd-view:staging",
        ),
    ]);
}

#[test]
fn a_profile_that_is_not_there_stops_some_and_lets_the_others_go_on() {
    let rest = "error error stsd-endpoint:prod error stsd-endpoint:prod stsd-endpoint:prod";
    check(&[
        ("by AWS_PROFILE", connected().set("AWS_PROFILE", "nosuch"), rest),
        ("by its option", connected().asked("nosuch"), rest),
        (
            "by AWS_DEFAULT_PROFILE, which Go does not insist on",
            connected().set("AWS_DEFAULT_PROFILE", "nosuch"),
            "error error stsd-view:prod stsd-endpoint:prod stsd-view:prod stsd-view:prod",
        ),
        (
            "a blank name",
            connected().set("AWS_PROFILE", ""),
            "error error stsd-view:prod stsd-view:prod stsd-endpoint:prod stsd-endpoint:prod",
        ),
    ]);
}

#[test]
fn key_variables_go_before_everything_but_a_named_profile_in_some() {
    check(&[
        ("alone", keys(connected()), "environment"),
        (
            "with AWS_PROFILE",
            keys(connected()).set("AWS_PROFILE", "staging"),
            "environment environment stsd-view:staging environment environment environment",
        ),
        (
            "with its option",
            keys(connected()).asked("staging"),
            "stsd-view:staging stsd-view:staging stsd-view:staging stsd-view:staging \
             environment environment",
        ),
        (
            "with a profile that is not there",
            keys(connected()).set("AWS_PROFILE", "nosuch"),
            "error error stsd-endpoint:prod error environment environment",
        ),
        (
            "half a pair",
            keys(connected()).unset("AWS_SECRET_ACCESS_KEY"),
            "error error stsd-view:prod stsd-view:prod stsd-view:prod stsd-view:prod",
        ),
        ("the other half", keys(connected()).unset("AWS_ACCESS_KEY_ID"), "stsd-view:prod"),
        (
            "blank ones",
            connected().set("AWS_ACCESS_KEY_ID", "").set("AWS_SECRET_ACCESS_KEY", ""),
            "stsd-view:prod",
        ),
        (
            "Go's older names",
            connected().set("AWS_ACCESS_KEY", "AKIA").set("AWS_SECRET_KEY", "x"),
            "stsd-view:prod stsd-view:prod stsd-view:prod environment stsd-view:prod \
             stsd-view:prod",
        ),
    ]);
}

#[test]
fn web_identity_variables_go_before_the_profile_in_some() {
    let web = |stage: Stage| {
        stage.set("AWS_WEB_IDENTITY_TOKEN_FILE", "/token").set("AWS_ROLE_ARN", "arn:aws:iam::1:r")
    };
    let mut missing = web(connected());
    missing.shell.web_identity_is_missing = true;
    check(&[
        (
            "beside the view",
            web(connected()),
            "web-identity web-identity stsd-view:prod web-identity web-identity stsd-view:prod",
        ),
        (
            "without its file, which Java alone gets over",
            missing,
            "web-identity web-identity stsd-view:prod web-identity stsd-view:prod stsd-view:prod",
        ),
        ("beside the endpoint", web(endpoint()), "web-identity"),
        (
            "without a role",
            web(endpoint()).unset("AWS_ROLE_ARN"),
            "error error stsd-endpoint:prod web-identity stsd-endpoint:prod stsd-endpoint:prod",
        ),
        (
            "with its option",
            web(connected()).asked("staging"),
            "stsd-view:staging stsd-view:staging stsd-view:staging stsd-view:staging \
             web-identity stsd-view:staging",
        ),
    ]);
}

#[test]
fn where_stsd_refuses_a_profile_some_go_on_to_the_endpoint() {
    let locked = connected().refused("prod");
    check(&[
        (
            "one profile",
            connected().set("AWS_PROFILE", "staging").refused("staging"),
            "stsd-view:staging stsd-view:staging stsd-endpoint:prod stsd-view:staging \
             stsd-endpoint:prod stsd-view:staging",
        ),
        (
            "all of them",
            locked,
            "stsd-view:prod stsd-view:prod stsd-endpoint:prod stsd-view:prod \
             stsd-endpoint:prod stsd-view:prod",
        ),
        ("at the endpoint", endpoint().refused("prod"), "stsd-endpoint:prod"),
        (
            "at the endpoint, and nobody has said that this is no instance",
            endpoint().refused("prod").unset("AWS_EC2_METADATA_DISABLED"),
            "stsd-endpoint:prod stsd-endpoint:prod stsd-endpoint:prod stsd-endpoint:prod \
             instance-metadata stsd-endpoint:prod",
        ),
    ]);
}

#[test]
fn the_last_resort_is_the_instance_or_nothing() {
    check(&[
        ("not disabled", Stage::default(), "instance-metadata"),
        ("disabled", Stage::default().set("AWS_EC2_METADATA_DISABLED", "TRUE"), "none"),
        (
            "disabled by a word that JavaScript alone takes",
            Stage::default().set("AWS_EC2_METADATA_DISABLED", "yes"),
            "instance-metadata instance-metadata none instance-metadata instance-metadata \
             instance-metadata",
        ),
    ]);
}

const URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
