//! The accept loop: the caller's check before its first byte, a pause after an error, and a drain at
//! the end. Nothing that happens to one connection ends the loop.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;
use tracing::warn;

use super::crowd::{Crowd, Exchange};
use super::{Door, Shutdown, Unheard, exchange};
use crate::caller::{Caller, Refused};

/// A listening socket, as the accept loop sees it.
pub trait Listener: Send + Sync + 'static {
    /// One connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection. Dropping the future loses none.
    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Closes a connection that was not admitted so that the caller sees a reset where the
    /// transport has one: it learns nothing, and no state stays here.
    fn reset(stream: Self::Stream);
}

/// Serves until the shutdown, then waits for the open connections until its deadline.
///
/// `admit` is asked right after accept, before a byte is read; whom it refuses gets a reset.
pub(crate) async fn run<L, D, A>(listener: L, admit: A, door: Arc<D>, shutdown: Shutdown)
where
    L: Listener,
    D: Door,
    A: Fn(&L::Stream) -> Result<Caller, Refused> + Send,
{
    let mut crowd = Crowd::new(door.name());
    let mut backoff = Backoff::default();
    let mut requested = pin!(shutdown.requested());
    let deadline = loop {
        let has_room = crowd.has_room();
        tokio::select! {
            biased;
            deadline = &mut requested => break deadline,
            () = crowd.moves() => {}
            stream = next(&listener, &mut backoff, door.name()), if has_room => {
                match admit(&stream) {
                    Ok(caller) => {
                        door.admitted(&caller);
                        let unheard = Arc::clone(&crowd.unheard);
                        crowd.enter(serve::<L, D>(stream, caller, Arc::clone(&door), unheard)).await;
                    }
                    Err(refused) => {
                        door.turned_away(&refused);
                        L::reset(stream);
                    }
                }
            }
        }
    };
    drop(listener);
    crowd.leave(deadline).await;
}

/// The next connection, whatever accept says before.
async fn next<L: Listener>(listener: &L, backoff: &mut Backoff, door: &'static str) -> L::Stream {
    loop {
        match listener.accept().await {
            Ok(stream) => {
                *backoff = Backoff::default();
                return stream;
            }
            Err(error) => {
                let pause = backoff.pause();
                warn!(door, %error, ?pause, "could not accept a connection");
                sleep(pause).await;
            }
        }
    }
}

/// The one exchange of a connection.
fn serve<L: Listener, D: Door>(
    stream: L::Stream,
    caller: Caller,
    door: Arc<D>,
    unheard: Arc<Unheard>,
) -> Exchange {
    Box::pin(async move {
        if let Some(unanswered) = exchange(stream, &*door, caller, &unheard).await {
            L::reset(unanswered);
        }
    })
}

/// How long to wait after an error of accept: out of descriptors, out of memory, or a caller that
/// left. From 5 ms, doubling to 1 s, so that neither the log nor a core is filled.
#[derive(Debug, Default)]
struct Backoff {
    errors: u32,
}

impl Backoff {
    fn pause(&mut self) -> Duration {
        let pause = FIRST_PAUSE * (1 << self.errors.min(8));
        self.errors = self.errors.saturating_add(1);
        pause.min(LONGEST_PAUSE)
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
