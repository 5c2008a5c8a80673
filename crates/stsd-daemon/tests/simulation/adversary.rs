//! What goes wrong: with STS for a while, with the machine and its clocks at once, and at the hands of
//! the user's own doing, preferably while a call is under way.

use crate::plans::{IDENTITIES, plan};
use crate::reference::{Check, For};
use crate::sts::{FAULTS, Fault};
use crate::time::{DAY, HOUR, MINUTE, SECOND, YEAR};
use crate::world::{Event, Note, World};

impl World {
    pub(crate) fn next_strike(&mut self) {
        let most = if self.busy { 4 * HOUR } else { 12 * DAY };
        let after = self.random.length(MINUTE, most);
        self.at(after, Event::Strikes);
        self.strikes += 1;
    }

    /// Something happens; afterwards nothing that is served may be wrong.
    pub(crate) fn strikes(&mut self) -> Check {
        self.strikes -= 1;
        if self.strikes == 0 {
            self.next_strike();
        }
        self.wrong_until = self.time.awake;
        match self.random.between(0, 17) {
            0..=4 => self.breaks(),
            5..=6 => self.jumps(),
            7..=8 => self.sleeps(),
            9 => self.dies(),
            10 => self.locks(false)?,
            11 => self.locks(true)?,
            12 => {
                let identity = self.random.below(IDENTITIES.len());
                self.unlocks(identity)?;
            }
            13 => self.edits()?,
            14 => self.starts_again()?,
            15 => self.sets_the_far_clock(),
            _ => self.refreshes()?,
        }
        self.sweep()
    }

    fn breaks(&mut self) {
        let fault = self.random.one_of(&FAULTS);
        self.note(Note::Fault(fault));
        self.sts.fault = Some(fault);
        self.sts.spares = self.random.one_in(2);
        self.figures.faults += 1;
        let after = self.random.length(SECOND, 2 * HOUR);
        self.at(after, Event::Heals(self.figures.faults));
        if self.busy || self.random.one_in(4) {
            self.insists(after);
        }
    }

    /// A program does not give up meanwhile.
    fn insists(&mut self, most: u64) {
        let profile = self.random.below(self.profiles.len());
        let (more, interval) = (most / (10 * SECOND), self.random.between(SECOND, 20 * SECOND));
        self.at(interval, Event::Asks(profile, more.min(100), interval));
    }

    /// The fault ends. Programs come back, and a person refreshes what was refused.
    pub(crate) fn heals(&mut self, number: u64) {
        if number != self.figures.faults {
            return;
        }
        if self.sts.fault.take() == Some(Fault::Refuses) {
            let after = self.random.between(SECOND, 40 * SECOND);
            self.at(after, Event::Refreshes);
        }
        self.wrong_until = self.time.awake;
        let lucky = self.random.below(4 * self.profiles.len());
        for profile in 0..self.profiles.len() {
            if self.busy || profile == lucky {
                let after = self.random.between(1, 30 * SECOND);
                self.at(after, Event::Asks(profile, 12, 10 * SECOND + 1));
            }
        }
    }

    /// The local date is set: by up to ten years, or to the right one.
    fn jumps(&mut self) {
        self.figures.jumps += 1;
        let by = self.random.length(SECOND, 10 * YEAR).cast_signed();
        self.time.wrong = match self.random.between(0, 3) {
            0 => 0,
            1 => by,
            _ => -by,
        };
        self.stir();
    }

    /// The clock of a host that is not AWS's goes on by up to ten years: forwards alone, since with one
    /// that goes back, and a proxy that takes its date off, an hour can look like seconds.
    fn sets_the_far_clock(&mut self) {
        self.figures.far_jumps += 1;
        self.sts.far_ahead = (self.sts.far_ahead + self.far_error()).min((10 * YEAR).cast_signed());
        let profile = self.random.below(self.profiles.len());
        let asked = self.profiles.iter().position(|one| one.far).unwrap_or(profile);
        self.at(SECOND, Event::Asks(asked, 2, MINUTE));
    }

