//! A shell and two files, written down in a few words.

use std::collections::BTreeMap;

use stsd_protocol::gateway::{InspectedFile, InspectedProfile, Problem, Severity};

use crate::chains::{Files, Served, Shell, Source, Stsd, TokenFile, Tool, walk};

/// What is set for one row.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    pub(super) shell: Shell,
    pub(super) files: Files,
}

/// A shell that `stsd env prod` connected, endpoint and view.
pub(super) fn connected() -> Stage {
    endpoint().config(VIEW)
}

/// A shell that knows the endpoint alone.
pub(super) fn endpoint() -> Stage {
    let shell = Shell {
        token_file: TokenFile::Read { newline: false, ours: Some(true) },
        stsd: Stsd {
            port: Some(7873),
            silent: None,
            default_profile: Some("default".to_owned()),
            profiles: ["default", "prod", "staging"].map(served).to_vec(),
        },
        ..Shell::default()
    };
    Stage { shell, files: Files::default() }
        .set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:7873/creds/prod")
        .set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/state/authorization-token")
        .set("AWS_EC2_METADATA_DISABLED", "true")
        .set("STSD_PROFILE", "prod")
}

fn served(name: &str) -> Served {
    Served { name: name.to_owned(), path: name.to_owned(), refusal: None }
}

impl Stage {
    pub(super) fn set(mut self, name: &str, value: &str) -> Self {
        self.shell.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(super) fn unset(mut self, name: &str) -> Self {
        self.shell.variables.remove(name);
        self
    }

    pub(super) fn asked(mut self, profile: &str) -> Self {
        self.shell.asked = Some(profile.to_owned());
        self
    }

    pub(super) fn config(mut self, text: &str) -> Self {
        self.files.config = file("/config", text);
        self
    }

    pub(super) fn credentials(mut self, text: &str) -> Self {
        self.files.credentials = file("/credentials", text);
        self
    }

    /// stsd refuses this profile.
    pub(super) fn refused(mut self, name: &str) -> Self {
        let profiles = self.shell.stsd.profiles.iter_mut();
        for profile in profiles.filter(|profile| profile.name == name) {
            profile.refusal = Some("no".to_owned());
        }
        self
    }

    /// What each tool takes, as `SOURCE` or `SOURCE:PROFILE` for stsd's own.
    fn taken(&self) -> [String; 6] {
        Tool::ALL.map(|tool| {
            let verdict = walk(tool, &self.shell, &self.files);
            let source = serde_json::to_value(verdict.source).unwrap();
            let source = source.as_str().unwrap().to_owned();
            match (verdict.source, verdict.profile) {
                (Source::StsdView | Source::StsdEndpoint, Some(name)) => format!("{source}:{name}"),
                _ => source,
            }
        })
    }
}

/// Each row: what it is, the stage, and what boto3, AWS CLI 2, JavaScript, Go, Java and Rust take;
/// one word stands for all six.
pub(super) fn check(rows: &[(&str, Stage, &str)]) {
    for (what, stage, expected) in rows {
        let taken = stage.taken();
        let expected: Vec<&str> = expected.split_whitespace().collect();
        let expected = if expected.len() == 1 { vec![expected[0]; 6] } else { expected };
        assert_eq!(taken.to_vec(), expected, "{what}");
    }
}

/// `[NAME]` and `key = value`; the gateway keeps secrets and other programs to itself. A line that is
/// neither is a mistake.
fn file(path: &str, text: &str) -> InspectedFile {
    let mut file =
        InspectedFile { file: path.to_owned(), exists: true, ..InspectedFile::default() };
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let name = name.strip_prefix("profile ").unwrap_or(name).to_owned();
            file.profiles.push(InspectedProfile { name, settings: BTreeMap::new() });
        } else if let (Some(profile), Some((key, value))) =
            (file.profiles.last_mut(), line.split_once(" = "))
        {
            let secret = key.contains("secret") || key.contains("token") && !key.contains("file");
            let other = key == "credential_process" && !value.contains("stsd");
            let value = (!secret && !other).then(|| value.to_owned());
            profile.settings.insert(key.to_owned(), value);
        } else {
            file.problems.push(mistake(path, index));
        }
    }
    file
}

fn mistake(path: &str, index: usize) -> Problem {
    Problem {
        file: path.to_owned(),
        line: u32::try_from(index + 1).ok(),
        profile: None,
        key: None,
        severity: Severity::Error,
        message: "there is no `=` in this line".to_owned(),
    }
}

pub(super) const KEYS: &str = "\
[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
";

const VIEW: &str = "\
[default]
credential_process = /bin/stsd credential-process
[profile prod]
credential_process = /bin/stsd credential-process prod
[profile staging]
credential_process = /bin/stsd credential-process staging
[profile plain]
region = eu-central-1
[profile corp]
sso_session = corp
sso_account_id = 444455556666
";
