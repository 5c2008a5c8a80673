//! The user's files as stsd goes by them: both together, and what stsd's own configuration adds.

use std::path::Path;

use stsd_protocol::gateway::{Problem, Settings, Severity};

use super::own;
use super::set::ProfileSet;
use super::target;
use crate::files::{self, AwsFile};

/// What is known after reading.
pub(super) struct Read {
    /// Empty, if one of the files cannot be understood.
    pub(super) set: ProfileSet,
    pub(super) problems: Vec<Problem>,
    /// Where the config file is.
    pub(super) config: String,
}

/// Reads both files.
///
/// # Errors
/// A sentence, if it is not known where they are.
pub(super) fn read(settings: &Settings, home: Option<&Path>) -> Result<Read, String> {
    let [config, credentials] = files::places(settings, home)?;
    Ok(of(settings, &files::read(&config), &files::read(&credentials)))
}

/// Takes both files as they were read.
pub(super) fn of(settings: &Settings, config: &AwsFile, credentials: &AwsFile) -> Read {
    let (mut set, mut problems) = ProfileSet::read(config, credentials);
    if !problems.iter().any(is_error) {
        problems.extend(own::add_to(&mut set, settings));
    }
    Read { set, problems, config: config.path.clone() }
}

/// Every `ca_bundle` of the user's files, as far as they can be understood.
pub(crate) fn ca_bundles(
    settings: &Settings,
    home: Option<&Path>,
) -> impl Iterator<Item = String> + use<> {
    let profiles = read(settings, home).map(|read| read.set.profiles).unwrap_or_default();
    let bundles = profiles.iter().filter_map(|profile| target::ca_bundle(profile, home));
    bundles.collect::<Vec<_>>().into_iter()
}

impl Read {
    /// What keeps both files from being understood.
    pub(super) fn mistake(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| is_error(problem))
    }
}

fn is_error(problem: &Problem) -> bool {
    problem.severity == Severity::Error
}
