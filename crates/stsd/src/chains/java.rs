//! The chain of the AWS SDK for Java 2 (`DefaultCredentialsProvider`). Whatever fails, the next
//! provider has a go, so that a mistake in a profile shows as another identity.

use super::Tool;
use super::container::{self, Rules};
use super::files::{Files, Profile};
use super::link::Link;
use super::profile_links::{
    KEY_ID, SSO_KEYS, assumed_role, environment, instance_metadata, keys, login,
    metadata_is_disabled, process, sso, web_identity, web_identity_of_variables,
};
use super::shell::Shell;
use super::sources::Sources;

pub(super) fn links(shell: &Shell, files: &Files) -> Vec<Link> {
    // Read when a client is built, whoever gives the credentials then.
    if let Some(place) = files.broken() {
        return vec![Link::fails(format!("{} cannot be understood", shell.shown(&place)))];
    }
    let filled = |name: &&str| shell.variable(name).is_some_and(|v| !v.trim().is_empty());
    let mut links = Vec::new();
    if ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].iter().all(&filled) {
        links.push(environment("AWS_ACCESS_KEY_ID"));
    }
    if ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"].iter().all(&filled) {
        links.push(web_identity_of_variables(shell));
    }
    let profile = files.plain_profile(Tool::Java.profile(shell)).filter(|_| !unreadable(files));
    links.extend(profile.and_then(|profile| of_profile(shell, &profile)));
    links.extend(container::link(shell, &RULES));
    links.extend(instance_metadata(metadata_is_disabled(shell)));
    links.into_iter().map(Link::passing).collect()
}

/// A file that cannot be read takes the other one with it.
fn unreadable(files: &Files) -> bool {
    [&files.config, &files.credentials].iter().any(|file| file.unreadable.is_some())
}

/// `ProfileCredentialsUtils`: the first kind that the profile is of.
fn of_profile(shell: &Shell, profile: &Profile<'_>) -> Option<Link> {
    let has_role = profile.has("role_arn");
    if let Some(link) = web_identity(shell, profile).filter(|_| has_role) {
        return Some(link);
    }
    if let Some(link) = sso(shell, profile, SSO_KEYS) {
        return Some(link);
    }
    if has_role && profile.has_any(&["source_profile", "credential_source"]) {
        return Some(assumed_role(shell, profile, &Sources::past_keys(profile)));
    }
    login(shell, profile)
        .or_else(|| process(shell, profile))
        .or_else(|| keys(shell, profile).filter(|_| profile.has(KEY_ID)))
}

const RULES: Rules =
    Rules { blank_counts: true, variable_before_file: true, variable_after_file: false };
