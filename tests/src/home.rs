//! A temporary home: where the programs under test find everything, and nothing of the user's own.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use stsd_protocol::Places;
use tempfile::TempDir;

use crate::said;

/// A home that goes away when this is dropped. Its path is short, since a socket's must be.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// An empty one, with the folders of the XDG variables in it.
    ///
    /// # Errors
    /// What the system says.
    pub fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("stsd-").tempdir_in("/tmp")?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700))?;
        for name in [".aws", CONFIGURATION, STATE, RUNTIME] {
            DirBuilder::new().mode(0o700).create(folder.path().join(name))?;
        }
        let home = Self { folder };
        said::begins(home.path(), home.places());
        Ok(home)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes `~/.aws/config`.
    ///
    /// # Errors
    /// What the system says.
    pub fn write_config(&self, text: &str) -> io::Result<()> {
        fs::write(self.path().join(".aws/config"), text)
    }

    /// Writes `~/.aws/credentials`.
    ///
    /// # Errors
    /// What the system says.
    pub fn write_credentials(&self, text: &str) -> io::Result<()> {
        let file = self.path().join(".aws/credentials");
        fs::write(&file, text)?;
        fs::set_permissions(file, Permissions::from_mode(0o600))
    }

    /// Writes stsd's own configuration.
    ///
    /// # Errors
    /// What the system says.
    pub fn write_configuration(&self, text: &str) -> io::Result<()> {
        let file = self.places().configuration;
        fs::create_dir_all(file.parent().unwrap_or(self.path()))?;
        fs::write(file, text)
    }

    /// Every variable that stsd finds its places by.
    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("HOME", self.path().to_owned()),
            ("XDG_CONFIG_HOME", self.path().join(CONFIGURATION)),
            ("XDG_STATE_HOME", self.path().join(STATE)),
            ("XDG_RUNTIME_DIR", self.path().join(RUNTIME)),
        ]
    }

    /// Where stsd's files are.
    pub fn places(&self) -> Places {
        let environment = self.environment();
        let variable = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, path)| OsString::from(path))
        };
        // The uid counts only where there is no XDG_RUNTIME_DIR.
        Places::find(variable, 0).expect("HOME is among the variables")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        said::ends(self.path());
    }
}

const CONFIGURATION: &str = "config";
const STATE: &str = "state";
const RUNTIME: &str = "run";
