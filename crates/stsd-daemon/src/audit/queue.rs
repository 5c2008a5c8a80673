//! What lies between those who tell and the one who writes: a lock that is held for as long as a push
//! takes. Telling wakes the writer where it sleeps for good, and otherwise costs no system call.

use std::collections::VecDeque;
use std::hash::RandomState;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::flood::{Counted, Flood, Full};
use super::note::{Note, Seen, Who};
use crate::caller::Caller;
use crate::clock::{Clock, SystemClock};
use crate::state::Table;

#[derive(Debug, Default)]
pub(super) struct Queue {
    inner: Mutex<Inner>,
    changed: Condvar,
    /// The writer has no time to look for callers.
    busy: AtomicBool,
    hasher: RandomState,
    /// Which names are a profile's; before there is one, none is.
    snapshots: OnceLock<watch::Receiver<Arc<Table>>>,
}

#[derive(Debug, Default)]
struct Inner {
    notes: VecDeque<Note>,
    /// When the first of them came.
    oldest: Option<Instant>,
    arrivals: VecDeque<Arrival>,
    flood: Flood<Note>,
    /// Since the last record of them.
    dropped: u64,
    /// With the writer, which has not said yet what became of them.
    at_hand: u64,
    /// Why nothing can be written.
    obstacle: Option<String>,
    sleep: Sleep,
    phase: Phase,
}

/// Somebody came to a door.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) caller: Caller,
    /// By the boot clock.
    pub(super) at: Duration,
}

/// How the writer sleeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sleep {
    #[default]
    Awake,
    /// It will look again by itself in a moment; only an arrival is worth waking it.
    Light,
    /// Until it is woken.
    Deep,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Going,
    /// Write what is left.
    Ending,
    Ended,
}

/// What the writer has to do.
#[derive(Debug)]
pub(super) enum Work {
    /// Look who it is, at once.
    LookFor(Arrival),
    /// Write these, of which so many are missing before.
    Write { notes: Vec<Note>, dropped: u64 },
    /// Write what there is, and leave.
    End { notes: Vec<Note>, dropped: u64 },
}

impl Queue {
    /// A caller was admitted. Where they come faster than anybody can look, this one is not looked at.
    pub(super) fn look_for(&self, caller: Caller) {
        if self.busy.load(Ordering::Relaxed) {
            return;
        }
        let mut inner = self.lock();
        if inner.arrivals.len() < MOST_ARRIVALS {
            inner.arrivals.push_back(Arrival { caller, at: SystemClock.now().boot });
        }
        if inner.sleep != Sleep::Awake {
            inner.sleep = Sleep::Awake;
            self.changed.notify_one();
        }
    }

    /// Something was seen: to be written, or merely counted.
    pub(super) fn take(&self, seen: &Seen<'_>, clock: impl Clock) {
        let now = clock.now();
        let table = self.snapshots.get().map(|snapshots| Arc::clone(&snapshots.borrow()));
        let seen = seen.known_to(table.as_deref());
        let note = || seen.note(now.date());
        let Some(allowance) = seen.allowance() else {
            self.put(note());
            return;
        };
        let key = seen.key(&self.hasher);
        let mut inner = self.lock();
        // What is merely counted wakes nobody: the writer knows when the window closes.
        match inner.flood.sees(key, allowance, now, note) {
            Ok(Some(note)) => {
                inner.push(note);
                self.wake(inner);
            }
            Ok(None) => {}
            Err(Full) => {
                let note = || seen.note_of_a_crowd(now.date());
                inner.flood.crowds(seen.crowd_key(&self.hasher), now, note);
            }
        }
    }

    /// Says which names are a profile's from now on.
    pub(super) fn knows_by(&self, snapshots: watch::Receiver<Arc<Table>>) {
        // There is one start, so nothing stands there yet.
        let _ = self.snapshots.set(snapshots);
    }

    /// Something is to be written in any case.
    pub(super) fn put(&self, note: Note) {
        let mut inner = self.lock();
        inner.push(note);
        self.wake(inner);
    }

    fn wake(&self, mut inner: MutexGuard<'_, Inner>) {
        if inner.sleep == Sleep::Deep {
            inner.sleep = Sleep::Awake;
            self.changed.notify_one();
        }
    }

