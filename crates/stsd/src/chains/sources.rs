//! Where the source profiles of a role lead.

use super::files::Profile;
use super::profile_links::{KEY_ID, SECRET};

/// The end of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sources {
    /// A profile with credentials of its own, or a source that is no profile.
    Good,
    /// This profile is not there.
    Missing(String),
    /// This profile has nothing.
    Empty(String),
    /// The line comes back to this profile.
    Loop(String),
    /// Both kinds of source, or neither.
    Unclear(&'static str),
}

impl Sources {
    /// Follows the line from a profile with `role_arn` to the first source with keys.
    pub(super) fn of(profile: &Profile<'_>) -> Self {
        Self::follow(profile, true)
    }

    /// The same, past keys: in Java a source's own role goes before them.
    pub(super) fn past_keys(profile: &Profile<'_>) -> Self {
        Self::follow(profile, false)
    }

    fn follow(profile: &Profile<'_>, to_keys: bool) -> Self {
        let mut visited = vec![profile.name];
        let mut current = *profile;
        loop {
            let source = match source(&current) {
                Ok(Some(source)) => source,
                Ok(None) => return Self::Good,
                Err(mistake) => return Self::Unclear(mistake),
            };
            let Some(next) = current.sibling(source) else {
                return Self::Missing(source.to_owned());
            };
            let has_keys = next.has(KEY_ID) && next.has(SECRET);
            if has_keys && to_keys {
                return Self::Good;
            }
            if visited.contains(&source) {
                return Self::Loop(source.to_owned());
            }
            if !next.has("role_arn") || next.has("web_identity_token_file") {
                let good = has_keys || next.has_any(PROVIDERS);
                return if good { Self::Good } else { Self::Empty(source.to_owned()) };
            }
            visited.push(source);
            current = next;
        }
    }

    /// What is wrong, to follow the section's name; nothing if all is well.
    pub(super) fn mistake(&self) -> Option<String> {
        match self {
            Self::Good => None,
            Self::Missing(name) => {
                Some(format!("leads to source_profile {name}, which is not there"))
            }
            Self::Empty(name) => {
                Some(format!("leads to source_profile {name}, which has no credentials"))
            }
            Self::Loop(name) => Some(format!("leads back to source_profile {name} for ever")),
            Self::Unclear(what) => Some((*what).to_owned()),
        }
    }
}

/// The source profile; nothing where the source is no profile.
fn source<'a>(profile: &Profile<'a>) -> Result<Option<&'a str>, &'static str> {
    match (profile.value("source_profile"), profile.has("credential_source")) {
        (Some(_), true) => Err("has both source_profile and credential_source"),
        (None, false) => Err("has neither source_profile nor credential_source"),
        (source, _) => Ok(source),
    }
}

const PROVIDERS: &[&str] = &[
    "credential_process",
    "credential_source",
    "login_session",
    "sso_account_id",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];
