//! Who sends wrong authorization tokens, and what that costs them and no one else. Pure: each function
//! is given the time.
//!
//! A program whose token is stale is no attacker, and shares its sender with a whole terminal. So what
//! becomes of a connection is decided after its token was compared: a wrong answer is late, or none,
//! and a right one is neither, however many wrong ones come beside it.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::caller::{Caller, Socket};

/// As much of a caller as stays the same from one connection to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sender {
    /// All of a unit, or of a container.
    Cgroup(u64),
    Process(u32),
    /// Whom the kernel does not tell apart.
    Untold,
}

impl Sender {
    pub(super) fn of(caller: &Caller) -> Self {
        match (caller.cgroup, caller.socket) {
            (Some(cgroup), _) => Self::Cgroup(cgroup),
            // A process of another pid namespace has none here.
            (None, Socket::Process(0)) => Self::Untold,
            (None, Socket::Process(process)) => Self::Process(process),
            // A socket's inode is another one at the next connection.
            (None, Socket::Inode(_)) => Self::Untold,
        }
    }
}

/// How a wrong authorization token is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    AtOnce,
    /// After [`LATE`]; [`Guessers::waited`] is told at its end.
    Late,
    /// With a reset: as many as there may be are waiting already.
    Never,
}

/// The senders of wrong authorization tokens.
#[derive(Debug, Default)]
pub(super) struct Guessers {
    senders: HashMap<Sender, Past>,
    waiting: usize,
}

impl Guessers {
    /// Takes note of a wrong authorization token.
    pub(super) fn wrong(&mut self, sender: Sender, now: Instant) -> Pace {
        self.make_room_for(sender, now);
        let past = self.senders.entry(sender).or_insert_with(|| Past::new(now));
        past.note(now);
        if !past.guesses {
            return Pace::AtOnce;
        }
        if past.waiting >= WAITS_OF_ONE || self.waiting >= WAITS_OF_ALL {
            return Pace::Never;
        }
        past.waiting += 1;
        self.waiting += 1;
        Pace::Late
    }

    /// A late answer was given, or its caller has left.
    pub(super) fn waited(&mut self, sender: Sender) {
        self.waiting = self.waiting.saturating_sub(1);
        if let Some(past) = self.senders.get_mut(&sender) {
            past.waiting = past.waiting.saturating_sub(1);
        }
    }

    /// The table has an end: whoever was wrong longest ago is forgotten for a new one.
    fn make_room_for(&mut self, sender: Sender, now: Instant) {
        if self.senders.len() < SENDERS || self.senders.contains_key(&sender) {
            return;
        }
        self.senders.retain(|_, past| !past.is_forgiven(now));
        if self.senders.len() >= SENDERS {
            let idle = self.senders.iter().filter(|(_, past)| past.waiting == 0);
            let oldest = idle.min_by_key(|(_, past)| past.last).map(|(sender, _)| *sender);
            oldest.map(|oldest| self.senders.remove(&oldest));
        }
    }
}

#[derive(Debug)]
struct Past {
    /// Those of the last minute, until they are too many.
    wrong: VecDeque<Instant>,
    last: Instant,
    /// More than [`FREE`] within a minute, and none of the minutes since then was without one.
    guesses: bool,
    waiting: usize,
}

impl Past {
    fn new(now: Instant) -> Self {
        let wrong = VecDeque::with_capacity(FREE + 1);
        Self { wrong, last: now, guesses: false, waiting: 0 }
    }

    fn is_forgiven(&self, now: Instant) -> bool {
        self.waiting == 0 && now.duration_since(self.last) >= MINUTE
    }

    fn note(&mut self, now: Instant) {
        if now.duration_since(self.last) >= MINUTE {
            self.guesses = false;
            self.wrong.clear();
        }
        self.last = now;
        if self.guesses {
            return;
        }
        self.wrong.retain(|then| now.duration_since(*then) < MINUTE);
        self.wrong.push_back(now);
        if self.wrong.len() > FREE {
            self.wrong.clear();
            self.guesses = true;
        }
    }
}

/// How late a wrong answer is.
pub(super) const LATE: Duration = Duration::from_secs(1);

/// How many wrong ones within a minute are anybody's.
const FREE: usize = 10;
const MINUTE: Duration = Duration::from_secs(60);

const WAITS_OF_ONE: usize = 16;
/// Of the 2,048 connections that a door has at once.
const WAITS_OF_ALL: usize = 64;

