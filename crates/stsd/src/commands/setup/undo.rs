//! `stsd setup --undo`: the service goes, every file is as it was, and the journal goes last.

use stsd_protocol::control::{STATUS, Status};

use super::finish::evaluated;
use super::session::disconnect;
use crate::changes::{Journal, take_back, take_back_edits};
use crate::client::{self, Client};
use crate::commands::service::{Installation, tell_kept};
use crate::failure::Failure;
use crate::show::{print, warn};

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
    // Asked while the way to it is still written down.
    let daemon = running_daemon();
    let kept = take_back_edits(installation.disk, &journal, |_| true)?;
    installation.read_files_again()?;
    disconnect(installation, &journal);
    take_back(installation.disk, &journal, state)?;
    tell_kept(&kept);
    if let Some(pid) = daemon {
        warn(&format!("stsd-daemon runs on with its sessions; `kill {pid}` ends it"));
    }
    print(&format!("{DONE}{}\n", evaluated("stsd env --undo")))
}

/// One that was started by hand: the service's has ended by now.
fn running_daemon() -> Option<u32> {
    let body = Client::new().question(STATUS).ok()?;
    client::read::<Status>(&body).ok().map(|status| status.pid)
}

const DONE: &str = "everything is as it was before, and the service's sessions have ended\n\
                    shells that are connected stay so until they end, or until: ";