    /// Waits for something to do. `rests` is how long what is to be written may wait for more of it:
    /// an hour of requests is not an hour of writes.
    pub(super) fn work(&self, rests: Duration) -> Work {
        let mut inner = self.lock();
        let begun = Instant::now();
        loop {
            let now = Instant::now();
            let rest = (inner.oldest.unwrap_or(begun) + rests).saturating_duration_since(now);
            let is_due = rest.is_zero() && inner.has_something() && inner.phase == Phase::Going;
            // Callers come one after the other: what is due to be written does not wait for the last.
            if !is_due && let Some(arrival) = inner.arrivals.pop_front() {
                return Work::LookFor(arrival);
            }
            if inner.phase != Phase::Going {
                let counted = inner.flood.end();
                let (notes, dropped) = inner.collect(counted);
                return Work::End { notes, dropped };
            }
            let now = SystemClock.now();
            let counted = inner.flood.due(now);
            if !counted.is_empty() || is_due {
                let (notes, dropped) = inner.collect(counted);
                return Work::Write { notes, dropped };
            }
            let closes = inner.flood.closes().map(|closes| closes.saturating_sub(now.boot));
            let rest = Some(rest).filter(|rest| !rest.is_zero());
            inner = self.nap(inner, rest.into_iter().chain(closes).min());
        }
    }

    fn nap<'a>(
        &'a self,
        mut inner: MutexGuard<'a, Inner>,
        longest: Option<Duration>,
    ) -> MutexGuard<'a, Inner> {
        // Within a short nap what comes can wait; a window that closes in a minute keeps nobody waiting.
        let short = longest.is_some_and(|nap| nap <= SHORT);
        inner.sleep = if short { Sleep::Light } else { Sleep::Deep };
        let mut inner = match longest {
            Some(nap) => {
                let woken = self.changed.wait_timeout(inner, nap);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner),
        };
        inner.sleep = Sleep::Awake;
        inner
    }

    /// Whether arrivals are looked at.
    pub(super) fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }

    /// So many records could not be written, those that were missing before among them.
    pub(super) fn lost(&self, records: u64, reason: &str) {
        let mut inner = self.lock();
        inner.at_hand = 0;
        inner.dropped += records;
        inner.obstacle = Some(reason.to_owned());
    }

    /// Nothing can be written at all.
    pub(super) fn obstructed(&self, reason: &str) {
        self.lost(0, reason);
    }

    /// What was to be written has been.
    pub(super) fn went_well(&self) {
        let mut inner = self.lock();
        inner.at_hand = 0;
        inner.obstacle = None;
    }

    /// What `stsd status` says.
    pub(super) fn obstacle(&self) -> Option<String> {
        let inner = self.lock();
        let reason = inner.obstacle.as_ref()?;
        // Those that are still to come are missing too.
        let waiting: u64 = inner.notes.iter().map(|note| note.count).sum();
        let missing = match inner.dropped + inner.at_hand + waiting {
            1 => "1 record is missing".to_owned(),
            records => format!("{records} records are missing"),
        };
        Some(format!("it cannot be written ({reason}), and {missing} so far"))
    }

    /// Has what is left written, and waits for that as long as it may take.
    pub(super) fn end(&self, patience: Duration) {
        let mut inner = self.lock();
        inner.phase = Phase::Ending;
        self.changed.notify_all();
        let going = |inner: &mut Inner| inner.phase != Phase::Ended;
        let _ = self.changed.wait_timeout_while(inner, patience, going);
    }

    /// Says that it is done.
    pub(super) fn ended(&self) {
        self.lock().phase = Phase::Ended;
        self.changed.notify_all();
    }

    /// What a panic left behind is at worst a count that is too small.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn push(&mut self, note: Note) {
        if self.notes.len() < MOST_NOTES {
            self.oldest.get_or_insert_with(Instant::now);
            self.notes.push_back(note);
        } else {
            self.dropped += note.count;
        }
    }

    fn has_something(&self) -> bool {
        !self.notes.is_empty() || self.dropped > 0
    }

    fn collect(&mut self, counted: Vec<(Note, Counted)>) -> (Vec<Note>, u64) {
        self.oldest = None;
        let notes = std::mem::take(&mut self.notes);
        let notes: Vec<Note> =
            notes.into_iter().chain(counted.into_iter().map(of_several)).collect();
        let dropped = std::mem::take(&mut self.dropped);
        self.at_hand = dropped + notes.iter().map(|note| note.count).sum::<u64>();
        (notes, dropped)
    }
}

/// The record of those that were merely counted.
fn of_several((model, counted): (Note, Counted)) -> Note {
    let Counted { count, first, last } = counted;
    let caller = match model.caller {
        Who::Caller(caller) if caller.socket.pid().is_none() => Who::Several(caller),
        caller => caller,
    };
    Note { time: first, until: Some(last), count, caller, ..model }
}

/// How much may wait to be written.
const MOST_NOTES: usize = 4096;

/// How many callers may wait to be looked at.
const MOST_ARRIVALS: usize = 32;

/// What is to be written may wait so long.
const SHORT: Duration = Duration::from_millis(50);
