//! The answer to `inspect`: what stands in a pair of files, for a person who asks why a tool takes the
//! credentials that it takes. Whatever might be a secret is only said to be there.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use stsd_protocol::gateway::{InspectRequest, InspectedFile, InspectedProfile, Inspection};

use super::kind::calls_stsd;
use super::scan::{FileKind, scan};
use super::set::{Profile, ProfileSet};
use crate::files;
use crate::secrets::Secrets;

/// Reads both files, neither of which need be there or be of any use to stsd.
///
/// # Errors
/// A sentence, if it is not known where the files are.
pub(crate) fn inspect(request: &InspectRequest, home: Option<&Path>) -> Result<Inspection, String> {
    let [config, credentials] = files::pair(&request.config_file, &request.credentials_file, home)?;
    let files = vec![file(FileKind::Config, &config), file(FileKind::Credentials, &credentials)];
    Ok(Inspection { files })
}

fn file(kind: FileKind, path: &str) -> InspectedFile {
    let file = files::read(path);
    let (set, mut problems) = ProfileSet::of_file(kind, &file);
    if file.text.is_err() {
        // It stands in `unreadable`.
        problems.clear();
    }
    let secrets = Secrets::of(&set);
    let repeated = file.text.as_deref().ok().and_then(|text| repeated(text, kind));
    InspectedFile {
        file: file.path,
        exists: file.exists,
        unreadable: file.text.err(),
        profiles: set.profiles.iter().map(|profile| inspected(profile, &secrets)).collect(),
        problems,
        repeated,
    }
}

/// Python's `configparser` takes neither a section nor a key of one twice.
fn repeated(text: &str, kind: FileKind) -> Option<u32> {
    let sections = scan(text, kind).sections;
    let mut headers = HashSet::new();
    let again = sections.iter().filter_map(|section| {
        let is_known = !headers.insert(&section.header);
        let mut keys = HashSet::new();
        let mut key = || section.entries.iter().find(|entry| !keys.insert(&entry.key));
        is_known.then_some(section.line).or_else(|| Some(key()?.line))
    });
    again.min()
}

fn inspected(profile: &Profile, secrets: &Secrets) -> InspectedProfile {
    let settings = profile.settings.iter().map(|setting| &setting.entry);
    let with_value = settings.map(|entry| (entry.key.clone(), entry.text()));
    let settings: BTreeMap<_, _> = with_value
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| {
            let shown = may_be_shown(&key, &value) && !secrets.are_in(&value);
            (key, shown.then_some(value))
        })
        .collect();
    InspectedProfile { name: profile.name.clone(), settings }
}

/// Whether a value is known to be none that must be hidden: everything else might be.
fn may_be_shown(key: &str, value: &str) -> bool {
    !value.contains(char::is_control)
        && match key {
            // A secret access key in the wrong line has 40 signs; ids have 20, emulators' fewer.
            "aws_access_key_id" => value.len() <= 32,
            "endpoint_url" => !value.contains(['@', '?']),
            "credential_process" => only_calls_stsd(value),
            _ => NO_SECRETS.contains(&key),
        }
}

/// Whether the command is stsd and plain words behind it. One that calls it among other things may
/// have a password in it.
fn only_calls_stsd(command: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || " \t/._-+@%'\"".contains(c);
    let end = command.find(" credential-process").unwrap_or(command.len());
    let program = command[..end].trim();
    let quoted = |quote| program.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let path = match quoted('"').or_else(|| quoted('\'')) {
        Some(path) => path,
        None if program.contains(char::is_whitespace) => return false,
        None => program,
    };
    command.chars().all(plain) && calls_stsd(path) && (path == "stsd" || path.starts_with('/'))
}

const NO_SECRETS: &[&str] = &[
    "ca_bundle",
    "credential_source",
    "duration_seconds",
    "login_session",
    "mfa_serial",
    "output",
    "region",
    "role_arn",
    "role_session_name",
    "services",
    "source_profile",
    "sso_account_id",
    "sso_region",
    "sso_registration_scopes",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "sts_regional_endpoints",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
    "web_identity_token_file",
];
