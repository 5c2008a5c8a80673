//! The accept loop: a permit before a connection, the caller's check before its first byte, a pause
//! after an error, and a drain at the end. Nothing that happens to one connection ends the loop.

use std::future::{Future, poll_fn};
use std::io;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::warn;

use super::{Door, Shutdown, exchange};
use crate::caller::{Caller, Refused};

/// How many connections one door has open at once; the next ones wait in the kernel's queue. No
/// smaller cap per caller: a build of a thousand processes is one caller.
pub const CONNECTIONS: usize = 2048;

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
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut backoff = Backoff::default();
    let mut requested = pin!(shutdown.requested());
    let deadline = loop {
        let (stream, permit) = tokio::select! {
            biased;
            deadline = &mut requested => break deadline,
            Some(ended) = connections.join_next() => {
                reap(ended);
                continue;
            }
            next = next(&listener, &permits, &mut backoff, door.name()) => next,
        };
        let caller = match admit(&stream) {
            Ok(caller) => {
                door.admitted(&caller);
                caller
            }
            Err(refused) => {
                door.turned_away(&refused);
                L::reset(stream);
                continue;
            }
        };
        let door = Arc::clone(&door);
        let mut exchange = Box::pin(async move {
            if let Some(unanswered) = exchange(stream, &*door, caller).await {
                L::reset(unanswered);
            }
            drop(permit);
        });
        // Mostly the request is there and its answer in memory: then no task is needed.
        let is_over = poll_fn(|context| Poll::Ready(exchange.as_mut().poll(context).is_ready()));
        if !is_over.await {
            connections.spawn(exchange);
        }
    };
    drop(listener);
    drain(connections, deadline, door.name()).await;
}

/// A permit, and then a connection: while all permits are out the kernel's queue holds the callers.
async fn next<L: Listener>(
    listener: &L,
    permits: &Arc<Semaphore>,
    backoff: &mut Backoff,
    door: &'static str,
) -> (L::Stream, OwnedSemaphorePermit) {
    loop {
        let Ok(permit) = Arc::clone(permits).acquire_owned().await else {
            // Nobody closes the semaphore; were it closed, no connection would be allowed.
            return std::future::pending().await;
        };
        match listener.accept().await {
            Ok(stream) => {
                *backoff = Backoff::default();
                return (stream, permit);
            }
            Err(error) => {
                let pause = backoff.pause();
                warn!(door, %error, ?pause, "could not accept a connection");
                sleep(pause).await;
            }
        }
    }
}

async fn drain(mut connections: JoinSet<()>, deadline: Instant, door: &'static str) {
    let all = async {
        while let Some(ended) = connections.join_next().await {
            reap(ended);
        }
    };
    if timeout_at(deadline, all).await.is_err() {
        warn!(door, cut = connections.len(), "cut connections at the end");
        connections.shutdown().await;
    }
}

/// A panic in one connection is a defect that may have left anything behind: it ends the daemon.
fn reap(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        resume_unwind(error.into_panic());
    }
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
