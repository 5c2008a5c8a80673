//! Makes the files of the Unix sockets again when somebody has removed them, or their whole directory, or
//! when a daemon that was killed has left its own there: without them no client finds the daemon, whatever
//! it holds. What somebody else has put in their place stays.

use std::os::unix::net as unix;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{error, warn};

use crate::listeners::{Claim, ListenersError};
use crate::wire::{EagerListener, Standing};

/// A Unix door whose socket can be exchanged.
pub(super) type UnixDoor = Arc<Standing<EagerListener<unix::UnixListener>>>;

/// The claim, to be dropped last.
pub(super) type SharedClaim = Arc<Mutex<Claim>>;

/// Looks after the socket files.
pub(super) struct SocketFiles {
    pub(super) claim: SharedClaim,
    pub(super) doors: Vec<(PathBuf, UnixDoor)>,
}

impl SocketFiles {
    /// Looks each time that the other files are looked at.
    pub(super) async fn run(self, mut rounds: watch::Receiver<()>) {
        let mut not_before = Instant::now();
        while rounds.changed().await.is_ok() {
            if Instant::now() < not_before {
                continue;
            }
            if let Err(error) = self.look() {
                error!(%error, "could not make the socket's file again");
                not_before = Instant::now() + PAUSE;
            }
        }
        // Its other end ends with the daemon.
        std::future::pending().await
    }

    fn look(&self) -> Result<(), ListenersError> {
        for (path, door) in &self.doors {
            let mut claim = self.claim.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(listener) = claim.restore(path, EagerListener::unix)? {
                warn!(socket = %path.display(), "the socket's file was removed, or is another daemon's that is gone; listening at a new one");
                door.exchange(listener);
            }
        }
        Ok(())
    }
}

/// Where there is no directory to make it in, or no room.
const PAUSE: Duration = Duration::from_secs(30);