/// How many are remembered.
const SENDERS: usize = 1024;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{
        Caller, FREE, Guessers, Pace, SENDERS, Sender, Socket, WAITS_OF_ALL, WAITS_OF_ONE,
    };
    use crate::wire::testing::CALLER;

    const A: Sender = Sender::Cgroup(1);
    const B: Sender = Sender::Cgroup(2);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A table in which these guess since `now`.
    fn guessing(senders: impl IntoIterator<Item = Sender>, now: Instant) -> Guessers {
        let mut guessers = Guessers::default();
        for sender in senders {
            for _ in 0..FREE {
                assert_eq!(guessers.wrong(sender, now), Pace::AtOnce);
            }
            assert_eq!(guessers.wrong(sender, now), Pace::Late);
            guessers.waited(sender);
        }
        guessers
    }

    #[test]
    fn ten_wrong_ones_in_a_minute_are_anybodys_and_the_eleventh_is_late() {
        let start = Instant::now();
        let mut guessers = guessing([A], start);
        assert_eq!(guessers.wrong(B, start), Pace::AtOnce);
        // One every seven seconds is never more than nine in a minute.
        let mut slow = Guessers::default();
        for number in 0..100 {
            let now = start + seconds(7 * number);
            assert_eq!(slow.wrong(A, now), Pace::AtOnce, "{number}");
        }
        // Of eleven, the first was a minute ago when the last came.
        let mut spread = Guessers::default();
        for after in [0, 30].into_iter().chain([60; 9]) {
            assert_eq!(spread.wrong(A, start + seconds(after)), Pace::AtOnce, "{after} s");
        }
        assert_eq!(spread.wrong(A, start + seconds(60)), Pace::Late);
    }

    #[test]
    fn it_is_forgiven_a_minute_after_the_last_wrong_one() {
        let start = Instant::now();
        let mut guessers = guessing([A], start);
        for _ in 0..5 {
            guessers.wrong(A, start);
            guessers.waited(A);
        }
        assert_eq!(guessers.wrong(A, start + seconds(59)), Pace::Late);
        guessers.waited(A);
        assert_eq!(guessers.wrong(A, start + seconds(118)), Pace::Late);
        guessers.waited(A);
        assert_eq!(guessers.wrong(A, start + seconds(178)), Pace::AtOnce);
    }

    #[test]
    fn sixteen_of_one_and_sixty_four_of_all_wait_at_once() {
        let start = Instant::now();
        let mut guessers = guessing((0..6).map(Sender::Cgroup), start);
        let mut paces = Vec::new();
        for sender in 0..6 {
            paces.extend((0..20).map(|_| guessers.wrong(Sender::Cgroup(sender), start)));
        }
        let late = |paces: &[Pace]| paces.iter().filter(|pace| **pace == Pace::Late).count();
        assert_eq!((late(&paces[..20]), late(&paces)), (WAITS_OF_ONE, WAITS_OF_ALL));
        assert!(!paces.contains(&Pace::AtOnce));
        guessers.waited(A);
        assert_eq!(guessers.wrong(A, start), Pace::Late);
        assert_eq!(guessers.wrong(A, start), Pace::Never);
    }

    #[test]
    fn whom_the_kernel_does_not_tell_apart_is_one_sender() {
        for (cgroup, socket, sender) in [
            (Some(1), Socket::Process(7), A),
            (None, Socket::Process(7), Sender::Process(7)),
            (None, Socket::Process(0), Sender::Untold),
            (None, Socket::Inode(7), Sender::Untold),
        ] {
            assert_eq!(Sender::of(&Caller { cgroup, socket, ..CALLER }), sender, "{socket:?}");
        }
    }

    #[test]
    fn the_table_has_an_end_and_forgets_the_oldest_first() {
        let start = Instant::now();
        let mut guessers = guessing([A], start);
        assert_eq!(guessers.wrong(A, start), Pace::Late);
        for process in 0..SENDERS as u32 * 2 {
            guessers.wrong(Sender::Process(process), start + Duration::from_millis(process.into()));
            assert!(guessers.senders.len() <= SENDERS);
        }
        assert!(guessers.senders.contains_key(&A), "its answer is still under way");
        assert!(guessers.senders.contains_key(&Sender::Process(SENDERS as u32 * 2 - 1)));
        assert!(!guessers.senders.contains_key(&Sender::Process(0)));
    }

    #[test]
    fn who_is_forgiven_makes_room_before_anybody_who_is_not() {
        let start = Instant::now();
        let late = start + seconds(60);
        let mut guessers = guessing([A], late);
        for process in 1..SENDERS as u32 {
            guessers.wrong(Sender::Process(process), start);
        }
        guessers.wrong(B, late);
        assert_eq!(guessers.senders.len(), 2);
        assert_eq!(guessers.wrong(A, late), Pace::Late, "it is still a guesser");
    }

    #[test]
    fn who_is_in_a_full_table_pushes_nobody_out_of_it() {
        let start = Instant::now();
        let mut guessers = guessing([A], start);
        for process in 1..SENDERS as u32 {
            guessers.wrong(Sender::Process(process), start);
        }
        assert_eq!(guessers.senders.len(), SENDERS);
        assert_eq!(guessers.wrong(A, start), Pace::Late, "it is still a guesser");
        assert_eq!(guessers.senders.len(), SENDERS);
    }
}
