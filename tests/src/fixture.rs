//! Emulator, home, daemon and client in one: what most tests begin with.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use sts_emulator::{CodeError, Emulator, Entry};
use stsd_protocol::Places;

use crate::residue::Residue;
use crate::{
    ALICE_DEVICE, Daemon, Home, PATIENCE, Programs, Ran, Reply, config, credentials, get, said,
};

/// A user with everything running. It ends in this order: the daemon, the STS, the files.
pub struct Fixture {
    daemon: Option<Daemon>,
    /// The STS.
    pub emulator: Emulator,
    /// The user's files.
    pub home: Home,
    /// The programs in use.
    pub programs: Programs,
    environment: BTreeMap<String, String>,
    searched: Vec<PathBuf>,
}

/// Makes a `~/.aws/config` for the STS at a URL.
type ConfigText = Box<dyn FnOnce(&str) -> String>;

/// A fixture to be started.
#[derive(Default)]
pub struct Builder {
    config: Option<ConfigText>,
    configuration: Option<String>,
    environment: BTreeMap<String, String>,
    searched: Vec<PathBuf>,
    copied: bool,
    no_daemon: bool,
}

impl Fixture {
    /// The example world, `~/.aws` that fits it, and a daemon.
    ///
    /// # Panics
    /// Whatever goes wrong ends the test.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// With something else in it.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where stsd's files are.
    pub fn places(&self) -> Places {
        self.home.places()
    }

    /// The daemon.
    ///
    /// # Panics
    /// If it was stopped.
    #[track_caller]
    pub fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().expect("the daemon runs")
    }

    /// Takes the daemon out, for a test of its end.
    ///
    /// # Panics
    /// If it was taken before.
    #[track_caller]
    pub fn take_daemon(&mut self) -> Daemon {
        self.daemon.take().expect("the daemon runs")
    }

    /// Takes over a daemon that the test has started by itself.
    pub fn adopt(&mut self, daemon: Daemon) {
        self.daemon = Some(daemon);
    }

    /// Starts a daemon where there is none any more.
    ///
    /// # Panics
    /// If it does not come up.
    #[track_caller]
    pub fn start_daemon(&mut self) {
        let started = Daemon::start(&self.programs, &self.home, &self.environment);
        self.daemon = Some(started.unwrap_or_else(|error| panic!("{error}")));
    }

    /// The client with these arguments, and nothing in its environment but the home's variables.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.path("stsd"));
        command.args(arguments).env_clear().envs(self.home.environment());
        command
    }

    /// Runs the client to its end, with no terminal to ask on.
    #[track_caller]
    pub fn stsd(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments))
    }

    /// A code of the device that STS would take now. If the three of the moment are spent, STS's
    /// clock is moved to the next one.
    ///
    /// # Panics
    /// If there is no such device.
    pub fn code(&self, device: &str) -> String {
        loop {
            match self.emulator.code(device) {
                Ok(code) => {
                    said::typed(Some(self.home.path()), &code);
                    return code;
                }
                Err(CodeError::AllSpent { wait_seconds }) => {
                    self.emulator.advance(Duration::from_secs(wait_seconds));
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Unlocks Alice's identity.
    #[track_caller]
    pub fn unlock(&self) -> Ran {
        self.stsd(&["unlock", &self.code(ALICE_DEVICE)]).well()
    }

    /// `stsd status --json`.
    #[track_caller]
    pub fn status(&self) -> Value {
        self.stsd(&["status", "--json"]).json()
    }

    /// One profile of the status.
    ///
    /// # Panics
    /// If there is none of this name.
    #[track_caller]
    pub fn profile(&self, name: &str) -> Value {
        part(&self.status(), "profiles", "profile", name)
    }

    /// One session of the status.
    ///
    /// # Panics
    /// If there is none of this identity.
    #[track_caller]
    pub fn session(&self, identity: &str) -> Value {
        part(&self.status(), "sessions", "identity", identity)
    }

    /// Waits for a state of which no event tells.
    ///
    /// # Panics
    /// If it does not come.
    #[track_caller]
    pub fn until<T: std::fmt::Debug>(
        &self,
        look: impl Fn(&Self) -> T,
        reached: impl Fn(&T) -> bool,
    ) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = look(self);
            if reached(&seen) {
                return seen;
            }
            assert!(Instant::now() < deadline, "still {seen:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The user's own authorization token.
    ///
    /// # Panics
    /// If there is no file with one.
    pub fn authorization(&self) -> String {
        fs::read_to_string(self.places().authorization_token()).expect("the daemon has written it")
    }

    /// Fetches from the endpoint as an SDK does.
    ///
    /// # Panics
    /// If no answer comes.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        get(self.daemon().endpoint(), path, Some(&self.authorization())).expect("an answer")
    }

    /// Waits until the journal has come to a state.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn journal_when(&self, reached: impl Fn(&[Entry]) -> bool) -> Vec<Entry> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let waited = runtime.expect("a runtime").block_on(async {
            tokio::time::timeout(PATIENCE, self.emulator.journal_when(reached)).await
        });
        waited.unwrap_or_else(|_| panic!("the journal stays {:#?}", self.emulator.journal()))
    }

    /// How often STS was asked for something.
    pub fn asked(&self, action: &str) -> usize {
        count(&self.emulator.journal(), action)
    }

    /// Searches everything that this user's programs have left so far.
    ///
    /// # Panics
    /// If the home is not one that [`Home::new`] has made.
    pub fn residue(&self) -> Residue {
        let residue = Residue::of(self.home.path(), &self.searched, &self.emulator);
        residue.expect("what a home's programs say is kept until its end")
    }
}

