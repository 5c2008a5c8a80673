//! The one reader of long-term keys: for the call that signs with them, and for no longer.

use std::path::Path;

use stsd_protocol::gateway::{LongTermKeys, Settings, Severity};
use stsd_secret::Secret;

use super::kind::{Kind, kind};
use super::set::ProfileSet;
use crate::files;

/// An access key as it stands in the files.
pub(crate) struct KeyPair {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    /// The files are not what the daemon planned with.
    #[error("profile {0} has no longer the access key that stsd knows")]
    Changed(String),
    /// The files cannot be understood.
    #[error("{0}")]
    Configuration(String),
}

/// Reads the keys of a profile, if they are still the ones that the daemon means.
///
/// # Errors
/// If they are not, or the files cannot be understood.
pub(crate) fn long_term_keys(
    settings: &Settings,
    home: Option<&Path>,
    wanted: &LongTermKeys,
) -> Result<KeyPair, KeysError> {
    let [config, credentials] = files::places(settings, home).map_err(KeysError::Configuration)?;
    let (set, problems) = ProfileSet::read(&files::read(&config), &files::read(&credentials));
    if let Some(problem) = problems.iter().find(|problem| problem.severity == Severity::Error) {
        let line = problem.line.map(|line| format!(" (line {line})")).unwrap_or_default();
        return Err(KeysError::Configuration(format!(
            "{}: {}{line}",
            problem.file, problem.message
        )));
    }
    let changed = || KeysError::Changed(wanted.source_profile.clone());
    let profile = set.profile(&wanted.source_profile).ok_or_else(changed)?;
    let access_key_id = profile.value("aws_access_key_id").filter(|id| *id == wanted.identity);
    match (kind(profile, true), access_key_id, profile.value("aws_secret_access_key")) {
        (Kind::Keys, Some(access_key_id), Some(secret)) => {
            Ok(KeyPair { access_key_id, secret_access_key: Secret::new(secret) })
        }
        _ => Err(changed()),
    }
}
