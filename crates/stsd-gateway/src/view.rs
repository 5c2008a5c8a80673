//! The text of the view: the user's configuration without secrets, in which each profile that stsd
//! serves takes its credentials from stsd. See README.md, "How a profile reaches a tool".
//!
//! It is written from what was understood, never copied: comments may hold old keys, and so may lines
//! that no SDK reads.

use std::collections::HashMap;

use stsd_protocol::gateway::{PlannedProfile, ProfileSource};

use crate::profiles::{LONGEST_CHAIN, OtherSection, Profile, ProfileSet, Setting, is_identifier};
use crate::secrets::{Secrets, is_secret};

/// The whole text.
pub(crate) fn render(
    set: &ProfileSet,
    planned: &[PlannedProfile],
    program: &str,
    original: &str,
) -> String {
    let mut view = View { text: String::new(), command: command(program) };
    let original = original.replace(char::is_control, "?");
    view.text.push_str("# Written by stsd; changes made here are lost. The file to change is\n");
    view.line(&format!("# {original}"));
    if set.profile("default").is_none() {
        view.line("\n[default]");
        view.credentials("");
    }
    let planned: HashMap<&str, &PlannedProfile> =
        planned.iter().map(|profile| (profile.name.as_str(), profile)).collect();
    for profile in &set.profiles {
        if let Some(planned) = planned.get(profile.name.as_str()) {
            view.profile(profile, planned, is_served(set, planned, profile));
        }
    }
    for other in &set.others {
        view.other(other);
    }
    without(view.text, &Secrets::of(set))
}

struct View {
    text: String,
    command: String,
}

impl View {
    fn profile(&mut self, profile: &Profile, planned: &PlannedProfile, served: bool) {
        let name = &profile.name;
        match name.as_str() {
            "default" => self.line("\n[default]"),
            _ if name.contains(char::is_whitespace) => self.line(&format!("\n[profile '{name}']")),
            _ => self.line(&format!("\n[profile {name}]")),
        }
        for Setting { entry, .. } in &profile.settings {
            if is_secret(&entry.key) || served && starts_a_provider(&entry.key) {
                continue;
            }
            self.setting(&entry.key, &entry.value, entry.nested());
        }
        if served {
            match planned.path.as_str() {
                _ if name == "default" => self.credentials(""),
                // Without the dashes a form such as `--`, of a name without a single ASCII letter,
                // would be read as an option, and another identity served.
                path if path.starts_with('-') => self.credentials(&format!("-- {path}")),
                path => self.credentials(path),
            }
        }
    }

    fn other(&mut self, section: &OtherSection) {
        match &section.name {
            Some(name) if name.contains(char::is_whitespace) => {
                self.line(&format!("\n[{} '{name}']", section.kind))
            }
            Some(name) => self.line(&format!("\n[{} {name}]", section.kind)),
            None => self.line(&format!("\n[{}]", section.kind)),
        }
        for entry in section
            .entries
            .iter()
            .filter(|entry| is_identifier(&entry.key) && !is_secret(&entry.key))
        {
            self.setting(&entry.key, &entry.value, entry.nested());
        }
    }

    fn setting<'a>(
        &mut self,
        key: &str,
        value: &str,
        nested: impl Iterator<Item = (String, &'a str)>,
    ) {
        if is_one_line(value) {
            self.line(format!("{key} = {value}").trim_end());
        }
        let plain =
            |key: &str, value: &str| is_identifier(key) && !is_secret(key) && is_one_line(value);
        for (key, value) in nested.filter(|(key, value)| plain(key, value)) {
            self.line(&format!("    {key} = {value}"));
        }
    }

    fn credentials(&mut self, path: &str) {
        let line = format!("credential_process = {} credential-process {path}", self.command);
        self.line(line.trim_end());
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// The text without the lines that hold a secret after all: as a value of another key, or behind a
/// `#` that is no comment.
fn without(text: String, secrets: &Secrets) -> String {
    let mut clean = String::with_capacity(text.len());
    for section in text.split_inclusive("\n\n") {
        // Without its header a section's settings would be those of the one above it, and without its
        // command a profile would take its credentials elsewhere.
        let needed = |line: &str| line.starts_with('[') || line.starts_with("credential_process ");
        if section.lines().any(|line| needed(line) && secrets.are_in(line)) {
            continue;
        }
        clean.extend(section.split_inclusive('\n').filter(|line| !secrets.are_in(line)));
    }
    clean
}

/// Whether the profile's credentials come from stsd in the view. So it is with a mistaken profile,
/// and with one whose keys the view takes out: the tool would go on to the endpoint and silently
/// take another identity, where stsd says what is wrong. `default` means the shell's own profile, so
/// what builds on an unserved `default` cannot stay as it is either.
fn is_served(set: &ProfileSet, planned: &PlannedProfile, profile: &Profile) -> bool {
    let unsupported = matches!(planned.source, ProfileSource::Unsupported { .. });
    !unsupported
        || profile.name == "default"
        || lost_its_keys(profile)
        || builds_on_default(set, profile)
}

fn lost_its_keys(profile: &Profile) -> bool {
    let other_way = profile.settings.iter().any(|setting| starts_a_provider(&setting.entry.key));
    profile.has_keys() && !other_way
}

fn builds_on_default(set: &ProfileSet, profile: &Profile) -> bool {
    let sources = std::iter::successors(Some(profile), |current| {
        current.value("source_profile").and_then(|source| set.profile(&source))
    });
    // A longer chain is a mistake, and served as one.
    sources.take(LONGEST_CHAIN + 1).skip(1).any(|source| source.name == "default")
}

/// Whether every reader takes the value for one line. A bare CR ends one for Python's readers, and
/// what stands behind it would be a setting that nobody looked at here.
fn is_one_line(value: &str) -> bool {
    !value.contains(|sign: char| sign.is_control() && sign != '\t')
}

/// Whether a key would make an SDK look for credentials elsewhere than at stsd.
fn starts_a_provider(key: &str) -> bool {
    key.starts_with("sso_") || PROVIDER_KEYS.contains(&key)
}

/// botocore splits the command like a shell, the other SDKs give it to one: both know double quotes,
/// and single ones for what means something to a shell between double ones.
fn command(program: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%".contains(c);
    match program {
        _ if program.chars().all(plain) => program.to_owned(),
        _ if program.contains(['"', '$', '`', '\\']) => {
            format!("'{}'", program.replace('\'', r"'\''"))
        }
        _ => format!("\"{program}\""),
    }
}

const PROVIDER_KEYS: &[&str] = &[
    "credential_process",
    "credential_source",
    "duration_seconds",
    "external_id",
    "login_session",
    "mfa_process",
    "mfa_serial",
    "role_arn",
    "role_session_name",
    "source_profile",
    "web_identity_token_file",
];
