//! The calls: made where the state wants them, looked at by STS, and taken in by the state; and after
//! each a look whether the state took in what it should have.

use stsd_daemon::state::{Finished, Job, JobKind, Question};
use stsd_protocol::gateway::Outcome;

use crate::plans::{self, identity_of};
use crate::reference::{Broken, Check, For, ONE_CALL, UNMIXED, broken};
use crate::sts::{Ask, Code, Reply, number_of};
use crate::time::SECOND;
use crate::world::{Event, Note, World};

/// A call of the gateway.
#[derive(Debug)]
pub(crate) struct Flight {
    number: u64,
    /// When it was made, in milliseconds since the beginning.
    began: u64,
    /// Nobody, for the time.
    whose: Option<For>,
    epoch: u64,
    ask: Ask,
    kind: JobKind,
    generation: u64,
    asked: Question,
    reply: Option<Reply>,
}

impl World {
    /// Makes the calls that the state wants.
    pub(crate) fn start(&mut self, jobs: impl IntoIterator<Item = Job>, by_person: bool) -> Check {
        for job in jobs {
            self.calls += 1;
            self.figures.calls += 1;
            let Job { kind, generation, asked, operation, .. } = job;
            let ask = Ask::of(&operation, &self.sts.ledger);
            let whose = self.whose(&kind);
            let epoch = match whose {
                Some(whose) => self.begins(whose, &ask, by_person)?,
                None => self.asks_the_time(&ask)?,
            };
            let number = self.calls;
            let began = self.time.elapsed();
            let flight =
                Flight { number, began, whose, epoch, ask, kind, generation, asked, reply: None };
            self.flights.push(flight);
            let after = self.random.between(20, 400);
            self.at(after, Event::Arrives(number));
            if self.random.one_in(if self.busy { 40 } else { 100 }) {
                let after = self.random.between(1, SECOND);
                self.at(after, Event::Strikes);
                self.strikes += 1;
            }
        }
        Ok(())
    }

    fn begins(&mut self, whose: For, ask: &Ask, by_person: bool) -> Result<u64, Broken> {
        let same = self.flights.iter().filter(|flight| flight.whose == Some(whose));
        let rivals: Vec<u64> = same.map(|flight| flight.epoch).collect();
        self.reference.begins(whose, ask, by_person, rivals.into_iter(), self.time)?;
        Ok(self.reference.epoch(whose))
    }

    fn asks_the_time(&mut self, ask: &Ask) -> Result<u64, Broken> {
        self.figures.times += 1;
        let Ask::Time { far, .. } = ask else { panic!("{ask:?} is for somebody") };
        let rival =
            |flight: &Flight| matches!(flight.ask, Ask::Time { far: other, .. } if other == *far);
        if self.flights.iter().any(rival) {
            broken(ONE_CALL, format!("the time is being asked already, far: {far}"))?;
        }
        Ok(0)
    }

    fn whose(&self, kind: &JobKind) -> Option<For> {
        match kind {
            JobKind::Session { identity, .. } => Some(For::Session(identity_of(identity))),
            JobKind::Role { profile } => {
                let at = self.profiles.iter().position(|p| p.name == profile);
                Some(For::Role(at.expect("the plan has no other profiles")))
            }
            JobKind::Time { .. } => None,
        }
    }

    pub(crate) fn arrives(&mut self, number: u64) -> Check {
        let Some(at) = self.flights.iter().position(|flight| flight.number == number) else {
            return Ok(());
        };
        let ask = self.flights[at].ask.clone();
        let fails = matches!(ask, Ask::Session { code: Code::OfProgram, .. });
        let reply = if fails && self.random.one_in(20) {
            Reply::of_program(self.random.between(1, 25) * SECOND)
        } else {
            self.sts.look(&ask, number, self.time, &mut self.random)
        };
        self.at(reply.delay, Event::Answers(number));
        self.flights[at].reply = Some(reply);
        Ok(())
    }

