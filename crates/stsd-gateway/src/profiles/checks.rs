//! The mistakes that show in one profile alone, all of them at once. What only shows in a chain of
//! profiles is found where the chain is followed.

use stsd_protocol::gateway::{Problem, Settings, Severity};

use super::arn;
use super::own;
use super::set::{Profile, ProfileSet};
use super::target;

/// Every mistake and every setting without effect in one profile.
pub(crate) fn check(set: &ProfileSet, profile: &Profile, settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    for rule in RULES {
        let Some(value) = profile.value(rule.key) else { continue };
        if let Some(message) = (rule.mistake)(&value) {
            problems.push(profile.problem(Severity::Error, rule.key, message));
        }
    }
    problems.extend(half_a_pair(profile));
    problems.extend(two_sources(profile));
    problems.extend(target::mistakes(set, profile, settings.sts_endpoint.as_deref()));
    problems.extend(without_effect(profile));
    problems
}

struct Rule {
    key: &'static str,
    mistake: fn(&str) -> Option<&'static str>,
}

const RULES: &[Rule] = &[
    Rule { key: "role_arn", mistake: role_arn },
    Rule { key: "mfa_serial", mistake: mfa_serial },
    Rule { key: "duration_seconds", mistake: duration_seconds },
    Rule { key: "role_session_name", mistake: role_session_name },
    Rule { key: "external_id", mistake: external_id },
    Rule { key: "region", mistake: region },
    Rule { key: "aws_access_key_id", mistake: access_key_id },
    Rule { key: "ca_bundle", mistake: ca_bundle },
];

fn role_arn(value: &str) -> Option<&'static str> {
    arn::role(value)
        .is_none()
        .then_some("it is not a role's ARN, such as arn:aws:iam::111122223333:role/NAME")
}

fn mfa_serial(value: &str) -> Option<&'static str> {
    (!arn::is_serial_number(value)).then_some(
        "it is neither a device's ARN, such as arn:aws:iam::111122223333:mfa/NAME, nor the number of a hardware device",
    )
}

fn duration_seconds(value: &str) -> Option<&'static str> {
    match value.parse::<u32>() {
        Ok(900..=43_200) => None,
        Ok(_) => Some("it must be between 900 and 43200"),
        Err(_) => Some("it is not a number of seconds"),
    }
}

/// The API reference of AssumeRole has `[\w+=,.@-]*`, 2 to 64 of them.
fn role_session_name(value: &str) -> Option<&'static str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let good = (2..=64).contains(&value.len()) && value.chars().all(fits);
    (!good).then_some("it must have 2 to 64 letters, digits or signs of _+=,.@-")
}

/// The API reference of AssumeRole has `[\w+=,.@:\/-]*`, 2 to 1,224 of them.
fn external_id(value: &str) -> Option<&'static str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    let good = (2..=1224).contains(&value.len()) && value.chars().all(fits);
    (!good).then_some("it must have 2 to 1224 letters, digits or signs of _+=,.@:/-")
}

/// A region becomes part of a host's name.
fn region(value: &str) -> Option<&'static str> {
    (!target::is_region(value)).then_some("it is not the name of a region")
}

/// Only what could not stand in a request: emulators have ids of every shape.
fn access_key_id(value: &str) -> Option<&'static str> {
    let good = value.len() <= 128 && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (!good).then_some("it is not an access key id")
}

fn ca_bundle(value: &str) -> Option<&'static str> {
    (!value.starts_with('/') && !value.starts_with("~/"))
        .then_some("it must be an absolute path, because stsd works in no particular folder")
}

fn half_a_pair(profile: &Profile) -> Option<Problem> {
    let has = |key| profile.setting(key).is_some();
    let (there, missing) = match (has("aws_access_key_id"), has("aws_secret_access_key")) {
        (true, false) => ("aws_access_key_id", "aws_secret_access_key"),
        (false, true) => ("aws_secret_access_key", "aws_access_key_id"),
        _ => return None,
    };
    Some(profile.problem(Severity::Error, there, format!("there is no {missing} beside it")))
}

fn two_sources(profile: &Profile) -> Option<Problem> {
    let both = profile.setting("role_arn").is_some()
        && profile.setting("source_profile").is_some()
        && profile.setting("credential_source").is_some();
    let message = "source_profile stands in this profile too, and only one of them can count";
    both.then(|| profile.problem(Severity::Error, "credential_source", message))
}

fn without_effect(profile: &Profile) -> Vec<Problem> {
    let mut notices = Vec::new();
    if profile.setting("sts_regional_endpoints").is_some() {
        notices.push((
            "sts_regional_endpoints",
            "it has no effect, because stsd always asks the region's own STS".to_owned(),
        ));
    }
    if profile.setting("mfa_process").is_some() && profile.program("mfa_process").is_none() {
        let allow = own::allow_programs(&profile.name);
        notices.push((
            "mfa_process",
            format!("stsd does not run it; type the code, or let stsd run it: {allow}"),
        ));
    }
    let notice = |(key, message)| profile.problem(Severity::Notice, key, message);
    notices.into_iter().map(notice).collect()
}
