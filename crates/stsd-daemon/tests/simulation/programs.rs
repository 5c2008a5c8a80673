//! The programs that ask for credentials: each is served, refused, or told to come back, and what it
//! gets is checked against the ledger.

use stsd_daemon::state::Answer;

use crate::plans::IDENTITIES;
use crate::reference::{Check, For, KEPT, RECOVERED, broken, dates_are_honest, lengths_are_honest};
use crate::sts::number_of;
use crate::time::MINUTE;
use crate::world::{Event, World};

/// A program that waits.
#[derive(Debug)]
pub(crate) struct Waiter {
    profile: usize,
    until: u64,
    /// Nothing had been wrong for a minute when it asked, so it must be served.
    owed: bool,
}

impl World {
    /// A program asks.
    pub(crate) fn asks(&mut self, profile: usize) -> Check {
        self.figures.requests += 1;
        let whose = self.fetched_for(profile);
        self.reference.occasion(whose, false, self.time)?;
        // A host whose clock is wrong may call what it is shown ended.
        let in_time = !self.profiles[profile].far || self.sts.far_ahead == 0;
        let quiet = self.sts.fault.is_none() && self.time.awake > self.wrong_until + MINUTE;
        let healthy = quiet && in_time;
        let spec = (profile, &self.profiles[profile]);
        let owed = healthy && self.reference.is_owed(spec, &self.sts.ledger, self.time);
        self.waiters.push(Waiter { profile, until: self.time.awake + 4500, owed });
        self.at(4500, Event::Looks);
        Ok(())
    }

    /// Whose call a request for a profile leads to.
    pub(crate) fn fetched_for(&self, profile: usize) -> For {
        match self.profiles[profile].role {
            None => For::Session(self.profiles[profile].identity),
            Some(_) => For::Role(profile),
        }
    }

    /// All who wait look at the newest state, as they do at each snapshot.
    pub(crate) fn look_again(&mut self) -> Check {
        for waiter in std::mem::take(&mut self.waiters) {
            let name = self.profiles[waiter.profile].name;
            let now = self.time.now();
            let answer = self.state.table().answer(Some(name), now);
            let owed = waiter.owed && self.wrong_until + MINUTE < self.time.awake;
            let cold = matches!(answer, Answer::Cold);
            if (cold || matches!(answer, Answer::Ready(_)))
                && let Ok(place) = self.state.table().find(Some(name))
            {
                self.touched |= !self.state.table().profiles[place].in_use || cold;
                let job = self.state.want(place, now);
                self.start(job, false)?;
            }
            match answer {
                Answer::Ready(held) => {
                    self.figures.served += 1;
                    self.figures.owed += u64::from(owed);
                    self.check(waiter.profile, number_of(held.access_key_id()))?;
                    let issue = &self.sts.ledger[number_of(held.access_key_id())];
                    match issue.said == issue.ends {
                        true => dates_are_honest(&held.serve(now), issue.ends, self.time)?,
                        false => lengths_are_honest(&held.serve(now), issue.ends, self.time)?,
                    }
                }
                Answer::Cold | Answer::Fetching if self.time.awake < waiter.until => {
                    self.waiters.push(waiter);
                }
                Answer::Cold | Answer::Fetching | Answer::Refuse(_) if owed => {
                    return broken(RECOVERED, format!("{name} gets {answer:?}"));
                }
                Answer::Refuse(_) => self.figures.refused += 1,
                Answer::Cold | Answer::Fetching => self.figures.pending += 1,
            }
        }
        Ok(())
    }

    /// Whether this entry of the ledger may be served for this profile.
    fn check(&self, profile: usize, issue: usize) -> Check {
        let spec = (profile, &self.profiles[profile]);
        self.reference.may_serve(spec, (issue, &self.sts.ledger[issue]), self.time)
    }

    /// Looks for sessions that STS would still take, and that the daemon has thrown away. An answer that
    /// is under way for up to a minute makes a clock seem as much slower; so what a later one ages may
    /// end two minutes early.
    pub(crate) fn all_are_kept(&self) -> Check {
        for (identity, of) in IDENTITIES.iter().enumerate() {
            let session = self.reference.sessions[identity];
            let Some(current) = session.current else { continue };
            let left = self.time.until(self.sts.ledger[current].ends);
            if left > (2 * MINUTE + session.early).cast_signed()
                && self.holds(For::Session(identity)) != Some(current)
            {
                let own = of.own_profile;
                return broken(KEPT, format!("that of {own}, #{current}, had {left} ms left"));
            }
        }
        Ok(())
    }

    /// Looks at all that the daemon would serve, without asking for it.
    pub(crate) fn sweep(&self) -> Check {
        self.all_are_kept()?;
        for (at, profile) in self.profiles.iter().enumerate() {
            let answer = self.state.table().answer(Some(profile.name), self.time.now());
            if let Answer::Ready(held) = answer {
                self.check(at, number_of(held.access_key_id()))?;
            }
        }
        Ok(())
    }
}
