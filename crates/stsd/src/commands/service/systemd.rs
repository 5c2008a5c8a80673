//! What is asked of `systemctl --user`, and what it says.

use std::collections::BTreeMap;
use std::path::Path;

use stsd_protocol::{Refusal, RefusalCode};

use super::facts::Facts;
use super::units::{NAMES, SERVICE};
use crate::failure::Failure;
use crate::show::printable;
use crate::system::System;

/// The user's service manager.
#[derive(Clone, Copy)]
pub(super) struct Systemd<'a> {
    pub(super) system: &'a dyn System,
}

impl Systemd<'_> {
    /// Whether it can be asked; if not, why.
    pub(super) fn is_there(&self) -> Result<(), String> {
        match self.system.run("systemctl", &["--user", "show", "--property=Version"]) {
            Ok(ran) if ran.success => Ok(()),
            Ok(ran) => Err(first_line(&ran.stderr)),
            Err(error) => Err(format!("systemctl: {error}")),
        }
    }

    /// The facts of the service. `folder` is the user's own folder of units.
    pub(super) fn facts(&self, folder: &Path) -> Facts {
        let shown = self.show(SERVICE);
        let value = |key: &str| shown.get(key).filter(|value| !value.is_empty()).cloned();
        let unit = value("FragmentPath");
        Facts {
            is_packaged: unit.as_ref().is_some_and(|unit| !Path::new(unit).starts_with(folder)),
            is_enabled: NAMES.iter().all(|unit| self.is_enabled(unit)),
            state: value("ActiveState").unwrap_or_else(|| "unknown".to_owned()),
            pid: value("MainPID").and_then(|pid| pid.parse().ok()).filter(|pid| *pid != 0),
            since: value("ActiveEnterTimestamp"),
            program: value("ExecStart").as_deref().and_then(program),
            last_exit: value("ExecMainStatus").and_then(|code| code.parse().ok()),
            is_lingering: self.is_lingering(),
            unit,
        }
    }

    /// Those of the three that are not enabled.
    pub(super) fn not_enabled(&self) -> Vec<String> {
        NAMES.iter().filter(|unit| !self.is_enabled(unit)).map(|unit| unit.to_string()).collect()
    }

    /// Reads the units again.
    pub(super) fn reload(&self) -> Result<(), Failure> {
        self.order(&["daemon-reload"])
    }

    /// Has them started with the session, and starts them.
    pub(super) fn enable(&self, units: &[&str]) -> Result<(), Failure> {
        self.order(&[&["enable", "--now", "--quiet"], units].concat())
    }

    /// Stops them, and has them started no more.
    pub(super) fn disable(&self, units: &[&str]) -> Result<(), Failure> {
        self.order(&[&["disable", "--now", "--quiet"], units].concat())
    }

    /// `start`, `stop` or `restart`.
    pub(super) fn change(&self, verb: &str, units: &[&str]) -> Result<(), Failure> {
        self.order(&[&[verb], units].concat())
    }

    fn order(&self, words: &[&str]) -> Result<(), Failure> {
        let arguments = [&["--user"], words].concat();
        let reason = match self.system.run("systemctl", &arguments) {
            Ok(ran) if ran.success => return Ok(()),
            Ok(ran) => first_line(&ran.stderr),
            Err(error) => error.to_string(),
        };
        let message = format!("systemctl --user {}: {reason}", words[0]);
        Err(Refusal::new(RefusalCode::Internal, message)
            .with_hint("`stsd service logs` says why; when it is put right, run this again")
            .into())
    }

    /// Whether a unit runs, or listens.
    pub(super) fn is_active(&self, unit: &str) -> bool {
        self.show(unit).get("ActiveState").is_some_and(|state| state == "active")
    }

    fn is_enabled(&self, unit: &str) -> bool {
        let states = ["enabled", "static", "linked", "alias"];
        self.show(unit).get("UnitFileState").is_some_and(|state| states.contains(&state.as_str()))
    }

    fn is_lingering(&self) -> Option<bool> {
        let uid = nix::unistd::Uid::effective().to_string();
        let arguments = ["show-user", &uid, "--property=Linger"];
        let ran = self.system.run("loginctl", &arguments).ok().filter(|ran| ran.success)?;
        Some(ran.stdout.trim().strip_prefix("Linger=")? == "yes")
    }

    fn show(&self, unit: &str) -> BTreeMap<String, String> {
        let properties = "--property=UnitFileState,ActiveState,MainPID,ActiveEnterTimestamp,\
                          FragmentPath,ExecStart,ExecMainStatus";
        let ran = self.system.run("systemctl", &["--user", "show", unit, properties]);
        let text = ran.map(|ran| ran.stdout).unwrap_or_default();
        let pair = |line: &str| {
            let (key, value) = line.split_once('=')?;
            Some((key.to_owned(), value.to_owned()))
        };
        text.lines().filter_map(pair).collect()
    }
}

/// `{ path=/usr/bin/x ; argv[]=… }`
fn program(exec_start: &str) -> Option<String> {
    let path = exec_start.split_once("path=")?.1;
    Some(path.split_once(" ; argv[]=")?.0.to_owned())
}

fn first_line(text: &str) -> String {
    printable(text.lines().next().unwrap_or("no reason given").trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Systemd;
    use crate::system::tests::FakeSystem;

    const SHOWN: &str = "UnitFileState=enabled\nActiveState=active\nMainPID=4711\n\
        ActiveEnterTimestamp=Sun 2026-11-22 07:00:00 UTC\nExecMainStatus=0\n\
        FragmentPath=/home/a/.config/systemd/user/stsd.service\n\
        ExecStart={ path=/opt/my tools/stsd-daemon ; argv[]=/opt/my tools/stsd-daemon ; x=1 }\n";

    #[test]
    fn the_facts_are_read_from_what_systemctl_and_loginctl_show() {
        let system =
            FakeSystem::new(&[("systemctl --user show", SHOWN), ("loginctl", "Linger=no\n")]);
        let systemd = Systemd { system: &system };
        let facts = systemd.facts(Path::new("/home/a/.config/systemd/user"));
        assert_eq!((facts.pid, facts.state.as_str()), (Some(4711), "active"));
        assert!(facts.is_enabled && !facts.is_packaged);
        assert_eq!(facts.program.as_deref(), Some("/opt/my tools/stsd-daemon"));
        assert_eq!(facts.is_lingering, Some(false));
        assert!(systemd.facts(Path::new("/home/b")).is_packaged);
    }

    #[test]
    fn without_a_unit_there_are_no_facts() {
        let system = FakeSystem::new(&[("systemctl --user show", "MainPID=0\nFragmentPath=\n")])
            .failing("loginctl", "no");
        let facts = Systemd { system: &system }.facts(Path::new("/"));
        assert_eq!((facts.unit, facts.pid, facts.is_lingering), (None, None, None));
        assert!(!facts.is_enabled && !facts.is_packaged);
    }

    #[test]
    fn a_refusal_is_told_in_systemctls_own_words() {
        let system = FakeSystem::new(&[]).failing("systemctl --user enable", "Job failed.\nmore");
        let failure = Systemd { system: &system }.enable(&["stsd.service"]).unwrap_err();
        assert_eq!(failure.to_string(), "systemctl --user enable: Job failed");
    }
}
