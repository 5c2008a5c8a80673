//! The files of the authorization tokens that were made besides the user's own: the record of all, and
//! one for each profile that `stsd exec` was used for.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use stsd_protocol::Timestamp;

use super::{Lasting, StateDirectory, close_to_others};

impl StateDirectory {
    /// Where the user's own authorization token is.
    pub(crate) fn own_token_file(&self) -> PathBuf {
        self.places.authorization_token()
    }

    /// Where the record of the others is.
    pub(crate) fn tokens_file(&self) -> PathBuf {
        self.places.authorization_tokens()
    }

    /// That record; nothing if there is none.
    pub(crate) fn recorded_tokens(&self) -> io::Result<Option<String>> {
        let path = self.places.authorization_tokens();
        match fs::read_to_string(&path) {
            Ok(text) => {
                close_to_others(&path)?;
                Ok(Some(text))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces the record, whole or not at all.
    pub(crate) fn record_tokens(&self, text: &str) -> io::Result<()> {
        let path = self.places.authorization_tokens();
        self.written(&path, text.as_bytes(), 0o600, Lasting::OverPowerLoss)
    }

    /// Puts a record that does not read where nobody writes; says where that is.
    pub(crate) fn set_tokens_aside(&self, now: Timestamp) -> io::Result<PathBuf> {
        let path = self.places.authorization_tokens();
        let mut aside = path.clone().into_os_string();
        aside.push(format!(".damaged-{}", now.unix()));
        let aside = PathBuf::from(aside);
        fs::rename(path, &aside)?;
        Ok(aside)
    }

    /// Writes the authorization token for the commands of a profile, without a newline.
    pub(crate) fn record_exec_token(&self, path_form: &str, text: &str) -> io::Result<()> {
        let folder = self.places.exec_tokens();
        let path = self.places.exec_token(path_form);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        self.written(&path, text.as_bytes(), 0o600, Lasting::OverPowerLoss)?;
        // What was there already may have been opened to others.
        close_to_others(&path)
    }

    /// Whether there is such a file.
    pub(crate) fn has_exec_token(&self, path_form: &str) -> bool {
        self.places.exec_token(path_form).exists()
    }
}
