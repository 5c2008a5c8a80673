//! The service of one user: its files, and how it is switched on and off. Systemd and launchd differ
//! here and nowhere above.

use std::env;
use std::fmt::Display;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use stsd_protocol::{Places, Refusal, RefusalCode};

use super::alone::{PATIENCE, alone};
use super::facts::Facts;
use super::launchd::Launchd;
use super::systemd::Systemd;
use super::units::{self, ENDPOINT, NAMES, SERVICE};
use crate::changes::{Content, Disk, Enabled, Journal, Wish};
use crate::failure::Failure;
use crate::system::System;
use crate::{show, socket};

/// Where everything of one user is.
pub(crate) struct Installation<'a> {
    pub(crate) system: &'a dyn System,
    pub(crate) disk: &'a dyn Disk,
    pub(crate) places: Places,
    /// The daemon that stands beside this program.
    pub(crate) program: String,
    /// `$XDG_CONFIG_HOME`, or what stands for it.
    pub(crate) configuration: PathBuf,
    pub(crate) home: PathBuf,
    pub(crate) platform: Platform,
}

/// Who runs services here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Platform {
    Systemd,
    Launchd,
}

impl<'a> Installation<'a> {
    /// This user's, by the environment and the place of this program.
    ///
    /// # Errors
    /// If there is no home, no daemon beside this program, or a path that cannot stand in a unit.
    pub(crate) fn find(system: &'a dyn System, disk: &'a dyn Disk) -> Result<Self, Failure> {
        let places = socket::places()?;
        let home = env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        let home =
            home.ok_or_else(|| unusable("HOME is not set to an absolute path", "set HOME"))?;
        let own = env::current_exe().and_then(|own| own.canonicalize());
        let own = own.map_err(|error| unusable(error, "start stsd by its full path"))?;
        let program = own.with_file_name("stsd-daemon");
        if !program.is_file() {
            let message = format!("there is no {}", show::shown_path(&program));
            return Err(unusable(
                message,
                "install stsd, stsd-daemon and stsd-gateway side by side",
            ));
        }
        let configuration = places.configuration.ancestors().nth(2).unwrap_or(&home).to_owned();
        for path in [&home, &places.state, &configuration, &program] {
            writable_in_text(path)?;
        }
        let program = program.to_string_lossy().into_owned();
        let platform =
            if cfg!(target_os = "macos") { Platform::Launchd } else { Platform::Systemd };
        Ok(Self { system, disk, places, program, configuration, home, platform })
    }

    /// Makes sure that no other stsd changes this user's files while the value lives.
    ///
    /// # Errors
    /// If another one is at it.
    pub(crate) fn alone(&self) -> Result<Option<File>, Failure> {
        alone(&self.home, PATIENCE)
    }

    /// Whether the user's service manager can be asked; if not, why.
    pub(crate) fn manager_answers(&self) -> Result<(), String> {
        match self.platform {
            Platform::Systemd => self.systemd().is_there(),
            Platform::Launchd => self.launchd().is_there(),
        }
    }

    /// The same as a failure with a way out.
    pub(crate) fn needs_manager(&self) -> Result<(), Failure> {
        self.manager_answers().map_err(|reason| {
            let message = format!("no service manager of this user answers ({reason})");
            Refusal::new(RefusalCode::NoDaemon, message).with_hint(self.by_hand()).into()
        })
    }

    /// How the daemon runs without a service manager.
    pub(crate) fn by_hand(&self) -> String {
        let program = crate::quote::sh(&self.program);
        let program =
            if self.program.contains([' ', '\'', '"', '$']) { &program } else { &self.program };
        format!(
            "run `{program}` in a terminal of its own, or put `({program} >/dev/null 2>&1 &)` into \
             ~/.profile"
        )
    }

    /// What is known of the service.
    pub(crate) fn facts(&self) -> Facts {
        match self.platform {
            Platform::Systemd => self.systemd().facts(&self.units()),
            Platform::Launchd => self.launchd().facts(),
        }
    }

    /// The service's files. Where a package brought the units, only what differs for this user.
    ///
    /// # Errors
    /// If the program is in a place from which systemd starts none.
    pub(crate) fn wishes(&self, port: u16) -> Result<Vec<Wish>, Failure> {
        if self.platform == Platform::Systemd && units::is_refused(&self.program) {
            let message = "systemd starts no program with a quote or a backslash in its path";
            return Err(unusable(message, "install stsd in another folder"));
        }
        let files: Vec<(PathBuf, String)> = match self.platform {
            Platform::Launchd => vec![self.launchd().file(&self.program, port)],
            Platform::Systemd => {
                let files = match self.facts().is_packaged {
                    true => units::port_file(port).into_iter().collect(),
                    false => units::files(&self.program, port),
                };
                files.into_iter().map(|(name, text)| (self.units().join(name), text)).collect()
            }
        };
        let wish = |(path, text)| Wish {
            path,
            of_service: true,
            mode: 0o644,
            content: Content::Whole(text),
        };
        Ok(files.into_iter().map(wish).collect())
    }

