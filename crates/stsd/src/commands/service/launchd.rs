//! What is asked of `launchctl`, and what it says; the agent's file with this installation's path.

use std::path::{Path, PathBuf};

use nix::unistd::Uid;
use stsd_protocol::{Refusal, RefusalCode};

use super::facts::Facts;
use crate::failure::Failure;
use crate::show::printable;
use crate::system::System;

/// The user's launchd, in the domain of the graphical session.
pub(crate) struct Launchd<'a> {
    pub(super) system: &'a dyn System,
    pub(super) home: &'a Path,
}

impl Launchd<'_> {
    /// As the plist has it.
    pub(super) const LABEL: &'static str = "stsd.daemon";

    pub(super) fn is_there(&self) -> Result<(), String> {
        match self.system.run("launchctl", &["print", &domain()]) {
            Ok(ran) if ran.success => Ok(()),
            Ok(ran) => Err(first_line(&ran.stderr)),
            Err(error) => Err(format!("launchctl: {error}")),
        }
    }

    /// The agent's file.
    pub(super) fn file(&self, program: &str, port: u16) -> (PathBuf, String) {
        (self.path(), plist(program, &self.home.to_string_lossy(), port))
    }

    pub(super) fn facts(&self) -> Facts {
        let path = self.path();
        let is_there = path.is_file();
        let ran = self.system.run("launchctl", &["print", &service()]).ok();
        let text = ran.filter(|ran| ran.success).map(|ran| ran.stdout).unwrap_or_default();
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(key))?;
            line.trim().strip_prefix('=').map(|value| value.trim().to_owned())
        };
        let state = match value("state").as_deref() {
            Some("running") => "active".to_owned(),
            Some(other) => other.to_owned(),
            None => "not loaded".to_owned(),
        };
        Facts {
            unit: is_there.then(|| path.to_string_lossy().into_owned()),
            is_enabled: is_there,
            state,
            pid: value("pid").and_then(|pid| pid.parse().ok()),
            program: value("program"),
            last_exit: value("last exit code").and_then(|code| code.parse().ok()),
            ..Facts::default()
        }
    }

    /// Loads the agent, anew if it is loaded.
    pub(super) fn load(&self) -> Result<(), Failure> {
        // It fails where nothing is loaded, and that is well.
        let _ = self.system.run("launchctl", &["bootout", &service()]);
        self.order(&["bootstrap", &domain(), &self.path().to_string_lossy()])
    }

    pub(super) fn unload(&self) -> Result<(), Failure> {
        match self.facts().state.as_str() {
            "not loaded" => Ok(()),
            _ => self.order(&["bootout", &service()]),
        }
    }

    pub(super) fn change(&self, verb: &str) -> Result<(), Failure> {
        match verb {
            "stop" => self.unload(),
            "start" if self.facts().state == "not loaded" => self.load(),
            "start" => self.order(&["kickstart", &service()]),
            _ => self.order(&["kickstart", "-k", &service()]),
        }
    }

    fn order(&self, words: &[&str]) -> Result<(), Failure> {
        let reason = match self.system.run("launchctl", words) {
            Ok(ran) if ran.success => return Ok(()),
            Ok(ran) => first_line(&ran.stderr),
            Err(error) => error.to_string(),
        };
        let message = format!("launchctl {}: {reason}", words[0]);
        Err(Refusal::new(RefusalCode::Internal, message)
            .with_hint("`stsd service logs` says why; when it is put right, run this again")
            .into())
    }

    fn path(&self) -> PathBuf {
        self.home.join("Library/LaunchAgents/stsd.daemon.plist")
    }
}

fn domain() -> String {
    format!("gui/{}", Uid::effective())
}

fn service() -> String {
    format!("{}/{}", domain(), Launchd::LABEL)
}

fn first_line(text: &str) -> String {
    printable(text.lines().next().unwrap_or("no reason given"))
}

/// The agent of `launchd/`, with the program's path in its shell's line, and with its sockets where
/// this user's are.
fn plist(program: &str, home: &str, port: u16) -> String {
    const TEXT: &str = include_str!("../../../../../launchd/stsd.daemon.plist");
    let xml = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    TEXT.replace("<string>HOME_DIRECTORY/", &format!("<string>{}/", xml(home)))
        .replace("<string>7873<", &format!("<string>{port}<"))
        .replace("\"$HOME/.cargo/bin/stsd-daemon\"", &xml(&crate::quote::sh(program)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Launchd, plist, service};
    use crate::system::tests::FakeSystem;

    #[test]
    fn the_agent_starts_the_program_that_it_is_told_and_holds_this_users_sockets() {
        let text = plist("/Users/a & b/it's/stsd-daemon", "/Users/a & b", 7883);
        let socket = "/Users/a &amp; b/Library/Application Support/stsd/s/stsd.sock</string>";
        assert!(text.contains(&format!("<string>{socket}")), "{text}");
        assert!(text.contains("<string>7883</string>") && !text.contains("<string>HOME"), "{text}");
        assert!(text.contains(r"exec '/Users/a &amp; b/it'\''s/stsd-daemon' 2&gt;&gt;"), "{text}");
        assert!(!text.contains(".cargo/bin/stsd-daemon\""));
    }

    #[test]
    fn the_facts_are_read_from_what_launchctl_prints() {
        let printed =
            "gui/501/stsd.daemon = {\n\tstate = running\n\n\tprogram = /bin/sh\n\tpid = 77\n}\n";
        let system = FakeSystem::new(&[("launchctl print", printed)]);
        let launchd = Launchd { system: &system, home: Path::new("/nonexistent") };
        let facts = launchd.facts();
        assert_eq!((facts.state.as_str(), facts.pid, facts.unit), ("active", Some(77), None));
    }

    #[test]
    fn it_is_loaded_anew_and_unloaded_only_if_it_is_loaded() {
        let system = FakeSystem::new(&[]).failing("launchctl print", "not found");
        let launchd = Launchd { system: &system, home: Path::new("/Users/a") };
        launchd.load().unwrap();
        launchd.unload().unwrap();
        let asked = system.asked.borrow();
        assert_eq!(asked[0], format!("launchctl bootout {}", service()));
        assert!(asked[1].ends_with("/Users/a/Library/LaunchAgents/stsd.daemon.plist"));
        assert!(!asked[2..].iter().any(|asked| asked.starts_with("launchctl bootout")));
    }
}
