//! Whether a gateway that was asked something still lives. Without a sign of it a stopped process would
//! keep whoever waits as long as a slow STS may: this tells the two apart.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

/// The signs of life of one process.
#[derive(Debug)]
pub(super) struct Pulse {
    next: Instant,
    /// Looks in a row before which nothing came. Not a length of time: a daemon that stood still itself
    /// has looked once when it wakes, however long that was.
    silent: u32,
    /// Signs that were asked for and have not come.
    owed: u32,
}

impl Pulse {
    /// It has been asked nothing yet.
    pub(super) fn new() -> Self {
        Self { next: Instant::now() + EVERY, silent: 0, owed: 0 }
    }

    /// From now on it should live.
    pub(super) fn begin(&mut self) {
        (self.next, self.silent) = (Instant::now() + EVERY, 0);
    }

    /// When to look.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// It has answered.
    pub(super) fn answered(&mut self) {
        self.silent = 0;
    }

    /// It has shown that it lives.
    ///
    /// # Errors
    /// If nobody asked it to.
    pub(super) fn sign(&mut self) -> io::Result<()> {
        let unasked =
            || io::Error::new(io::ErrorKind::InvalidData, "a sign of life that nobody asked for");
        self.owed = self.owed.checked_sub(1).ok_or_else(unasked)?;
        self.silent = 0;
        Ok(())
    }

    /// Looks, after which another sign is to be asked for.
    ///
    /// # Errors
    /// If there was none for too long.
    pub(super) fn look(&mut self) -> io::Result<()> {
        self.silent += 1;
        if self.silent >= MOST {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it shows no sign of life"));
        }
        self.owed += 1;
        self.next = Instant::now() + EVERY;
        Ok(())
    }
}

const EVERY: Duration = Duration::from_secs(1);

/// A call that is made once more is answered within twice this, so that whoever types `stsd whoami` waits
/// 12 s at most for two processes that stand still. A gateway that lives answers within milliseconds; one
/// that is starved for so long is as good as gone.
const MOST: u32 = 6;