    fn far_error(&mut self) -> i64 {
        (self.random.length(SECOND, 10 * YEAR) / SECOND * SECOND).cast_signed()
    }

    /// It is right from the beginning, or wrong.
    pub(crate) fn begins_far(&mut self) {
        self.sts.far_ahead = match self.random.between(0, 4) {
            0 => -self.far_error(),
            1 => self.far_error(),
            _ => 0,
        };
    }

    /// The lid is closed, for a second or for thirty days.
    fn sleeps(&mut self) {
        self.figures.suspends += 1;
        self.time.asleep += self.random.length(SECOND, 30 * DAY);
        self.stir();
    }

    fn dies(&mut self) {
        self.figures.kills += 1;
        self.kill_gateway();
    }

    fn locks(&mut self, everything: bool) -> Check {
        self.figures.locks += 1;
        self.touched = true;
        let profile = self.random.below(self.profiles.len());
        let name = (!everything).then(|| self.profiles[profile].name);
        let Ok(locked) = self.state.lock(name, self.time.now()) else { return Ok(()) };
        for (identity, of) in IDENTITIES.iter().enumerate() {
            if locked.locked.iter().any(|key| key == of.key) {
                self.reference.lock(&self.profiles, identity, self.calls);
                let after = self.random.length(SECOND, 6 * HOUR);
                self.cares_in(after, identity);
            }
        }
        if everything && self.random.one_in(2) {
            self.kill_gateway();
        }
        Ok(())
    }

    /// The machine starts anew, or the daemon alone.
    fn starts_again(&mut self) -> Check {
        self.figures.restarts += 1;
        self.touched = true;
        if self.random.one_in(2) {
            self.time.booted = self.time.elapsed();
        }
        self.restart();
        for identity in 0..IDENTITIES.len() {
            let after = self.random.length(SECOND, 6 * HOUR);
            self.cares_in(after, identity);
        }
        Ok(())
    }

    /// The user's files say something else: another role, another identity, or nothing of a profile.
    fn edits(&mut self) -> Check {
        self.figures.edits += 1;
        self.touched = true;
        let gone = self.profiles.iter().position(|profile| !profile.present);
        let at = gone.unwrap_or_else(|| self.random.below(self.profiles.len()));
        let choice = self.random.between(0, 3);
        let profile = &mut self.profiles[at];
        match (gone, profile.role, choice) {
            (Some(_), ..) => profile.present = true,
            (None, Some(role), 0) => profile.role = Some(role + 100),
            (None, Some(role), 1) => {
                // And back to a role that it had before.
                profile.role = Some(role.checked_sub(100).unwrap_or(role + 100));
            }
            (None, Some(_), _) if self.random.one_in(2) => {
                profile.identity = (profile.identity + 1) % IDENTITIES.len();
            }
            _ => profile.present = false,
        }
        self.reference.roles[at].epoch += 1;
        self.reads_the_files()
    }

    fn reads_the_files(&mut self) -> Check {
        let known: Vec<bool> = IDENTITIES.iter().map(|of| self.knows(of.key)).collect();
        self.state.replan(plan(&self.profiles));
        let locked = self.state.remember().locked;
        for (identity, of) in IDENTITIES.iter().enumerate() {
            let knows = self.knows(of.key);
            let session = &mut self.reference.sessions[identity];
            session.denied = false;
            if !knows {
                (session.current, session.epoch) = (None, session.epoch + 1);
            } else if !known[identity] {
                session.locked = locked.contains(of.key);
            }
        }
        for profile in 0..self.profiles.len() {
            self.reference.occasion(For::Role(profile), true, self.time)?;
            self.reference.roles[profile].denied = false;
        }
        Ok(())
    }

    fn knows(&self, key: &str) -> bool {
        self.state.table().session(key).is_some()
    }
}