/// Ends the daemon, and makes sure that nothing has left a secret where none belongs.
impl Drop for Fixture {
    fn drop(&mut self) {
        self.daemon = None;
        if thread::panicking() {
            return;
        }
        let residue = self.residue();
        assert!(residue.hits.is_empty() && residue.open.is_empty(), "{residue}");
        println!("{residue}");
    }
}

impl Builder {
    /// Another `~/.aws/config`, made for the STS at the URL that it is given.
    #[must_use]
    pub fn config(mut self, text: impl FnOnce(&str) -> String + 'static) -> Self {
        self.config = Some(Box::new(text));
        self
    }

    /// A configuration of stsd's own.
    #[must_use]
    pub fn configuration(mut self, text: &str) -> Self {
        self.configuration = Some(text.to_owned());
        self
    }

    /// A variable in the daemon's environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Searches a folder outside of the home too, in which programs leave something.
    #[must_use]
    pub fn searched(mut self, folder: &Path) -> Self {
        self.searched.push(folder.to_owned());
        self
    }

    /// Uses a copy of the daemon, beside which the test may put another gateway.
    #[must_use]
    pub fn copied(mut self) -> Self {
        self.copied = true;
        self
    }

    /// Leaves the daemon to the test.
    #[must_use]
    pub fn no_daemon(mut self) -> Self {
        self.no_daemon = true;
        self
    }

    /// Starts all of it.
    ///
    /// # Panics
    /// Whatever goes wrong ends the test.
    pub fn start(self) -> Fixture {
        let emulator = Emulator::example().expect("the emulator starts");
        let home = Home::new().expect("a temporary home");
        let text =
            self.config.map_or_else(|| config(&emulator.url()), |text| text(&emulator.url()));
        home.write_config(&text).expect("~/.aws/config");
        home.write_credentials(&credentials()).expect("~/.aws/credentials");
        if let Some(text) = self.configuration {
            home.write_configuration(&text).expect("stsd's configuration");
        }
        let built = Programs::built().unwrap_or_else(|error| panic!("{error}"));
        let programs = match self.copied {
            true => built.copied_to(&bin(&home)).expect("a copy of the programs"),
            false => built.clone(),
        };
        let (environment, searched) = (self.environment, self.searched);
        let mut fixture = Fixture { daemon: None, emulator, home, programs, environment, searched };
        if !self.no_daemon {
            fixture.start_daemon();
        }
        fixture
    }
}

/// How many of these entries are for an action.
pub fn count(entries: &[Entry], action: &str) -> usize {
    entries.iter().filter(|entry| entry.asked.action == action).count()
}

#[track_caller]
fn part(status: &Value, list: &str, key: &str, name: &str) -> Value {
    let parts = status[list].as_array();
    let found = parts.and_then(|parts| parts.iter().find(|part| part[key] == name));
    found.unwrap_or_else(|| panic!("no {key} {name} in {status:#}")).clone()
}

fn bin(home: &Home) -> std::path::PathBuf {
    let folder = home.path().join("bin");
    fs::create_dir_all(&folder).expect("a folder for programs");
    folder
}
