//! `stsd setup --undo`: the service goes, every file is as it was, and the journal goes last.

use super::session::disconnect;
use crate::changes::{Journal, take_back, take_back_edits};
use crate::commands::service::{Installation, tell_kept};
use crate::failure::Failure;
use crate::show::print;

pub(super) fn run(installation: &Installation<'_>, is_trial: bool) -> Result<(), Failure> {
    let state = &installation.places.state;
    let journal = Journal::read(state)?;
    if journal.is_empty() {
        if !is_trial {
            // Of a run that was killed right before its end, or right after its beginning.
            take_back(installation.disk, &journal, state)?;
        }
        return print("there is nothing to take back\n");
    }
    print(&journal.summary())?;
    if is_trial {
        return Ok(());
    }
    installation.switch_off(&journal)?;
    let kept = take_back_edits(installation.disk, &journal, |_| true)?;
    installation.read_files_again()?;
    disconnect(installation, &journal);
    take_back(installation.disk, &journal, state)?;
    tell_kept(&kept);
    print(DONE)
}

const DONE: &str = "everything is as it was before; the sessions have ended\n\
                    shells that are connected stay so until they end, or until: eval \"$(stsd env --undo)\"\n";