    pub(crate) fn answers(&mut self, number: u64) -> Check {
        let Some(at) = self.flights.iter().position(|flight| flight.number == number) else {
            return Ok(());
        };
        let Flight { began, whose, epoch, kind, generation, asked, reply, .. } =
            self.flights.swap_remove(at);
        let Reply { outcome, date, issue, .. } = reply.expect("it has arrived at STS before");
        let denied = matches!(&outcome, Outcome::Failure(failure) if !failure.retryable);
        self.note(Note::Answer { whose, issue, denied });
        let current = whose.is_some_and(|whose| self.reference.epoch(whose) == epoch);
        let by_person = matches!(&kind, JobKind::Session { mfa_serial: Some(_), .. });
        let finished = Finished { kind, generation, asked, outcome, sts_date: date };
        let followup = self.state.finish(finished, self.time.now());
        match (whose, issue) {
            (Some(whose), Some(issue)) => {
                self.delivered(whose, issue, current, by_person)?;
                if let For::Session(identity) = whose
                    && self.reference.sessions[identity].current == Some(issue)
                {
                    self.reference.sessions[identity].early = self.time.elapsed() - began;
                }
            }
            (Some(For::Session(identity)), None) => {
                self.figures.failed += 1;
                self.reference.sessions[identity].denied |= denied;
            }
            (Some(For::Role(profile)), None) => {
                self.figures.failed += 1;
                self.reference.roles[profile].denied |= denied;
            }
            (None, _) => {}
        }
        self.all_are_kept()?;
        self.start(followup.jobs, false)
    }

    /// Compares what the daemon made of new credentials with what it should have made of them.
    fn delivered(&mut self, whose: For, issue: usize, current: bool, by_person: bool) -> Check {
        let taken = self.holds(whose) == Some(issue);
        if taken && !current {
            return broken(UNMIXED, format!("{whose:?}: the stale answer #{issue} was taken in"));
        }
        if !taken {
            self.sts.ledger[issue].stale = true;
            self.figures.stale += 1;
            return Ok(());
        }
        match whose {
            For::Session(identity) => {
                self.figures.sessions += 1;
                let session = &mut self.reference.sessions[identity];
                let begins = by_person || session.locked;
                (session.current, session.locked) = (Some(issue), false);
                session.denied = false;
                session.epoch += 1;
                if begins {
                    self.reference.roles_end(&self.profiles, identity);
                }
            }
            For::Role(profile) => {
                self.figures.roles += 1;
                self.reference.roles[profile].denied = false;
            }
        }
        Ok(())
    }

    /// The entry of the ledger that the daemon holds.
    pub(crate) fn holds(&self, whose: For) -> Option<usize> {
        let table = self.state.table();
        let held = match whose {
            For::Session(identity) => {
                let session = table.session(plans::IDENTITIES[identity].key)?;
                session.held(self.time.now()).cloned()
            }
            For::Role(profile) => {
                let place = table.find(Some(self.profiles[profile].name)).ok()?;
                table.profiles[place].held.clone()
            }
        };
        held.map(|held| number_of(held.access_key_id()))
    }

    /// What is asked for in the calls of this epoch that are under way.
    pub(crate) fn under_way(&self, whose: For, epoch: u64) -> impl Iterator<Item = &Ask> {
        let same = self.flights.iter().filter(move |flight| flight.whose == Some(whose));
        same.filter(move |flight| flight.epoch == epoch).map(|flight| &flight.ask)
    }

    /// The calls under way come back empty-handed, each or not.
    pub(crate) fn kill_gateway(&mut self) {
        for at in 0..self.flights.len() {
            let flight = &mut self.flights[at];
            let unlock = matches!(flight.ask, Ask::Session { .. });
            if self.random.one_in(4) {
                continue;
            }
            let number = flight.number;
            if unlock || self.random.one_in(2) {
                flight.reply = Some(Reply::lost(unlock));
                self.at(1, Event::Answers(number));
            } else {
                self.at(50, Event::Arrives(number));
            }
        }
    }
}
