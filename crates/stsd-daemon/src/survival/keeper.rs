//! Everything that the owner of the state has kept, in one: the files that last, and the record.

use std::time::Duration;

use super::Survival;
use crate::clock::Now;
use crate::owner::{Keeper, Kept};
use crate::state::{Remembered, State};
use crate::state_directory::StateDirectory;

/// The owner's keeper in the real daemon.
#[derive(Debug)]
pub struct Keeping {
    /// What outlasts the machine.
    pub directory: StateDirectory,
    /// What outlasts the daemon.
    pub survival: Survival,
}

impl Keeper for Keeping {
    fn remember(&mut self, remembered: &Remembered) -> Kept {
        self.directory.remember(remembered)
    }

    fn keep(&mut self, state: &State, now: Now) -> Option<Duration> {
        self.survival.keep(state, now)
    }

    fn publish_view(&mut self, view: &str) {
        self.directory.publish_view(view);
    }
}
