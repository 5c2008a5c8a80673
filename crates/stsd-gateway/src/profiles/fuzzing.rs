//! The user's two files, parted by NUL. What is read in them is held against the SDK's own reading, and
//! the view is read by both again: it has the same profiles, and no secret.

use std::path::Path;

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};
use stsd_protocol::gateway::{Plan, PlannedProfile, Settings};

use super::plan;
use super::read;
use super::scan::{FileKind, is_identifier};
use super::set::ProfileSet;
use crate::files::AwsFile;
use crate::secrets::Secrets;

/// Reads the bytes as a config file and a credentials file.
pub fn profiles(bytes: &[u8]) {
    let (config, credentials) = match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &b""[..]),
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let (Some(config), Some(credentials)) = (text(config), text(credentials)) else { return };
    let settings = Settings {
        allow_programs: vec!["default".to_owned(), "a".to_owned()],
        ..Settings::default()
    };
    let files = [file("config", &config), file("credentials", &credentials)];
    let home = Some(Path::new("/home/alice"));
    let read = || read::of(&settings, &files[0], &files[1]);
    let (first, planned) = (read(), plan::of(read(), &settings, home, "/usr/bin/stsd"));
    if first.mistake().is_some() {
        assert!(planned.profiles.is_empty() && planned.identities.is_empty());
        return;
    }
    as_the_sdk(&first.set, &config, &credentials);
    discreet(&first.set, &planned);
    view(&planned, &first.set, &Secrets::of(&first.set));
}

/// Where both understand the files, a profile that both know has the same settings.
fn as_the_sdk(ours: &ProfileSet, config: &str, credentials: &str) {
    // Where the two differ on purpose, `scan` says why: comments that are indented, and quoted names.
    let deliberate = |line: &str| {
        line.starts_with([' ', '\t']) && line.trim().starts_with(['#', ';'])
            || line.starts_with('[')
    };
    let plain = |line: &str| !deliberate(line) || PLAIN_HEADERS.contains(&line.trim_end());
    if !config.lines().chain(credentials.lines()).all(plain) {
        return;
    }
    let Some(theirs) = sections(config, credentials) else {
        panic!("the SDK refuses what stsd serves by");
    };
    for profile in ours.profiles.iter().filter(|profile| is_identifier(&profile.name)) {
        let sdk = theirs.get_profile(&profile.name);
        let sdk = sdk.unwrap_or_else(|| panic!("{} is too many", profile.name));
        for setting in &profile.settings {
            let value = setting.entry.text();
            assert_eq!(sdk.get(&setting.entry.key), Some(value.as_str()), "{}", setting.entry.key);
        }
    }
    for name in theirs.profiles() {
        assert!(ours.profile(name).is_some(), "{name} is missing");
    }
}

/// No secret of the files leaves the gateway: none of the view's lines has one, and the rest of the plan
/// none that the user did not repeat elsewhere.
fn discreet(set: &ProfileSet, plan: &Plan) {
    assert!(!Secrets::of(set).are_in(&plan.view), "a secret in the view: {}", plan.view);
    let rest = serde_json::to_string(&(&plan.profiles, &plan.problems)).expect("a plan is JSON");
    let settings = || set.profiles.iter().flat_map(|profile| &profile.settings);
    for secret in settings().filter(|s| s.entry.key == "aws_secret_access_key") {
        let secret = secret.entry.text();
        let again = |text: &str| text.contains(&secret);
        let others = settings().filter(|s| again(&s.entry.text()) || again(&s.entry.key)).count();
        let name = set.profiles.iter().any(|profile| again(&profile.name));
        let services = set.others.iter().flat_map(|other| &other.entries).any(|e| again(&e.text()));
        if secret.len() >= 16 && others == 1 && !name && !services {
            assert!(!rest.contains(&secret), "a secret in the plan: {rest}");
        }
    }
}

/// A tool that reads the view sees every profile, and nothing that would make it look elsewhere for the
/// credentials of one that stsd serves.
fn view(plan: &Plan, original: &ProfileSet, secrets: &Secrets) {
    let (view, problems) = ProfileSet::of_file(FileKind::Config, &file("view", &plan.view));
    let refused = |problem: &stsd_protocol::gateway::Problem| problem.profile.is_none();
    assert!(!problems.iter().any(refused), "{problems:?} in the view: {}", plan.view);
    assert!(sections(&plan.view, "").is_some(), "the SDK refuses the view: {}", plan.view);
    for planned in &plan.profiles {
        assert!(original.profile(&planned.name).is_some());
        let Some(profile) = view.profile(&planned.name) else {
            // One whose very name is somebody's password is left out.
            let name = &planned.name;
            let written =
                format!("[{name}] [profile {name}] [profile '{name}'] {}", command(planned));
            if secrets.are_in(&written) {
                continue;
            }
            panic!("{} is not in the view: {}", planned.name, plan.view);
        };
        assert!(!profile.has_any(&["aws_secret_access_key", "aws_session_token"]));
        let process = profile.value("credential_process").unwrap_or_default();
        // One that is not served keeps what it has, which may look like ours.
        let own = original.profile(&planned.name).and_then(|own| own.value("credential_process"));
        let looks_alike = own.is_some_and(|own| own.starts_with("/usr/bin/stsd "));
        if process.starts_with("/usr/bin/stsd ") && !looks_alike {
            let others = ["role_arn", "source_profile", "sso_session", "web_identity_token_file"];
            assert!(!profile.has_any(&others), "{}", plan.view);
        }
    }
}

fn command(planned: &PlannedProfile) -> String {
    format!("credential_process = /usr/bin/stsd credential-process {}", planned.path)
}

fn sections(config: &str, credentials: &str) -> Option<EnvConfigSections> {
    let files = EnvConfigFiles::builder()
        .with_contents(EnvConfigFileKind::Config, config)
        .with_contents(EnvConfigFileKind::Credentials, credentials)
        .build();
    let (env, fs) = (Env::from_slice(&[]), Fs::from_slice(&[]));
    let loading = std::pin::pin!(source::load(&env, &fs, &files));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(source) = loading.poll(&mut context) else {
        panic!("contents need no file");
    };
    EnvConfigSections::parse(source.expect("contents need no file")).ok()
}

fn file(name: &str, text: &str) -> AwsFile {
    let (path, text) = (name.to_owned(), Ok(text.to_owned()));
    AwsFile { path, exists: true, text, readable_by_others: false }
}

/// Each name in one spelling only: of two spellings the SDK takes either, by the order of a hash map.
const PLAIN_HEADERS: &[&str] =
    &["[default]", "[profile a]", "[profile b]", "[a]", "[b]", "[services s]"];
