//! One daemon and all that happens to it: a queue of moments, and the state driven as its owner
//! drives it. Nothing here waits; the next moment is the next one at which anything happens.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use stsd_daemon::state::{Options, Remembered, State};
use stsd_protocol::RefusalCode;
use stsd_protocol::gateway::Settings;

use crate::calls::Flight;
use crate::figures::Figures;
use crate::plans::{self, Profile, plan};
use crate::programs::Waiter;
use crate::random::Random;
use crate::reference::{Check, For, Reference, broken};
use crate::sts::{Fault, Sts};
use crate::time::{DAY, MINUTE, SECOND, Time};

/// What is to happen at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// The owner's nap is over.
    Wakes,
    /// A request arrives at STS.
    Arrives(u64),
    /// Its answer arrives at the daemon.
    Answers(u64),
    /// A program asks for a profile; so many times more, at this interval.
    Asks(usize, u64, u64),
    /// Programs begin to ask for a profile.
    Begins(usize),
    /// One who waits gives up, or looks again.
    Looks,
    /// A person looks after a session.
    Cares(usize),
    /// A person refreshes everything.
    Refreshes,
    /// The adversary does something.
    Strikes,
    /// What is wrong with STS ends, unless it is another one by now.
    Heals(u64),
}

/// What came of an event.
#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "it is for whoever reads the trail of a failure")]
pub(crate) enum Note {
    None,
    Answer { whose: Option<For>, issue: Option<usize>, denied: bool },
    Fault(Fault),
    Refused(RefusalCode),
}

pub(crate) struct World {
    pub(crate) time: Time,
    pub(crate) random: Random,
    pub(crate) state: State,
    pub(crate) profiles: Vec<Profile>,
    pub(crate) sts: Sts,
    pub(crate) reference: Reference,
    pub(crate) figures: Figures,
    /// The last moment, awake, at which anything was wrong.
    pub(crate) wrong_until: u64,
    /// The first day of some runs, in which more of everything happens.
    pub(crate) busy: bool,
    pub(crate) calls: u64,
    /// How many strikes are in the queue.
    pub(crate) strikes: u64,
    /// Whether the owner has been woken: only then does it look at what is due.
    pub(crate) touched: bool,
    queue: BinaryHeap<Reverse<(u64, u64, Event)>>,
    queued: u64,
    wakes: u64,
    /// When the user looks after each session next.
    cares: [u64; plans::IDENTITIES.len()],
    pub(crate) flights: Vec<Flight>,
    pub(crate) waiters: Vec<Waiter>,
    trail: VecDeque<(Time, Event, Note)>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::seeded(seed);
        let profiles = plans::profiles();
        let mut world = Self {
            time: Time::default(),
            state: started(Remembered::default(), &profiles, random.next()),
            reference: Reference::new(profiles.len()),
            profiles,
            sts: Sts::default(),
            figures: Figures { seeds: 1, ..Figures::default() },
            wrong_until: 0,
            busy: seed.is_multiple_of(8),
            calls: 0,
            strikes: 0,
            touched: true,
            queue: BinaryHeap::new(),
            queued: 0,
            wakes: u64::MAX,
            cares: Default::default(),
            flights: Vec::new(),
            waiters: Vec::new(),
            trail: VecDeque::new(),
            random,
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        for identity in 0..plans::IDENTITIES.len() {
            let after = self.random.between(SECOND, 5 * MINUTE);
            self.cares_in(after, identity);
        }
        for profile in 0..self.profiles.len() {
            self.next_spell(profile);
        }
        self.begins_far();
        self.next_strike();
    }

    /// Goes on until there have been so many milliseconds of sessions.
    pub(crate) fn run(&mut self, session_milliseconds: u64) -> Check {
        while self.figures.session_milliseconds < session_milliseconds {
            let Some(Reverse((at, _, event))) = self.queue.pop() else {
                return broken("the world goes on", "nothing is to happen any more".to_owned());
            };
            self.pass_until(at);
            let overtaken = match event {
                Event::Wakes => at != self.wakes,
                Event::Cares(identity) => at != self.cares[identity],
                _ => false,
            };
            if overtaken {
                continue;
            }
            self.trail.push_back((self.time, event, Note::None));
            if self.trail.len() > 60 {
                self.trail.pop_front();
            }
            self.touched = matches!(event, Event::Wakes | Event::Answers(_));
            self.happens(event)?;
            self.settle()?;
        }
        Ok(())
    }

