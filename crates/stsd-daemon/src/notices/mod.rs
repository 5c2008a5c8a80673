//! The room of desktop notices: hears of refusals, looks at sessions that come to their end, and
//! shows what is due. What is due is decided in [`crate::state`]; nobody waits for anything in here.

mod messenger;
#[cfg(test)]
mod tests;

use std::future::pending;
use std::sync::Arc;

use stsd_protocol::Refusal;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use crate::clock::Clock;
use crate::state::{Notice, Occasions, Refused, Table};

pub use messenger::Messenger;

/// Where the doors tell of refusals. Without a room behind it, it is silent.
#[derive(Clone, Debug, Default)]
pub struct Bell(Option<mpsc::Sender<Refused>>);

impl Bell {
    /// A bell, and where it is heard.
    pub fn new() -> (Self, mpsc::Receiver<Refused>) {
        let (bell, refusals) = mpsc::channel(WAITING);
        (Self(Some(bell)), refusals)
    }

    /// A tool was refused a profile (`None`: the configured default).
    pub fn ring(&self, profile: Option<&str>, refusal: &Refusal) {
        let Some(bell) = &self.0 else { return };
        // A loop of refusals is one occasion, and its rest need not be heard.
        let Ok(place) = bell.try_reserve() else { return };
        place.send(Refused { profile: profile.map(str::to_owned), refusal: refusal.clone() });
    }
}

/// Shows notices until nobody can ring any more.
pub async fn run<C: Clock>(
    clock: C,
    refusals: mpsc::Receiver<Refused>,
    snapshots: watch::Receiver<Arc<Table>>,
    messenger: Messenger,
) {
    let (notices, shown) = mpsc::unbounded_channel();
    tokio::join!(decide(clock, refusals, snapshots, notices), messenger.show_all(shown));
}

/// Few notices come out of this, however much goes in: see [`Occasions`].
async fn decide<C: Clock>(
    clock: C,
    mut refusals: mpsc::Receiver<Refused>,
    mut snapshots: watch::Receiver<Arc<Table>>,
    notices: mpsc::UnboundedSender<Notice>,
) {
    let mut occasions = Occasions::default();
    // The other half of this task is gone only together with this one.
    let show = |notice| drop(notices.send(notice));
    loop {
        // Not looked at over the wait: a lock shall be the end of what is in it.
        let nap = {
            let (table, now) = (snapshots.borrow_and_update(), clock.now());
            occasions.ends(&table, now).into_iter().for_each(show);
            Occasions::nap(&table, now)
        };
        let nap = async {
            match nap {
                Some(nap) => sleep(nap).await,
                None => pending().await,
            }
        };
        tokio::select! {
            refused = refusals.recv() => {
                let Some(refused) = refused else { return };
                let notice = occasions.refused(&refused, &snapshots.borrow(), clock.now());
                notice.into_iter().for_each(show);
            }
            changed = snapshots.changed() => if changed.is_err() { return },
            () = nap => {}
        }
    }
}

/// How many refusals may wait to be heard.
const WAITING: usize = 64;
