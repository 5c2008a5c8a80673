//! Where stsd's files are. `HOME` and the XDG variables decide, and nothing else.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folders and files of one user's stsd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// stsd's own configuration, which need not exist.
    pub configuration: PathBuf,
    /// What lasts: token file, port, view, names in use.
    pub state: PathBuf,
    /// The sockets and the lock file.
    pub runtime: PathBuf,
}

impl Places {
    /// Finds them by the variables that `variable` knows.
    ///
    /// A relative XDG path is ignored, as its specification demands. Without `XDG_RUNTIME_DIR` the
    /// sockets stand in `/tmp/stsd-UID`; the daemon refuses that folder unless it is `uid`'s own
    /// and closed to others.
    ///
    /// # Errors
    /// If a place hangs on `HOME` and there is none.
    pub fn find(
        variable: impl Fn(&str) -> Option<OsString>,
        uid: u32,
    ) -> Result<Self, PlacesError> {
        let absolute =
            |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let under_home =
            |below: &str| absolute("HOME").map(|home| home.join(below)).ok_or(PlacesError);
        let configuration = match absolute("XDG_CONFIG_HOME") {
            Some(folder) => folder,
            None => under_home(".config")?,
        };
        let state = match absolute("XDG_STATE_HOME") {
            Some(folder) => folder,
            None => under_home(platform::STATE)?,
        }
        .join("stsd");
        let runtime = match absolute("XDG_RUNTIME_DIR") {
            Some(folder) => folder.join("stsd"),
            None => platform::runtime(&state, uid),
        };
        Ok(Self { configuration: configuration.join("stsd/config.toml"), state, runtime })
    }

    /// The control socket.
    pub fn control_socket(&self) -> PathBuf {
        self.runtime.join("stsd.sock")
    }

    /// The credentials endpoint's socket.
    pub fn credentials_socket(&self) -> PathBuf {
        self.runtime.join("creds.sock")
    }

    /// Held by the one daemon of this user for as long as it lives.
    pub fn lock_file(&self) -> PathBuf {
        self.runtime.join("stsd.lock")
    }

    /// Held like [`Self::lock_file`]: it stops a second daemon that has another runtime directory,
    /// as in cron, from writing the same files.
    pub fn state_lock_file(&self) -> PathBuf {
        self.state.join("lock")
    }

    /// The user's own authorization token: one line without a newline.
    pub fn authorization_token(&self) -> PathBuf {
        self.state.join("authorization-token")
    }

    /// The authorization tokens that were made besides the user's own, with their scopes.
    pub fn authorization_tokens(&self) -> PathBuf {
        self.state.join("authorization-tokens.json")
    }

    /// The authorization tokens of `stsd exec`, in a file each.
    pub fn exec_tokens(&self) -> PathBuf {
        self.state.join("exec-tokens")
    }

    /// The authorization token for the commands that `stsd exec` starts for a profile, which is named
    /// in its path form: one line without a newline.
    pub fn exec_token(&self, path_form: &str) -> PathBuf {
        self.exec_tokens().join(path_form)
    }

    /// The port of the endpoint, recorded when it was first chosen.
    pub fn port(&self) -> PathBuf {
        self.state.join("port")
    }

    /// The view of the user's config.
    pub fn config_view(&self) -> PathBuf {
        self.state.join("aws/config")
    }

    /// The empty file that stands for the user's credentials.
    pub fn credentials_view(&self) -> PathBuf {
        self.state.join("aws/credentials")
    }

    /// The names of the profiles in use, one a line.
    pub fn profiles_in_use(&self) -> PathBuf {
        self.state.join("profiles-in-use")
    }

    /// Holds the control socket's path, for clients without the variables that the daemon had.
    pub fn socket_record(&self) -> PathBuf {
        self.state.join("socket")
    }

    /// The folder of the audit.
    pub fn audit(&self) -> PathBuf {
        self.state.join("audit")
    }

    /// The newest file of the audit; older ones have a number behind this name.
    pub fn audit_log(&self) -> PathBuf {
        self.audit().join("log.jsonl")
    }

    /// The identities that were locked by hand, one a line.
    pub fn locked(&self) -> PathBuf {
        self.state.join("locked")
    }
}

/// There is no `HOME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HOME is not set to an absolute path")]
pub struct PlacesError;

#[cfg(not(target_os = "macos"))]
mod platform {
    use super::{Path, PathBuf};

    pub(super) const STATE: &str = ".local/state";

    pub(super) fn runtime(_state: &Path, uid: u32) -> PathBuf {
        PathBuf::from(format!("/tmp/stsd-{uid}"))
    }
}

#[cfg(target_os = "macos")]
mod platform {
    use super::{Path, PathBuf};

    pub(super) const STATE: &str = "Library/Application Support";

    /// A socket's path has at most 104 bytes there, hence the short name.
    pub(super) fn runtime(state: &Path, _uid: u32) -> PathBuf {
        state.join("s")
    }
}

#[cfg(test)]
mod tests {
    use super::{Places, PlacesError};
    use std::ffi::OsString;
    use std::path::Path;

    fn find(variables: &[(&str, &str)]) -> Result<Places, PlacesError> {
        let lookup = |name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        Places::find(lookup, 1000)
    }

    #[test]
    fn the_xdg_variables_decide() {
        let places =
            find(&[("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/s"), ("XDG_RUNTIME_DIR", "/r")])
                .unwrap();
        assert_eq!(places.configuration, Path::new("/c/stsd/config.toml"));
        assert_eq!(places.config_view(), Path::new("/s/stsd/aws/config"));
        assert_eq!(places.control_socket(), Path::new("/r/stsd/stsd.sock"));
    }

    #[test]
    fn relative_variables_do_not_count() {
        let places = find(&[("HOME", "/home/alice"), ("XDG_CONFIG_HOME", "c")]).unwrap();
        assert_eq!(places.configuration, Path::new("/home/alice/.config/stsd/config.toml"));
    }

    #[test]
    fn nothing_is_guessed_without_a_home() {
        assert_eq!(find(&[("XDG_RUNTIME_DIR", "/r")]), Err(PlacesError));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn without_a_runtime_directory_the_sockets_stand_in_tmp() {
        let places = find(&[("HOME", "/home/alice")]).unwrap();
        assert_eq!(places.runtime, Path::new("/tmp/stsd-1000"));
        assert_eq!(places.state, Path::new("/home/alice/.local/state/stsd"));
    }
}
