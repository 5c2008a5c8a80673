//! A place where `stsd doctor` finds a scripted daemon and a scripted gateway: the client beside a
//! program that says what the test left in its home.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use stsd_protocol::VERSION;
use stsd_protocol::frame::{RESPONSE_LIMIT, header};
use stsd_protocol::gateway::{
    InspectedFile, InspectedProfile, Inspection, Outcome, Plan, Response,
};

use super::{Daemon, Ended, STSD, run};

/// The place.
pub(crate) struct Clinic {
    home: tempfile::TempDir,
    daemon: Daemon,
    programs: tempfile::TempDir,
}

impl Clinic {
    /// With a daemon that is made for this home.
    pub(crate) fn with(daemon: impl FnOnce(&Path) -> Daemon) -> Self {
        let home = tempfile::tempdir().unwrap();
        let daemon = daemon(home.path());
        let programs = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        fs::hard_link(STSD, programs.path().join("stsd")).unwrap();
        let gateway = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/support/gateway.sh");
        symlink(gateway, programs.path().join("stsd-gateway")).unwrap();
        let clinic = Self { home, daemon, programs };
        clinic.write("token", "obviously-no-secret");
        clinic
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn program(&self) -> PathBuf {
        self.programs.path().join("stsd")
    }

    /// Writes a file of the home that nobody else can read.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// What the gateway is to say, one answer after the other.
    pub(crate) fn gateway_says(&self, outcomes: Vec<Outcome>) {
        let mut frames = vec![];
        for (index, outcome) in outcomes.into_iter().enumerate() {
            let id = u64::try_from(index + 1).unwrap();
            let response = Response { v: VERSION.to_owned(), id, outcome, sts_date: None };
            let body = serde_json::to_vec(&response).unwrap();
            frames.extend(header(body.len(), RESPONSE_LIMIT).unwrap());
            frames.extend(body);
        }
        fs::write(self.home().join("gateway"), frames).unwrap();
    }

    /// `stsd doctor` with these words and variables besides the usual.
    pub(crate) fn ask(&self, words: &[&str], variables: &[(&str, &str)]) -> Ended {
        let mut command = Command::new(self.program());
        command.arg("doctor").args(words).env_clear().stdin(Stdio::null());
        command.env("PATH", "/usr/bin:/bin").env("HOME", self.home());
        command.env("STSD_SOCKET", self.daemon.socket()).env("XDG_RUNTIME_DIR", self.home());
        command.envs(variables.iter().copied());
        let mut ended = run(command);
        ended.stdout = ended.stdout.replace(&*self.home().to_string_lossy(), "HOME");
        ended
    }
}

/// The answer to an inspection: a config and a credentials file, by path and profiles.
pub(crate) fn inspection(config: InspectedFile, credentials: InspectedFile) -> Outcome {
    Outcome::Inspection(Inspection { files: vec![config, credentials] })
}

/// One file: profiles, each with keys and values; a JSON null is a value that is not shown.
pub(crate) fn file(path: &Path, profiles: Value) -> InspectedFile {
    let profiles: BTreeMap<String, BTreeMap<String, Option<String>>> =
        serde_json::from_value(profiles).unwrap();
    let profiles = profiles.into_iter().map(|(name, settings)| InspectedProfile { name, settings });
    InspectedFile {
        file: path.to_string_lossy().into_owned(),
        exists: true,
        profiles: profiles.collect(),
        ..InspectedFile::default()
    }
}

/// The answer to a plan, of which only the view matters.
pub(crate) fn plan(view: &str) -> Outcome {
    Outcome::Plan(Plan { view: view.to_owned(), ..Plan::default() })
}
