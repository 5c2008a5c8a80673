//! How the accept loops learn that the daemon ends, and how long the connections that are open then
//! may take.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// A pair: whoever holds the [`Stop`] ends everything that holds a copy of the [`Shutdown`].
pub fn shutdown() -> (Stop, Shutdown) {
    let (sender, receiver) = watch::channel(None);
    (Stop(sender), Shutdown(receiver))
}

/// Ends the accept loops. Dropping it ends them too, and at once.
#[derive(Debug)]
pub struct Stop(watch::Sender<Option<Instant>>);

impl Stop {
    /// No connection is accepted from now on; those that are open have `drain` to finish.
    pub fn within(&self, drain: Duration) {
        self.0.send_replace(Some(Instant::now() + drain));
    }
}

/// Says when to stop.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<Option<Instant>>);

impl Shutdown {
    /// Waits for the end to be announced; gives the moment at which open connections are cut.
    pub(crate) async fn requested(mut self) -> Instant {
        let announced = self.0.wait_for(Option::is_some).await;
        announced.ok().and_then(|deadline| *deadline).unwrap_or_else(Instant::now)
    }
}
