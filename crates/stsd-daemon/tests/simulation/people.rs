//! The user, who unlocks, refreshes and mistypes; and the programs, which ask in spells.

use stsd_protocol::control::UnlockRequest;
use stsd_secret::Secret;

use crate::plans::IDENTITIES;
use crate::reference::{Check, For};
use crate::sts::{Ask, Code, code_of};
use crate::time::{DAY, HOUR, MINUTE, SECOND};
use crate::world::{Event, Note, World};

impl World {
    /// Programs ask for a profile now and then, and then for a while.
    pub(crate) fn next_spell(&mut self, profile: usize) {
        let days = match (self.busy, self.profiles[profile].role) {
            (true, _) => 2,
            (false, None) => 10,
            (false, Some(_)) => 300,
        };
        let after = self.random.between(HOUR, days * DAY);
        self.at(after, Event::Begins(profile));
    }

    pub(crate) fn spell(&mut self, profile: usize) {
        let (more, interval) = (self.random.between(0, 6), self.random.length(SECOND, HOUR));
        self.at(0, Event::Asks(profile, more, interval));
        self.next_spell(profile);
    }

    /// The user looks whether there is a session, and unlocks where there is none, or early.
    pub(crate) fn cares(&mut self, identity: usize) -> Check {
        let session = self.reference.sessions[identity];
        let left = session.current.map_or(0, |at| self.time.until(self.sts.ledger[at].ends));
        let needed = match IDENTITIES[identity].serial {
            None => session.locked,
            Some(_) => left <= 0 || self.random.one_in(4),
        };
        if needed {
            let after = self.random.between(2 * MINUTE, 10 * MINUTE);
            self.cares_in(after, identity);
            return self.unlocks(identity);
        }
        let late = match IDENTITIES[identity].serial {
            None => self.random.between(HOUR, 3 * DAY),
            Some(_) => self.random.length(SECOND, 2 * HOUR),
        };
        self.cares_in(left.max(0).unsigned_abs() + late, identity);
        Ok(())
    }

    pub(crate) fn unlocks(&mut self, identity: usize) -> Check {
        let of = IDENTITIES[identity];
        let typed = of.serial.is_some() && (!of.program || self.random.one_in(8));
        let code = match self.random.one_in(30) {
            true => "000000".to_owned(),
            false => code_of(identity, self.time),
        };
        let short = self.random.one_in(8);
        let seconds = self.random.one_of(if short { &[900, 3600, 43_200] } else { &[129_600; 3] });
        let request = UnlockRequest {
            profile: Some(of.own_profile.to_owned()),
            token_code: typed.then(|| Secret::new(code)),
            duration_seconds: Some(seconds),
            ..UnlockRequest::default()
        };
        self.reference.occasion(For::Session(identity), true, self.time)?;
        self.touched = true;
        match self.state.begin_unlock(request, self.time.now()) {
            Ok(job) => {
                if typed && self.program_is_asked(identity) {
                    self.reference.sessions[identity].epoch += 1;
                }
                self.start([job], true)
            }
            Err(refusal) => {
                self.note(Note::Refused(refusal.code));
                Ok(())
            }
        }
    }

    /// A person need not wait for the program, whose answer is stale from then on.
    fn program_is_asked(&self, identity: usize) -> bool {
        let epoch = self.reference.sessions[identity].epoch;
        self.under_way(For::Session(identity), epoch)
            .any(|ask| matches!(ask, Ask::Session { code: Code::OfProgram, .. }))
    }

    /// `stsd refresh`: what STS has refused is asked for again.
    pub(crate) fn refreshes(&mut self) -> Check {
        self.touched = true;
        for identity in 0..IDENTITIES.len() {
            self.reference.occasion(For::Session(identity), true, self.time)?;
            self.reference.sessions[identity].denied = false;
        }
        for profile in 0..self.profiles.len() {
            self.reference.occasion(For::Role(profile), true, self.time)?;
            self.reference.roles[profile].denied = false;
        }
        self.wrong_until = self.time.awake;
        let refreshed = self.state.refresh(None, self.time.now());
        let (_, jobs) = refreshed.expect("everything can be refreshed");
        self.start(jobs, false)
    }
}
