//! Who has connected to a door and has yet to say what for, in the order in which they began. A door
//! that is full ends the one that has been silent for longest, so that silence keeps nobody out. Who
//! has sent a whole request is no longer among them, however long its answer takes.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

/// The silent callers of one door.
#[derive(Debug, Default)]
pub(crate) struct Unheard(Mutex<Silent>);

#[derive(Debug, Default)]
struct Silent {
    begun: u64,
    callers: BTreeMap<u64, (Instant, oneshot::Sender<()>)>,
}

impl Unheard {
    /// What comes of listening, or nothing if the door had no more time for it.
    ///
    /// Who has said everything already is never among the silent.
    pub(crate) async fn listen<T>(&self, listening: impl Future<Output = T>) -> Option<T> {
        let mut listening = pin!(listening);
        let mut turn = None;
        let heard = poll_fn(|context| {
            if let Poll::Ready(heard) = listening.as_mut().poll(context) {
                return Poll::Ready(Some(heard));
            }
            let turn = turn.get_or_insert_with(|| self.begin());
            Pin::new(&mut turn.ended).poll(context).map(|_| None)
        });
        heard.await
    }

    /// Ends the caller that has been silent for longest, once it has had its [`GRACE`]. That somebody
    /// has ended is seen where its place is; so this goes on until it is dropped. Who spoke just as it
    /// was ended is heard, and the next one ended a [`GRACE`] later.
    pub(crate) async fn make_room(&self) -> Infallible {
        loop {
            let due = self.end_one().err().unwrap_or_else(|| Instant::now() + GRACE);
            sleep_until(due).await;
        }
    }

    fn begin(&self) -> Turn<'_> {
        let (end, ended) = oneshot::channel();
        let mut silent = self.silent();
        silent.begun += 1;
        let number = silent.begun;
        silent.callers.insert(number, (Instant::now(), end));
        Turn { unheard: self, number, ended }
    }

    /// Or says when to look again.
    fn end_one(&self) -> Result<(), Instant> {
        let mut silent = self.silent();
        let now = Instant::now();
        let Some(first) = silent.callers.first_entry() else { return Err(now + GRACE) };
        let due = first.get().0 + GRACE;
        if due > now {
            return Err(due);
        }
        // Who has left meanwhile does not hear of it.
        let _ = first.remove().1.send(());
        Ok(())
    }

    fn silent(&self) -> MutexGuard<'_, Silent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One caller's place among the silent.
struct Turn<'a> {
    unheard: &'a Unheard,
    number: u64,
    ended: oneshot::Receiver<()>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.unheard.silent().callers.remove(&self.number);
    }
}

/// How long a full door listens all the same. A caller sends its request in the same breath as it
/// connects; and a queue of 4,096 in front of 2,048 places moves on within two of these, sooner than
/// any SDK gives up (1 s).
pub(crate) const GRACE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::Arc;

    use tokio::sync::oneshot;
    use tokio::task::{JoinHandle, yield_now};
    use tokio::time::{Instant, timeout};

    use super::{Duration, GRACE, Unheard};

    fn listen(unheard: &Arc<Unheard>) -> (oneshot::Sender<()>, JoinHandle<bool>) {
        let (says, said) = oneshot::channel();
        let unheard = Arc::clone(unheard);
        let listening = async move { unheard.listen(said).await.is_some() };
        (says, tokio::spawn(listening))
    }

    async fn make_room_for(unheard: &Unheard, time: Duration) {
        timeout(time, unheard.make_room()).await.unwrap_err();
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_silence_ends_first_and_not_before_its_grace() {
        let unheard = Arc::new(Unheard::default());
        let (_first_says, first) = listen(&unheard);
        yield_now().await;
        tokio::time::advance(GRACE / 2).await;
        let (second_says, second) = listen(&unheard);
        yield_now().await;
        let began = Instant::now();
        make_room_for(&unheard, GRACE / 2 - Duration::from_millis(2)).await;
        assert!(!first.is_finished(), "it has not had its grace");
        make_room_for(&unheard, GRACE / 2).await;
        assert!(!first.await.unwrap() && began.elapsed() >= GRACE / 2);
        // Only one each time, though the second has had its grace too.
        tokio::time::advance(GRACE).await;
        second_says.send(()).unwrap();
        assert!(second.await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn where_nobody_is_silent_a_full_door_looks_again_after_a_grace_and_not_at_once() {
        let due = Unheard::default().end_one().unwrap_err();
        assert_eq!(due, Instant::now() + GRACE);
    }

    #[tokio::test(start_paused = true)]
    async fn who_speaks_just_as_it_is_ended_leaves_it_to_the_next_one() {
        let unheard = Arc::new(Unheard::default());
        let (first_says, first) = listen(&unheard);
        let (_second_says, second) = listen(&unheard);
        yield_now().await;
        tokio::time::advance(GRACE).await;
        // It has not run since.
        first_says.send(()).unwrap();
        make_room_for(&unheard, GRACE * 3 / 2).await;
        assert!(first.await.unwrap(), "it was heard");
        assert!(second.is_finished() && !second.await.unwrap(), "there is no room yet");
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_spoken_is_not_ended_and_leaves_nothing_behind() {
        let unheard = Arc::new(Unheard::default());
        assert_eq!(unheard.listen(ready(7)).await, Some(7));
        let (says, spoke) = listen(&unheard);
        let (_silent_says, silent) = listen(&unheard);
        yield_now().await;
        says.send(()).unwrap();
        assert!(spoke.await.unwrap());
        make_room_for(&unheard, GRACE * 2).await;
        assert!(!silent.await.unwrap());
        timeout(GRACE, unheard.listen(pending::<()>())).await.unwrap_err();
        assert!(unheard.silent().callers.is_empty());
    }
}
