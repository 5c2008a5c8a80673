//! The chain of the AWS SDK for JavaScript 3 (`credential-provider-node`). A provider that finds
//! nothing, and also one whose program or role configuration fails, lets the next one have a go.

use super::container::{self, Rules};
use super::files::{Files, Profile};
use super::link::Link;
use super::profile_links::{
    KEY_ID, NO_CODE, SECRET, SSO_KEYS, assumed_role, environment, instance_metadata, keys, login,
    process, sso, web_identity, web_identity_of_variables,
};
use super::shell::Shell;
use super::sources::Sources;
use super::{Source, Tool};

pub(super) fn links(shell: &Shell, files: &Files) -> Vec<Link> {
    let named = Tool::JavaScript.named(shell);
    let profile = files.plain_profile(named.unwrap_or("default"));
    let mut links = Vec::new();
    let both = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    if named.is_none() && both.iter().all(|name| shell.filled(name).is_some()) {
        links.push(environment(both[0]));
    }
    if let Some(profile) = profile {
        links.extend(of_profile(shell, &profile));
        // A provider of its own behind the profile's: for a role that could not be made sense of.
        let last = links.last().is_none_or(|link| link.source == Source::Error);
        links.extend(process(shell, &profile).filter(|_| last).map(Link::passing));
    }
    let web = ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"];
    if web.iter().all(|name| shell.filled(name).is_some()) {
        links.push(web_identity_of_variables(shell));
    }
    match container::link(shell, &RULES) {
        Some(link) if container::is_asked(shell) => links.push(link),
        // A URI that it refuses ends the search, and nobody is asked.
        Some(link) => links.push(Link { source: Source::None, ..link }),
        None => {
            let disabled = shell.filled("AWS_EC2_METADATA_DISABLED").is_some_and(|v| v != "false");
            links.extend(instance_metadata(disabled));
        }
    }
    links
}

/// `resolveProfileData`: the first kind that the profile is of.
fn of_profile(shell: &Shell, profile: &Profile<'_>) -> Option<Link> {
    let sources =
        [profile.has("source_profile"), profile.has("credential_source")].map(usize::from);
    if profile.has("role_arn") && sources.iter().sum::<usize>() == 1 {
        return Some(assumed(shell, profile));
    }
    if profile.has(KEY_ID) && profile.has(SECRET) {
        return keys(shell, profile);
    }
    web_identity(shell, profile)
        .filter(|_| profile.has("role_arn"))
        .or_else(|| process(shell, profile).map(Link::passing))
        .or_else(|| sso(shell, profile, SSO_KEYS))
        .or_else(|| login(shell, profile))
}

fn assumed(shell: &Shell, profile: &Profile<'_>) -> Link {
    let link = assumed_role(shell, profile, &Sources::of(profile));
    if link.source == Source::Error {
        return link.passing();
    }
    let needs_code = profile.has("mfa_serial").then(|| NO_CODE.to_owned());
    link.with_trouble(needs_code)
}

const RULES: Rules =
    Rules { blank_counts: false, variable_before_file: false, variable_after_file: true };
