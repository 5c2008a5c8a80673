//! A door whose listening socket can be exchanged for another while somebody waits at it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::Listener;

/// Where to wait for connections at this moment.
#[derive(Debug)]
pub struct Standing<L> {
    current: Mutex<Arc<L>>,
    exchanged: Notify,
}

impl<L> Standing<L> {
    /// Begins with this one.
    pub fn new(listener: L) -> Self {
        Self { current: Mutex::new(Arc::new(listener)), exchanged: Notify::new() }
    }

    /// Waits at this one from now on. What is in the old one's queue is closed with it.
    pub fn exchange(&self, listener: L) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(listener);
        self.exchanged.notify_one();
    }

    fn current(&self) -> Arc<L> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<L: Listener> Listener for Arc<Standing<L>> {
    type Stream = L::Stream;

    async fn accept(&self) -> io::Result<Self::Stream> {
        loop {
            let current = self.current();
            tokio::select! {
                biased;
                // Kept if there was no accept at that moment.
                () = self.exchanged.notified() => {}
                accepted = current.accept() => return accepted,
            }
        }
    }

    fn reset(stream: Self::Stream) {
        L::reset(stream);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use tokio::sync::{Mutex, mpsc};
    use tokio::task::yield_now;

    use super::{Listener, Standing};

    struct Fake(Mutex<mpsc::UnboundedReceiver<tokio::io::DuplexStream>>);

    impl Listener for Fake {
        type Stream = tokio::io::DuplexStream;

        async fn accept(&self) -> io::Result<Self::Stream> {
            self.0.lock().await.recv().await.ok_or_else(|| io::ErrorKind::BrokenPipe.into())
        }

        fn reset(_: Self::Stream) {}
    }

    fn fake() -> (mpsc::UnboundedSender<tokio::io::DuplexStream>, Fake) {
        let (incoming, accepted) = mpsc::unbounded_channel();
        (incoming, Fake(Mutex::new(accepted)))
    }

    #[tokio::test]
    async fn who_waits_at_the_old_socket_hears_who_comes_to_the_new_one() {
        let (_old, listener) = fake();
        let standing = Arc::new(Standing::new(listener));
        let door = Arc::clone(&standing);
        let waiting = tokio::spawn(async move { door.accept().await.is_ok() });
        yield_now().await;
        let (new, listener) = fake();
        standing.exchange(listener);
        new.send(tokio::io::duplex(1).0).unwrap();
        assert!(waiting.await.unwrap());
        // Also if nobody waited at that moment.
        let (newest, listener) = fake();
        standing.exchange(listener);
        newest.send(tokio::io::duplex(1).0).unwrap();
        standing.accept().await.unwrap();
    }
}