    /// The port that the service's own socket holds. To whoever looks, it is merely taken.
    pub(crate) fn port_held(&self) -> Option<u16> {
        if self.platform != Platform::Systemd || !self.systemd().is_active(ENDPOINT) {
            return None;
        }
        let own = fs::read_to_string(self.units().join(units::PORT)).ok();
        let address = |text: String| text.trim_end().rsplit_once(':')?.1.parse().ok();
        own.map_or(Some(units::DEFAULT_PORT), address)
    }

    /// Switches it on, for now and for every session to come. Notes first what it changes.
    pub(crate) fn switch_on(&self, journal: &mut Journal) -> Result<(), Failure> {
        let new = match self.platform {
            Platform::Systemd => self.systemd().not_enabled(),
            Platform::Launchd => vec![Launchd::LABEL.to_owned()],
        };
        let units = &mut journal.enabled.get_or_insert(Enabled { units: Vec::new() }).units;
        units.extend(new.into_iter().filter(|unit| !units.contains(unit)).collect::<Vec<_>>());
        journal.save(self.disk, &self.places.state)?;
        if self.platform == Platform::Launchd {
            self.make_folder_of_sockets(journal)?;
            return self.launchd().load();
        }
        self.systemd().reload()?;
        // First: a daemon that is there before it takes the port for itself.
        if let Err(failure) = self.systemd().enable(&[ENDPOINT]) {
            show::warn(&format!("{failure}; the daemon will ask for the port again by itself"));
        }
        self.systemd().enable(&[units::SOCKET, SERVICE])
    }

    /// Switches off what [`Self::switch_on`] switched on.
    pub(crate) fn switch_off(&self, journal: &Journal) -> Result<(), Failure> {
        let Some(enabled) = &journal.enabled else { return Ok(()) };
        if enabled.units.is_empty() {
            return Ok(());
        }
        match self.platform {
            _ if self.manager_answers().is_err() => self.unlink(&enabled.units),
            Platform::Launchd => self.launchd().unload(),
            Platform::Systemd if self.facts().unit.is_none() => Ok(()),
            Platform::Systemd => {
                let units: Vec<&str> = enabled.units.iter().map(String::as_str).collect();
                self.systemd().disable(&units)
            }
        }
    }

    /// What `systemctl disable` does to files, where there is no service manager to do it: a session
    /// to come would look for units that are gone.
    fn unlink(&self, enabled: &[String]) -> Result<(), Failure> {
        for folder in units::WANTS.map(|name| self.units().join(name)) {
            for link in enabled.iter().map(|unit| folder.join(unit)).filter(|at| at.is_symlink()) {
                let removed = self.disk.remove(&link);
                removed.map_err(|error| unusable(error, "remove the link by hand"))?;
            }
            let _ = self.disk.remove_directory(&folder);
        }
        Ok(())
    }

    /// After files of it have come or gone.
    pub(crate) fn read_files_again(&self) -> Result<(), Failure> {
        match self.platform {
            Platform::Systemd if self.manager_answers().is_ok() => self.systemd().reload(),
            _ => Ok(()),
        }
    }

    /// `start`, `stop` or `restart`. The sockets outlive a restart, and nothing outlives a stop.
    pub(crate) fn change(&self, verb: &str) -> Result<(), Failure> {
        match self.platform {
            Platform::Launchd => self.launchd().change(verb),
            Platform::Systemd if verb == "restart" => self.systemd().change(verb, &[SERVICE]),
            Platform::Systemd => self.systemd().change(verb, &NAMES),
        }
    }

    /// launchd makes none.
    fn make_folder_of_sockets(&self, journal: &mut Journal) -> Result<(), Failure> {
        let folder = &self.places.runtime;
        if folder.is_dir() {
            return Ok(());
        }
        journal.note_directory(folder.clone());
        journal.save(self.disk, &self.places.state)?;
        self.disk.make_directory(folder).map_err(|error| unusable(error, "make it by hand"))
    }

    pub(super) fn units(&self) -> PathBuf {
        self.configuration.join("systemd/user")
    }

    fn systemd(&self) -> Systemd<'_> {
        Systemd { system: self.system }
    }

    pub(super) fn launchd(&self) -> Launchd<'_> {
        Launchd { system: self.system, home: &self.home }
    }
}

/// A path goes into units, shells' files and lists of variables; in none of them can a line end in
/// the middle of it.
fn writable_in_text(path: &Path) -> Result<(), Failure> {
    let is_text = path.to_str().is_some_and(|text| !text.chars().any(char::is_control));
    if is_text {
        return Ok(());
    }
    let message = format!(
        "the path {} has a character that cannot stand in a file of settings",
        show::shown_path(path)
    );
    Err(unusable(message, "set HOME, or install stsd, where the path is plain text"))
}

fn unusable(message: impl Display, hint: &str) -> Failure {
    Refusal::new(RefusalCode::Configuration, message.to_string()).with_hint(hint).into()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::writable_in_text;

    #[test]
    fn a_path_that_a_line_cannot_hold_is_refused_in_a_sentence() {
        for path in ["/home/a b/$x/50%/it's \"é\"", "/"] {
            assert!(writable_in_text(Path::new(path)).is_ok(), "{path}");
        }
        let failure = writable_in_text(Path::new("/home/two\nlines")).unwrap_err();
        assert!(failure.text().contains("the path /home/two?lines has a character"));
        assert_eq!(failure.exit_code(), 78);
    }
}
