//! What was changed, on the disk before it was: enough to finish, and to take all of it back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::disk::Looks;
use super::edit::Edit;
use super::{ChangeError, Disk};
use crate::show::shown_path;

/// All that `stsd setup` and `stsd service install` have ever changed and not taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Journal {
    /// Directories that were made, outermost first.
    pub(crate) directories: Vec<PathBuf>,
    /// Whether there was no state directory before, and all that is in it goes with the rest.
    pub(crate) state_is_new: bool,
    /// The edits, oldest first. Of two for one file the later one replaces the earlier.
    pub(crate) edits: Vec<Edit>,
    /// What the service manager was told.
    pub(crate) enabled: Option<Enabled>,
    /// The variables that the running user manager was given.
    pub(crate) variables: Vec<String>,
    /// Whether the service runs on what the files said before, and is to be restarted.
    pub(crate) restart_is_due: bool,
    /// Profiles that have no MFA device, by the user's own word.
    pub(crate) without_device: Vec<String>,
}

/// What the service manager was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Enabled {
    /// The units that were not enabled before.
    pub(crate) units: Vec<String>,
}

impl Journal {
    /// Reads it; there is none before the first change.
    ///
    /// # Errors
    /// If it is there and cannot be understood: nothing is done without it then.
    pub(crate) fn read(state: &Path) -> Result<Self, ChangeError> {
        let file = file(state);
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(ChangeError::new(&file, error)),
        };
        let mut journal: Self = serde_json::from_slice(&text)
            .map_err(|error| ChangeError::new(&file, format!("does not read: {error}")))?;
        journal.forget_replaced();
        Ok(journal)
    }

    /// Writes it, and makes its directory where that is missing.
    pub(crate) fn save(&mut self, disk: &dyn Disk, state: &Path) -> Result<(), ChangeError> {
        let file = file(state);
        let mut made = Vec::new();
        for folder in file.ancestors().skip(1).take_while(|folder| !folder.exists()) {
            made.insert(0, folder.to_owned());
        }
        // Killed before it could note that, a run leaves an empty one.
        let is_bare = || fs::read_dir(state).is_ok_and(|mut entries| entries.next().is_none());
        self.state_is_new |= made.iter().any(|folder| folder == state) || is_bare();
        for folder in made {
            disk.make_directory(&folder).map_err(|error| ChangeError::new(&folder, error))?;
            self.note_directory(folder);
        }
        let text =
            serde_json::to_vec_pretty(self).map_err(|error| ChangeError::new(&file, error))?;
        let looks = Looks { mode: 0o600, group: None };
        disk.write(&file, &text, looks).map_err(|error| ChangeError::new(&file, error))
    }

    /// What would be taken back, a line each.
    pub(crate) fn summary(&self) -> String {
        let mut text = String::new();
        if let Some(enabled) = &self.enabled {
            text.push_str(&format!("disables {}\n", enabled.units.join(", ")));
        }
        for edit in &self.edits {
            text.push_str(&format!("takes back {}\n", shown_path(&edit.path)));
        }
        if self.state_is_new {
            text.push_str("removes the state directory and all that is in it\n");
        }
        text
    }

    /// Whether there is anything to take back.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Remembers a directory that will be made.
    pub(crate) fn note_directory(&mut self, directory: PathBuf) {
        if !self.directories.contains(&directory) {
            self.directories.push(directory);
        }
    }

    /// The edit of this file.
    pub(super) fn edit_of(&self, path: &Path) -> Option<&Edit> {
        self.edits.iter().rev().find(|edit| edit.path == path)
    }

    /// Of several edits of one file, keeps the one that the file has in it. There are several only
    /// where a run was killed between noting an edit and making it.
    pub(super) fn forget_replaced(&mut self) {
        let edits = std::mem::take(&mut self.edits);
        for edit in edits {
            match self.edits.iter().position(|known| known.path == edit.path) {
                None => self.edits.push(edit),
                Some(earlier) => {
                    let now = fs::read(&edit.path).ok();
                    if edit.change.is_made(now.as_deref()) {
                        self.edits[earlier] = edit;
                    }
                }
            }
        }
    }
}

/// Where it stands.
pub(super) fn file(state: &Path) -> PathBuf {
    state.join("setup/journal.json")
}