    fn pass_until(&mut self, at: u64) {
        let passed = at - self.time.awake;
        let alive = |session: &&crate::reference::Session| {
            let ends = session.current.map(|current| self.sts.ledger[current].ends);
            ends.is_some_and(|ends| self.time.until(ends) > passed.cast_signed())
        };
        let alive = self.reference.sessions.iter().filter(alive).count() as u64;
        self.figures.session_milliseconds += passed * alive;
        self.time.awake = at;
        self.busy &= at < DAY;
    }

    fn happens(&mut self, event: Event) -> Check {
        match event {
            Event::Wakes | Event::Looks => Ok(()),
            Event::Arrives(number) => self.arrives(number),
            Event::Answers(number) => self.answers(number),
            Event::Begins(profile) => {
                self.spell(profile);
                Ok(())
            }
            Event::Asks(profile, more, interval) => {
                if more > 0 {
                    self.at(interval, Event::Asks(profile, more - 1, interval));
                }
                self.asks(profile)
            }
            Event::Cares(identity) => self.cares(identity),
            Event::Refreshes => self.refreshes(),
            Event::Strikes => self.strikes(),
            Event::Heals(number) => {
                self.heals(number);
                Ok(())
            }
        }
    }

    /// What the owner does after everything: what is due, and then a nap.
    pub(crate) fn settle(&mut self) -> Check {
        self.look_again()?;
        if !self.touched {
            return Ok(());
        }
        let due = self.state.due(self.time.now());
        self.start(due, false)?;
        self.look_again()?;
        let next = self.state.next_moment(self.time.now());
        let length = next.map_or(u64::MAX, |next| milliseconds(next) + 1);
        let at = self.time.awake.saturating_add(length);
        let passed = self.wakes <= self.time.awake;
        if at != u64::MAX && (passed || at < self.wakes) {
            self.wakes = at;
            self.push(at, Event::Wakes);
        } else if passed {
            self.wakes = u64::MAX;
        }
        Ok(())
    }

    /// Its nap ends now or within half a minute, whatever it napped for: it never naps longer.
    pub(crate) fn stir(&mut self) {
        let at = self.time.awake + self.random.between(1, 30 * SECOND);
        if at < self.wakes {
            self.wakes = at;
            self.push(at, Event::Wakes);
        }
    }

    pub(crate) fn at(&mut self, after: u64, event: Event) {
        self.push(self.time.awake + after, event);
    }

    /// The user looks after this session at that moment, and not at another one.
    pub(crate) fn cares_in(&mut self, after: u64, identity: usize) {
        self.cares[identity] = self.time.awake + after;
        self.at(after, Event::Cares(identity));
    }

    fn push(&mut self, at: u64, event: Event) {
        self.queued += 1;
        self.queue.push(Reverse((at, self.queued, event)));
    }

    /// For the trail.
    pub(crate) fn note(&mut self, note: Note) {
        if let Some(last) = self.trail.back_mut() {
            last.2 = note;
        }
    }

    /// The daemon ends, and another one begins with what is kept.
    pub(crate) fn restart(&mut self) {
        let remembered = self.state.remember();
        self.flights.clear();
        self.waiters.clear();
        self.state = started(remembered, &self.profiles, self.random.next());
        self.reference.restart(&self.profiles, self.calls);
    }

    /// The last that happened, for whoever reads of a failure.
    pub(crate) fn trail(&self) -> String {
        let lines = self.trail.iter().map(|(time, event, note)| {
            let Time { awake, asleep, wrong, .. } = time;
            format!("{awake:>14} ms awake, {asleep} asleep, date {wrong:+}: {event:?} {note:?}\n")
        });
        lines.collect()
    }
}

fn started(remembered: Remembered, profiles: &[Profile], seed: u64) -> State {
    let options = Options {
        default_profile: "default".to_owned(),
        prompt: true,
        session_duration: Duration::from_secs(36 * 3600),
        settings: Settings::default(),
        seed,
    };
    let mut state = State::new(remembered, options);
    state.replan(plan(profiles));
    state
}

pub(crate) fn milliseconds(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
