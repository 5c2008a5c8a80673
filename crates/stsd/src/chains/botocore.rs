//! botocore's chain (`create_credential_resolver` in its `credentials.py`): boto3 and both AWS CLIs.
//! The first provider that finds its configuration settles it, and an error in one ends the search.

use super::Tool;
use super::container::{self, Rules};
use super::files::{Files, Place, Profile};
use super::link::Link;
use super::profile_links::{
    KEY_ID, assumed_role, environment, instance_metadata, keys_in, login, metadata_is_disabled,
    process, sso, web_identity, web_identity_of_variables,
};
use super::shell::Shell;
use super::sources::Sources;

/// For boto3 or for AWS CLI 2, which differ in the variable that names the profile.
pub(super) fn links(shell: &Shell, files: &Files, tool: Tool) -> Vec<Link> {
    if let Some(place) = files.broken() {
        return vec![Link::fails(format!("{} cannot be understood", shell.shown(&place)))];
    }
    if let Some(place) = files.repeated() {
        return vec![Link::fails(format!("{} says something again", shell.shown(&place)))];
    }
    // A blank variable names the profile of no name, which nobody has.
    let named = tool.named(shell);
    let profile = files.profile(named.unwrap_or("default"));
    if let (Some(name), None) = (named, profile) {
        return vec![Link::fails(format!("the config profile ({name}) could not be found"))];
    }
    let mut links = Vec::new();
    if shell.asked.is_none() {
        links.extend(of_variables(shell));
    }
    links.extend(profile.iter().filter_map(|profile| assumed(shell, profile)));
    links.extend(of_web_identity(shell, profile));
    links.extend(profile.iter().flat_map(|profile| of_profile(shell, profile)));
    match container::link(shell, &RULES) {
        Some(link) => links.push(link),
        None => links.extend(instance_metadata(metadata_is_disabled(shell))),
    }
    links
}

fn of_variables(shell: &Shell) -> Option<Link> {
    shell.filled("AWS_ACCESS_KEY_ID")?;
    Some(match shell.filled("AWS_SECRET_ACCESS_KEY") {
        Some(_) => environment("AWS_ACCESS_KEY_ID"),
        None => Link::fails("AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY"),
    })
}

/// `AssumeRoleProvider`, which stands before everything else that a profile can have.
fn assumed(shell: &Shell, profile: &Profile<'_>) -> Option<Link> {
    if !profile.has("role_arn") || profile.has("web_identity_token_file") {
        return None;
    }
    Some(assumed_role(shell, profile, &Sources::of(profile)))
}

/// Each half may come from the variables or from the profile.
fn of_web_identity(shell: &Shell, profile: Option<Profile<'_>>) -> Option<Link> {
    let variable = |name| shell.filled(name).filter(|_| shell.asked.is_none()).is_some();
    let by_variable = variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    let in_profile = profile.and_then(|profile| web_identity(shell, &profile));
    let role_is_known =
        variable("AWS_ROLE_ARN") || profile.is_some_and(|profile| profile.has("role_arn"));
    match (by_variable, in_profile) {
        (false, None) => None,
        _ if !role_is_known => Some(Link::fails("a web identity is configured without a role")),
        (true, _) => Some(web_identity_of_variables(shell)),
        (false, link) => link,
    }
}

fn of_profile(shell: &Shell, profile: &Profile<'_>) -> Vec<Link> {
    let keys = |place| profile.has_in(KEY_ID, place).then(|| keys_in(shell, profile, place));
    [
        sso(shell, profile, &["sso_role_name", "sso_account_id"]),
        keys(Place::Credentials),
        login(shell, profile),
        process(shell, profile),
        keys(Place::Config),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const RULES: Rules =
    Rules { blank_counts: true, variable_before_file: false, variable_after_file: false };
