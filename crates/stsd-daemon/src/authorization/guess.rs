//! The table of guessers as the doors use it.

use std::sync::{Mutex, PoisonError};

use tokio::time::{Instant, sleep};

use super::Authorization;
use super::guessers::{Guessers, LATE, Pace, Sender};
use crate::caller::Caller;

/// Nothing is said to a guesser: too many of its answers wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Authorization {
    /// Keeps a caller whose authorization token was wrong from its answer as long as that takes.
    ///
    /// # Errors
    /// If it gets none.
    pub(crate) async fn was_wrong(&self, caller: &Caller) -> Result<(), TooMany> {
        let sender = Sender::of(caller);
        match self.with_guessers(|guessers| guessers.wrong(sender, Instant::now())) {
            Pace::AtOnce => Ok(()),
            Pace::Never => Err(TooMany),
            Pace::Late => {
                // Also when the caller leaves, and this future with it.
                let _waiting = Waiting { sender, guessers: &self.guessers };
                sleep(LATE).await;
                Ok(())
            }
        }
    }

    fn with_guessers<T>(&self, act: impl FnOnce(&mut Guessers) -> T) -> T {
        act(&mut self.guessers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One of the answers that wait.
struct Waiting<'a> {
    sender: Sender,
    guessers: &'a Mutex<Guessers>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.guessers.lock().unwrap_or_else(PoisonError::into_inner).waited(self.sender);
    }
}
