//! Taking back: every edit, the directories that were made and are empty again, and the journal last.

use std::fs;
use std::path::{Path, PathBuf};

use super::disk::draft;
use super::edit::{Edit, Reversal};
use super::journal::{Journal, file};
use super::{ChangeError, Disk, Target};

/// Takes back every edit that the journal has, and then the journal itself. What other things it
/// notes must have been taken back before. Gives the files that the user has edited, and that stay.
///
/// # Errors
/// If a file cannot be written; the journal stays, and the next attempt goes on.
pub(crate) fn take_back(
    disk: &dyn Disk,
    journal: &Journal,
    state: &Path,
) -> Result<Vec<PathBuf>, ChangeError> {
    let kept = take_back_edits(disk, journal, |_| true)?;
    if journal.state_is_new {
        remove_state(disk, state)?;
    }
    let (own, others): (Vec<&PathBuf>, Vec<&PathBuf>) =
        journal.directories.iter().rev().partition(|folder| state.starts_with(folder));
    // What could not be removed is not empty, or in a place that is read-only by now.
    others.into_iter().for_each(|folder| drop(disk.remove_directory(folder)));
    let journal_file = file(state);
    for path in [draft(&journal_file), journal_file] {
        disk.remove(&path).map_err(|error| ChangeError::new(&path, error))?;
    }
    let _ = disk.remove_directory(&state.join("setup"));
    own.into_iter().for_each(|folder| drop(disk.remove_directory(folder)));
    Ok(kept)
}

/// Takes back what belongs to the service, and everything if nothing else is left. The service must be
/// off already.
///
/// # Errors
/// As for [`take_back`].
pub(crate) fn take_back_service(
    disk: &dyn Disk,
    journal: &mut Journal,
    state: &Path,
) -> Result<Vec<PathBuf>, ChangeError> {
    let has_more = journal.edits.iter().any(|edit| !edit.of_service);
    if !has_more && journal.variables.is_empty() {
        return take_back(disk, journal, state);
    }
    let kept = take_back_edits(disk, journal, |edit| edit.of_service)?;
    journal.edits.retain(|edit| !edit.of_service);
    journal.enabled = None;
    journal.restart_is_due = false;
    for folder in journal.directories.iter().rev().filter(|folder| !state.starts_with(folder)) {
        let _ = disk.remove_directory(folder);
    }
    journal.directories.retain(|folder| folder.exists());
    journal.save(disk, state)?;
    Ok(kept)
}

/// Takes back those edits that are meant; gives the files that stay.
pub(crate) fn take_back_edits(
    disk: &dyn Disk,
    journal: &Journal,
    is_meant: impl Fn(&Edit) -> bool,
) -> Result<Vec<PathBuf>, ChangeError> {
    let mut kept = Vec::new();
    for edit in journal.edits.iter().rev().filter(|edit| is_meant(edit)) {
        let fail = |error| ChangeError::new(&edit.path, error);
        // Of a run that was killed while it wrote.
        disk.remove(&draft(&edit.path)).map_err(fail)?;
        let now = fs::read(&edit.path).ok();
        match edit.change.reversal(now.as_deref()) {
            Reversal::Nothing => {}
            Reversal::Keep => kept.push(edit.path.clone()),
            Reversal::Remove => disk.remove(&edit.path).map_err(fail)?,
            Reversal::Write(before) => {
                let looks = Target::look(&edit.path, 0o600)?.looks;
                disk.write(&edit.path, &before, looks).map_err(fail)?;
            }
        }
    }
    Ok(kept)
}

/// Everything of the daemon's that a state directory of our making holds; the journal goes later.
fn remove_state(disk: &dyn Disk, state: &Path) -> Result<(), ChangeError> {
    let fail = |error| ChangeError::new(state, error);
    for entry in fs::read_dir(state).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.file_name() != Some("setup".as_ref()) {
            disk.remove_tree(&path).map_err(|error| ChangeError::new(&path, error))?;
        }
    }
    Ok(())
}
