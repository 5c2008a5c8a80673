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
pub struct Bell(Option<mpsc::Sender<Heard>>);

/// What a bell tells.
#[derive(Debug)]
pub enum Heard {
    /// A tool was refused something.
    Refused(Refused),
    /// A person is asked for the code of this identity.
    Asked(String),
}

impl Bell {
    /// A bell, and where it is heard.
    pub fn new() -> (Self, mpsc::Receiver<Heard>) {
        let (bell, heard) = mpsc::channel(WAITING);
        (Self(Some(bell)), heard)
    }

    /// A tool was refused a profile (`None`: the configured default).
    pub fn ring(&self, profile: Option<&str>, refusal: &Refusal) {
        self.tell(|| {
            let profile = profile.map(str::to_owned);
            Heard::Refused(Refused { profile, refusal: refusal.clone() })
        });
    }

    /// A person is asked for the code of this identity.
    pub fn a_person_is_asked(&self, identity: &str) {
        self.tell(|| Heard::Asked(identity.to_owned()));
    }

    fn tell(&self, what: impl FnOnce() -> Heard) {
        let Some(bell) = &self.0 else { return };
        // A loop of refusals is one occasion, and its rest need not be heard.
        if let Ok(place) = bell.try_reserve() {
            place.send(what());
        }
    }
}

/// Shows notices until nobody can ring any more.
pub async fn run<C: Clock>(
    clock: C,
    heard: mpsc::Receiver<Heard>,
    snapshots: watch::Receiver<Arc<Table>>,
    messenger: Messenger,
) {
    let (notices, shown) = mpsc::unbounded_channel();
    tokio::join!(decide(clock, heard, snapshots, notices), messenger.show_all(shown));
}

/// Few notices come out of this, however much goes in: see [`Occasions`].
async fn decide<C: Clock>(
    clock: C,
    mut heard: mpsc::Receiver<Heard>,
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
            occasions.due(&table, now).into_iter().for_each(show);
            occasions.nap(&table, now)
        };
        let nap = async {
            match nap {
                Some(nap) => sleep(nap).await,
                None => pending().await,
            }
        };
        tokio::select! {
            heard = heard.recv() => match heard {
                Some(Heard::Refused(refused)) => {
                    let notice = occasions.refused(&refused, &snapshots.borrow(), clock.now());
                    notice.into_iter().for_each(show);
                }
                Some(Heard::Asked(identity)) => occasions.a_person_is_asked(&identity),
                None => return,
            },
            changed = snapshots.changed() => if changed.is_err() { return },
            () = nap => {}
        }
    }
}

/// How much may wait to be heard.
const WAITING: usize = 64;
