//! The connections that one door has open, as many as it has places. Who can be answered at once needs
//! none; who cannot, at a door that is full, waits on the threshold until a place is free, and has the
//! longest silence ended for it.

use std::future::{Future, pending, poll_fn};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::{Seldom, Unheard};

/// How many connections one door has open at once; the next ones wait in the kernel's queue. No
/// smaller cap per caller: a build of a thousand processes is one caller.
pub const CONNECTIONS: usize = 2048;

/// A connection from accept to its end.
pub(super) type Exchange = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Everybody who has been let in at one door.
pub(super) struct Crowd {
    door: &'static str,
    places: JoinSet<()>,
    threshold: Option<Exchange>,
    /// Those among them who have not said what they want.
    pub(super) unheard: Arc<Unheard>,
    full: Seldom,
}

impl Crowd {
    pub(super) fn new(door: &'static str) -> Self {
        let (places, unheard) = (JoinSet::new(), Arc::default());
        Self { door, places, threshold: None, unheard, full: Seldom::default() }
    }

    /// Whether somebody may come in. If not, something has to move first.
    pub(super) fn has_room(&self) -> bool {
        self.threshold.is_none()
    }

    /// Lets somebody in. Mostly the request is there and its answer in memory: then it ends here.
    pub(super) async fn enter(&mut self, mut exchange: Exchange) {
        if poll_fn(|context| Poll::Ready(exchange.as_mut().poll(context).is_ready())).await {
            return;
        }
        if self.places.len() < CONNECTIONS {
            self.places.spawn(exchange);
            return;
        }
        if let Some(unsaid) = self.full.speak() {
            warn!(
                door = self.door,
                unsaid, "all places are taken; who says nothing has to leave early"
            );
        }
        self.threshold = Some(exchange);
    }

    /// Waits until somebody leaves. Dropping the future changes nothing.
    pub(super) async fn moves(&mut self) {
        let Self { places, threshold, unheard, .. } = self;
        let somebody_waits = threshold.is_some();
        tokio::select! {
            biased;
            Some(ended) = places.join_next() => {
                reap(ended);
                if let Some(next) = threshold.take() {
                    places.spawn(next);
                }
            }
            () = on(threshold) => *threshold = None,
            never = unheard.make_room(), if somebody_waits => match never {},
        }
    }

    /// Waits for everybody, until the deadline.
    pub(super) async fn leave(mut self, deadline: Instant) {
        self.places.extend(self.threshold.take());
        let all = async {
            while let Some(ended) = self.places.join_next().await {
                reap(ended);
            }
        };
        if timeout_at(deadline, all).await.is_err() {
            warn!(door = self.door, cut = self.places.len(), "cut connections at the end");
            self.places.shutdown().await;
        }
    }
}

/// The one on the threshold goes on meanwhile.
async fn on(threshold: &mut Option<Exchange>) {
    match threshold {
        Some(exchange) => exchange.await,
        None => pending().await,
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
