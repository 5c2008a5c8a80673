//! From what files should say to the edits that make them say it, and the making.

use std::fs;
use std::path::{Path, PathBuf};

use super::diff::unified;
use super::edit::{Change, Edit, Reversal};
use super::{ChangeError, Disk, Journal, Target, take_back};
use crate::show::shown_path;

/// What one file should say.
pub(crate) struct Wish {
    /// As a person would name it; links are followed.
    pub(crate) path: PathBuf,
    /// Whether it belongs to the service, and goes with it.
    pub(crate) of_service: bool,
    /// For a new file.
    pub(crate) mode: u32,
    /// What it should say.
    pub(crate) content: Content,
}

/// From the text that is there to the one that should be.
type Editing = dyn Fn(&str) -> Result<String, String>;

/// What a file should say.
pub(crate) enum Content {
    /// This and nothing else.
    Whole(String),
    /// This line at its end, unless it has one that does the same by the user's own hand.
    Line {
        /// Without its end; it holds [`MARK`].
        line: String,
        /// What a line does the same by.
        does: &'static str,
    },
    /// What this makes of it. It gives back what it got if that is right already.
    Edited(Box<Editing>),
}

/// Stands in every line that is added to a file of the user's own.
pub(crate) const MARK: &str = "# stsd setup";

/// Edits that have been shown, perhaps, and not been made.
#[derive(Default)]
pub(crate) struct Plan {
    steps: Vec<Step>,
}

struct Step {
    target: Target,
    edit: Edit,
    after: Vec<u8>,
}

impl Plan {
    /// Adds what this file needs; nothing if it is right already.
    ///
    /// # Errors
    /// If the file is one that cannot be changed.
    pub(crate) fn add(&mut self, journal: &Journal, wish: Wish) -> Result<(), ChangeError> {
        let target = Target::look(&wish.path, wish.mode)?;
        let now = target.content.as_deref();
        let base = base(journal, &target);
        let fail = |reason: String| ChangeError::new(&wish.path, reason);
        let after = match &wish.content {
            Content::Whole(text) => text.as_bytes().to_vec(),
            Content::Line { line, does } => with_line(now, base.as_deref(), line, does),
            Content::Edited(edit) => edited(now, base.as_deref(), edit).map_err(fail)?,
        };
        if now.unwrap_or_default() == after && (now.is_some() || after.is_empty()) {
            return Ok(());
        }
        let change = match &wish.content {
            Content::Whole(_) => Change::whole(base.as_deref(), &after),
            Content::Line { .. } | Content::Edited(_) => Change::part(base.as_deref(), &after),
        };
        let edit = Edit { path: target.path.clone(), of_service: wish.of_service, change };
        self.steps.push(Step { target, edit, after });
        Ok(())
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// All of it as one diff; the user's own files come first.
    pub(crate) fn diff(&self) -> String {
        let diff =
            |step: &&Step| unified(&step.target.path, step.target.content.as_deref(), &step.after);
        let (last, first): (Vec<_>, Vec<_>) =
            self.steps.iter().partition(|step| step.edit.of_service);
        first.iter().chain(&last).map(diff).collect()
    }

    /// The files, one a line.
    pub(crate) fn summary(&self) -> String {
        let line = |step: &Step| format!("writes {}\n", shown_path(&step.target.path));
        self.steps.iter().map(line).collect()
    }

    /// Makes the edits: all of them, or, if one fails, none.
    ///
    /// # Errors
    /// If a file cannot be written, or has changed since it was looked at.
    pub(crate) fn make(
        self,
        disk: &dyn Disk,
        journal: &mut Journal,
        state: &Path,
    ) -> Result<(), ChangeError> {
        let before = journal.clone();
        for step in &self.steps {
            step.target.missing.iter().for_each(|folder| journal.note_directory(folder.clone()));
            journal.edits.push(step.edit.clone());
        }
        let made = journal
            .save(disk, state)
            .and_then(|()| self.steps.iter().try_for_each(|step| step.make(disk)));
        if let Err(error) = made {
            self.take_back(disk, journal, &before, state)?;
            return Err(error);
        }
        // On the disk both may stay: whoever reads the journal does the same.
        journal.forget_replaced();
        Ok(())
    }

    /// After a failure: to what the files were when this began.
    fn take_back(
        &self,
        disk: &dyn Disk,
        journal: &mut Journal,
        before: &Journal,
        state: &Path,
    ) -> Result<(), ChangeError> {
        for step in self.steps.iter().rev() {
            step.unmake(disk)?;
        }
        let new = |folder: &&PathBuf| !before.directories.contains(folder);
        for folder in journal.directories.iter().rev().filter(new) {
            let _ = disk.remove_directory(folder);
        }
        if before.is_empty() {
            take_back(disk, journal, state).map(|_| ())?;
        } else {
            journal.edits = before.edits.clone();
            journal.directories.retain(|folder| folder.exists());
            journal.save(disk, state)?;
        }
        Ok(())
    }
}

impl Step {
    fn make(&self, disk: &dyn Disk) -> Result<(), ChangeError> {
        let fail = |error| ChangeError::new(&self.target.path, error);
        if fs::read(&self.target.path).ok() != self.target.content {
            return Err(ChangeError::new(&self.target.path, "has changed in this moment"));
        }
        for folder in self.target.missing.iter().filter(|folder| !folder.exists()) {
            disk.make_directory(folder).map_err(|error| ChangeError::new(folder, error))?;
        }
        disk.write(&self.target.path, &self.after, self.target.looks).map_err(fail)
    }

    fn unmake(&self, disk: &dyn Disk) -> Result<(), ChangeError> {
        let path = &self.target.path;
        if fs::read(path).ok().as_deref() != Some(&self.after) {
            return Ok(());
        }
        match &self.target.content {
            Some(content) => disk.write(path, content, self.target.looks),
            None => disk.remove(path),
        }
        .map_err(|error| ChangeError::new(path, error))
    }
}

/// What the file would be without what stsd has done to it so far.
fn base(journal: &Journal, target: &Target) -> Option<Vec<u8>> {
    let now = target.content.as_deref();
    match journal.edit_of(&target.path).map(|edit| edit.change.reversal(now)) {
        Some(Reversal::Remove) => None,
        Some(Reversal::Write(before)) => Some(before),
        Some(Reversal::Nothing | Reversal::Keep) | None => target.content.clone(),
    }
}

fn with_line(now: Option<&[u8]>, base: Option<&[u8]>, line: &str, does: &str) -> Vec<u8> {
    let text = now.unwrap_or_default();
    let lines = |text: &[u8]| -> Vec<String> {
        String::from_utf8_lossy(text).lines().map(|line| line.trim().to_owned()).collect()
    };
    if lines(text).iter().any(|known| known == line) {
        return text.to_vec();
    }
    let mut after = base.unwrap_or_default().to_vec();
    if lines(&after).iter().any(|known| known.contains(does) && !known.starts_with('#')) {
        return after;
    }
    if !after.is_empty() && !after.ends_with(b"\n") {
        after.push(b'\n');
    }
    after.extend(line.bytes().chain(*b"\n"));
    after
}

fn edited(now: Option<&[u8]>, base: Option<&[u8]>, edit: &Editing) -> Result<Vec<u8>, String> {
    let text = |bytes: Option<&[u8]>| {
        String::from_utf8(bytes.unwrap_or_default().to_vec()).map_err(|_| "is no text".to_owned())
    };
    let now = text(now)?;
    if edit(&now)? == now {
        return Ok(now.into_bytes());
    }
    edit(&text(base)?).map(String::into_bytes)
}
