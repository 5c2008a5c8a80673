//! Changes to the user's files that can be shown before they are made, are made whole or not at all,
//! and can be taken back to the byte.
//!
//! A [`Journal`] says what was changed, and is on the disk before the first change. Whoever is killed
//! at any point is run again and finishes; an edit that was noted and never made does no harm. The
//! journal holds what was put in and what was taken out, and no copy of the rest of a file, which may
//! hold secrets.

mod bytes;
mod diff;
mod disk;
mod edit;
mod journal;
mod plan;
mod target;
#[cfg(test)]
mod tests;
mod undo;

use std::path::{Path, PathBuf};

use stsd_protocol::{Refusal, RefusalCode};

pub(crate) use disk::{Disk, RealDisk};
pub(crate) use journal::{Enabled, Journal};
pub(crate) use plan::{Content, MARK, Plan, Wish};
pub(crate) use target::Target;
pub(crate) use undo::{take_back, take_back_edits, take_back_service};

use crate::failure::Failure;
use crate::show::shown_path;

/// Why a file cannot be changed, or could not be changed back.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", shown_path(path))]
pub(crate) struct ChangeError {
    /// The file or folder.
    pub(crate) path: PathBuf,
    /// What is the matter with it.
    pub(crate) reason: String,
}

impl ChangeError {
    fn new(path: &Path, reason: impl ToString) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string() }
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        Refusal::new(RefusalCode::Internal, error.to_string())
            .with_hint("nothing was lost; put that right and run the same command again")
            .into()
    }
}
