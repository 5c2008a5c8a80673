//! The chain of the AWS SDK for Rust (`aws_config::default_provider::credentials`). What is not
//! configured passes; what is configured and wrong ends the search.

use super::container::{self, Rules};
use super::files::{Files, Profile};
use super::link::Link;
use super::profile_links::{
    SSO_KEYS, assumed_role, environment, instance_metadata, keys, login, metadata_is_disabled,
    process, sso, web_identity, web_identity_of_variables,
};
use super::shell::Shell;
use super::sources::Sources;
use super::{Source, TokenFile, Tool};

pub(super) fn links(shell: &Shell, files: &Files) -> Vec<Link> {
    let mut links: Vec<Link> = of_variables(shell).into_iter().collect();
    match files.broken() {
        Some(place) => {
            links.push(Link::fails(format!("{} cannot be understood", shell.shown(&place))));
        }
        None => {
            let profile = files.plain_profile(Tool::Rust.profile(shell));
            links.extend(profile.and_then(|profile| of_profile(shell, &profile)));
        }
    }
    let web = ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"];
    if web.iter().all(|name| shell.variable(name).is_some()) {
        links.push(web_identity_of_variables(shell));
    }
    // The token's file is read before it is known whether there is anything to send it to.
    let unreadable = match &shell.token_file {
        TokenFile::Unreadable(why) => {
            let why = format!("{} cannot be read: {why}", container::TOKEN_FILE);
            Some(Link::new(Source::Container, None, why.clone()).with_trouble(Some(why)))
        }
        _ => None,
    };
    match container::link(shell, &RULES).or(unreadable) {
        Some(link) => links.push(link),
        None => links.extend(instance_metadata(metadata_is_disabled(shell))),
    }
    links
}

fn of_variables(shell: &Shell) -> Option<Link> {
    let filled = |name: &&str| shell.variable(name).is_some_and(|v| !v.trim().is_empty());
    let has_secret = ["AWS_SECRET_ACCESS_KEY", "SECRET_ACCESS_KEY"].iter().any(&filled);
    (filled(&"AWS_ACCESS_KEY_ID") && has_secret).then(|| environment("AWS_ACCESS_KEY_ID"))
}

fn of_profile(shell: &Shell, profile: &Profile<'_>) -> Option<Link> {
    if profile.has("role_arn") && !profile.has("web_identity_token_file") {
        return assumed(shell, profile);
    }
    web_identity(shell, profile)
        .map(|link| match profile.has("role_arn") {
            true => link,
            false => Link::fails("a web identity is configured without a role"),
        })
        .or_else(|| sso(shell, profile, SSO_KEYS))
        .or_else(|| login(shell, profile))
        .or_else(|| process(shell, profile))
        .or_else(|| keys(shell, profile))
}

/// A source profile that is not there counts as nothing configured, and the search goes on.
fn assumed(shell: &Shell, profile: &Profile<'_>) -> Option<Link> {
    match Sources::of(profile) {
        Sources::Missing(_) => None,
        sources => Some(assumed_role(shell, profile, &sources)),
    }
}

const RULES: Rules =
    Rules { blank_counts: true, variable_before_file: false, variable_after_file: false };
