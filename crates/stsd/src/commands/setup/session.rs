//! The variables in the running session and in every one to come.

use super::variables::{environment_d, for_sessions, launchd_agent};
use crate::changes::{Content, Journal, Wish};
use crate::commands::service::{Installation, Platform};
use crate::failure::Failure;
use crate::show::warn;

/// Those of one user.
pub(super) struct Session {
    variables: Vec<(&'static str, String)>,
}

impl Session {
    pub(super) fn new(installation: &Installation<'_>, port: u16) -> Self {
        Self { variables: for_sessions(&installation.places, port) }
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.variables.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    /// The file from which each session reads them.
    pub(super) fn wish(&self, installation: &Installation<'_>) -> Wish {
        let (path, text) = match installation.platform {
            Platform::Systemd => (
                installation.configuration.join("environment.d/60-stsd.conf"),
                environment_d(&self.variables),
            ),
            Platform::Launchd => (installation.home.join(AGENT), launchd_agent(&self.variables)),
        };
        Wish { path, of_service: false, mode: 0o644, content: Content::Whole(text) }
    }

    /// For what the running session starts from now on. systemd has read the file with its units.
    pub(super) fn connect(&self, installation: &Installation<'_>) -> Result<(), Failure> {
        if installation.platform == Platform::Launchd {
            for (name, value) in &self.variables {
                order(installation, "launchctl", &["setenv", name, value]);
            }
        }
        Ok(())
    }
}

/// Takes them out of the running session. Their file is gone already.
pub(super) fn disconnect(installation: &Installation<'_>, journal: &Journal) {
    if journal.variables.is_empty() || installation.manager_answers().is_err() {
        return;
    }
    let names: Vec<&str> = journal.variables.iter().map(String::as_str).collect();
    match installation.platform {
        Platform::Systemd => {
            order(
                installation,
                "systemctl",
                &[&["--user", "unset-environment"], &names[..]].concat(),
            );
        }
        Platform::Launchd => {
            for name in names {
                order(installation, "launchctl", &["unsetenv", name]);
            }
        }
    }
}

/// What fails here is put right by the next login.
fn order(installation: &Installation<'_>, program: &str, words: &[&str]) {
    let ran = installation.system.run(program, words);
    if !ran.is_ok_and(|ran| ran.success) {
        warn(&format!("{program} {} did not work; the next login puts it right", words[0]));
    }
}

const AGENT: &str = "Library/LaunchAgents/stsd.environment.plist";
