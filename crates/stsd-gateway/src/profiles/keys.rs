//! The one reader of long-term keys, and of the commands that say keys or codes: for the call that
//! needs them, and for no longer.

use std::path::Path;

use stsd_protocol::gateway::{LongTermKeys, Settings};
use stsd_secret::Secret;

use super::chain::program_identity;
use super::kind::{Kind, kind};
use super::plan::Planner;
use super::read::{Read, read};
use super::set::Profile;

/// An access key as it stands in the files.
#[derive(Clone)]
pub(crate) struct KeyPair {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret,
}

/// Where the keys of an identity come from.
pub(crate) enum KeySource {
    /// They stand in the files.
    Files(KeyPair),
    /// A program says them.
    Program(Program),
}

/// A command that stsd may run. Has no `Debug`: people put passwords into commands.
pub(crate) struct Program {
    /// The profile that has it.
    pub(crate) profile: String,
    /// `credential_process` or `mfa_process`.
    pub(crate) key: &'static str,
    pub(crate) command: String,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    /// The files are not what the daemon planned with.
    #[error("profile {0} has no longer the access key that stsd knows")]
    Changed(String),
    /// As above.
    #[error("profile {0} has no longer the mfa_process that stsd knows")]
    NoCode(String),
    /// A file is there and cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// The files cannot be understood.
    #[error("{0}")]
    Configuration(String),
}

/// Reads the keys of a profile, or how to have them, if they are still the ones that the daemon means.
///
/// # Errors
/// If they are not, or the files cannot be understood.
pub(crate) fn key_source(
    settings: &Settings,
    home: Option<&Path>,
    wanted: &LongTermKeys,
) -> Result<KeySource, KeysError> {
    let set = understood(settings, home)?.set;
    let changed = || KeysError::Changed(wanted.source_profile.clone());
    let profile = set.profile(&wanted.source_profile).ok_or_else(changed)?;
    if wanted.identity == program_identity(&profile.name) {
        let program = program(profile, "credential_process");
        let still = matches!(kind(profile, false), Kind::Program);
        return program.filter(|_| still).map(KeySource::Program).ok_or_else(changed);
    }
    let access_key_id = profile.value("aws_access_key_id").filter(|id| *id == wanted.identity);
    match (kind(profile, true), access_key_id, profile.value("aws_secret_access_key")) {
        (Kind::Keys, Some(access_key_id), Some(secret)) => {
            let secret_access_key = Secret::new(secret);
            Ok(KeySource::Files(KeyPair { access_key_id, secret_access_key }))
        }
        _ => Err(changed()),
    }
}

/// The program that says the codes of an identity's device, if both are still what the daemon means.
///
/// # Errors
/// If they are not, or the files cannot be understood.
pub(crate) fn code_source(
    settings: &Settings,
    home: Option<&Path>,
    wanted: &LongTermKeys,
    serial_number: &str,
) -> Result<Program, KeysError> {
    let Read { set, problems, .. } = understood(settings, home)?;
    let planner = Planner::new(&set, home, settings, problems);
    let identity = planner.identity(&wanted.identity);
    identity
        .filter(|identity| identity.mfa_serial().as_deref() == Some(serial_number))
        .and_then(|identity| program(identity.mfa_process()?, "mfa_process"))
        .ok_or_else(|| KeysError::NoCode(wanted.source_profile.clone()))
}

/// The program of a profile, by the name of its key, as the user's files name it now and if stsd's own
/// configuration allows it.
pub(crate) fn allowed_program(
    settings: &Settings,
    home: Option<&Path>,
    profile: &str,
    key: &str,
) -> Option<Program> {
    let key = ["credential_process", "mfa_process"].into_iter().find(|known| *known == key)?;
    program(understood(settings, home).ok()?.set.profile(profile)?, key)
}

fn understood(settings: &Settings, home: Option<&Path>) -> Result<Read, KeysError> {
    let read = read(settings, home).map_err(KeysError::Configuration)?;
    let Some(problem) = read.mistake() else { return Ok(read) };
    let said = format!("{}: {}", problem.file, problem.message);
    Err(match problem.line {
        Some(line) => KeysError::Configuration(format!("{said} (line {line})")),
        // Of the file as a whole.
        None => KeysError::Unreadable(said),
    })
}

fn program(profile: &Profile, key: &'static str) -> Option<Program> {
    let command = profile.program(key)?;
    Some(Program { profile: profile.name.clone(), key, command })
}
