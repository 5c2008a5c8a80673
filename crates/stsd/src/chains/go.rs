//! The chain of the AWS SDK for Go 2 (`resolveCredentialChain` in its `config` module): no chain but a
//! choice, made when the configuration is loaded. What is chosen and then fails is not replaced.

use super::Tool;
use super::container::{self, Rules};
use super::files::{Files, Place, Profile};
use super::link::Link;
use super::profile_links::{
    KEY_ID, NO_CODE, SECRET, SSO_KEYS, environment, instance_metadata, keys, login,
    metadata_is_disabled, process, role, section, sso, web_identity, web_identity_of_variables,
};
use super::shell::Shell;
use super::sources::Sources;

pub(super) fn links(shell: &Shell, files: &Files) -> Vec<Link> {
    let must_exist = shell.asked.as_deref().or_else(|| shell.filled("AWS_PROFILE"));
    let name = Tool::Go.profile(shell);
    let profile = files.unquoted_profile(name);
    if profile.is_none() && must_exist.is_some() {
        return vec![Link::fails(format!("failed to get shared config profile, {name}"))];
    }
    if let Some(mistake) = profile.and_then(|profile| mistake(shell, &profile)) {
        return vec![Link::fails(mistake)];
    }
    let mut links = Vec::new();
    if shell.asked.is_none() {
        links.extend(of_variables(shell));
    }
    links.extend(profile.into_iter().flat_map(|profile| of_profile(shell, &profile)));
    match container::link(shell, &RULES) {
        Some(link) => links.push(link),
        None => links.extend(instance_metadata(metadata_is_disabled(shell))),
    }
    links
}

fn of_variables(shell: &Shell) -> Option<Link> {
    let first = |names: [&'static str; 2]| names.into_iter().find(|n| shell.filled(n).is_some());
    let id = first(["AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"]);
    let secret = first(["AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY"]);
    match (id, secret) {
        (Some(id), Some(_)) => Some(environment(id)),
        _ => shell.filled("AWS_WEB_IDENTITY_TOKEN_FILE").map(|_| web_identity_of_variables(shell)),
    }
}

/// What keeps the configuration from being loaded at all, key variables or not.
fn mistake(shell: &Shell, profile: &Profile<'_>) -> Option<String> {
    let half = |place| profile.has_in(KEY_ID, place) != profile.has_in(SECRET, place);
    if [Place::Config, Place::Credentials].into_iter().any(half) {
        let section = section(shell, profile, KEY_ID);
        return Some(format!("{section} has only half of its keys"));
    }
    let kinds = ["source_profile", "credential_source", "credential_process", WEB_IDENTITY];
    let mut has = kinds.into_iter().filter(|key| profile.has(key));
    let (first, second) = (has.next()?, has.next());
    let section = section(shell, profile, first);
    if let Some(second) = second {
        return Some(format!("{section} has both {first} and {second}"));
    }
    if first != "credential_process" && !profile.has("role_arn") {
        return Some(format!("{section} has {first} without role_arn"));
    }
    profile.value("source_profile")?;
    Some(format!("{section} {}", Sources::of(profile).mistake()?))
}

fn of_profile(shell: &Shell, profile: &Profile<'_>) -> Vec<Link> {
    // Without a source the role is assumed with whatever the rest of the search finds.
    if profile.has("role_arn") && !profile.has(WEB_IDENTITY) {
        let needs_code = profile.has("mfa_serial").then(|| NO_CODE.to_owned());
        return vec![role(shell, profile).with_trouble(needs_code)];
    }
    [
        keys(shell, profile),
        web_identity(shell, profile),
        sso(shell, profile, SSO_KEYS),
        login(shell, profile),
        process(shell, profile),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const WEB_IDENTITY: &str = "web_identity_token_file";

const RULES: Rules =
    Rules { blank_counts: false, variable_before_file: false, variable_after_file: false };
