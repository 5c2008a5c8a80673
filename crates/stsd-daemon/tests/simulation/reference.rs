//! What must hold, reckoned from the true time and from what was done, never from what the daemon
//! makes of it: whose credentials may be served, which calls may be under way, and how many.

use crate::plans::{IDENTITIES, Profile};
use crate::sts::{Ask, Issue};
use crate::time::{HOUR, SECOND, Time};
use stsd_daemon::service::Served;
use stsd_protocol::Timestamp;

/// An invariant that did not hold.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) invariant: &'static str,
    pub(crate) what: String,
}

pub(crate) type Check = Result<(), Broken>;

pub(crate) const KEPT: &str = "no session ends before its end";
pub(crate) const EXPIRED: &str = "no expired credentials are served";
pub(crate) const ONE_CALL: &str = "one call is in flight for each profile";
pub(crate) const BOUNDED: &str = "the attempts in an hour are bounded";
pub(crate) const UNMIXED: &str = "no generation is mixed";
pub(crate) const LOCKED: &str = "a lock always wins";
pub(crate) const RECOVERED: &str = "it has recovered 60 s after the fault";

pub(crate) fn broken(invariant: &'static str, what: String) -> Check {
    Err(Broken { invariant, what })
}

/// For whom a call is: the session of an identity, or the role of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    Session(usize),
    Role(usize),
}

/// One identity.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Session {
    /// By hand, and not unlocked since.
    pub(crate) locked: bool,
    /// The entry of the ledger that is its session.
    pub(crate) current: Option<usize>,
    /// How long its call was under way, sleep included: STS may have given it at any moment of that, so
    /// the daemon counts from the first.
    pub(crate) early: u64,
    /// An answer to a call of an earlier epoch is stale.
    pub(crate) epoch: u64,
    /// The number of the last call before it was locked.
    locked_at: u64,
    /// STS has refused it since a person last did something.
    pub(crate) denied: bool,
}

/// The role of one profile.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Role {
    pub(crate) epoch: u64,
    pub(crate) denied: bool,
}

#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) sessions: [Session; IDENTITIES.len()],
    pub(crate) roles: Vec<Role>,
    hours: Vec<Hour>,
}

/// What happened in one hour for one session or role.
#[derive(Clone, Copy, Debug, Default)]
struct Hour {
    hour: u64,
    attempts: u64,
    /// Requests of programs, each of which may bring one attempt forward.
    asked: u64,
    /// What a person did, each of which may cost attempts of its own.
    occasions: u64,
}

impl Reference {
    pub(crate) fn new(profiles: usize) -> Self {
        Self {
            sessions: Default::default(),
            roles: vec![Role::default(); profiles],
            hours: vec![Hour::default(); profiles + IDENTITIES.len()],
        }
    }

    pub(crate) fn epoch(&self, whose: For) -> u64 {
        match whose {
            For::Session(identity) => self.sessions[identity].epoch,
            For::Role(profile) => self.roles[profile].epoch,
        }
    }

    /// Everything that was asked for before is stale, for these profiles' roles.
    pub(crate) fn roles_end(&mut self, profiles: &[Profile], identity: usize) {
        let fed = self.roles.iter_mut().zip(profiles).filter(|(_, p)| p.identity == identity);
        for (role, _) in fed {
            *role = Role { epoch: role.epoch + 1, denied: false };
        }
    }

    /// A lock by hand, with so many calls made before it.
    pub(crate) fn lock(&mut self, profiles: &[Profile], identity: usize, calls: u64) {
        let epoch = self.sessions[identity].epoch + 1;
        self.sessions[identity] =
            Session { locked: true, epoch, locked_at: calls, ..Session::default() };
        self.roles_end(profiles, identity);
    }

    /// The daemon has started again.
    pub(crate) fn restart(&mut self, profiles: &[Profile], calls: u64) {
        for identity in 0..IDENTITIES.len() {
            let locked = self.sessions[identity].locked;
            self.lock(profiles, identity, calls);
            self.sessions[identity].locked = locked;
        }
    }

    /// A call is made; `rivals` are those under way for the same session or role.
    pub(crate) fn begins(
        &mut self,
        whose: For,
        ask: &Ask,
        by_person: bool,
        rivals: impl Iterator<Item = u64>,
        time: Time,
    ) -> Check {
        let (Ask::Session { identity, .. } | Ask::Role { identity, .. }) = ask else {
            return Ok(());
        };
        if self.sessions[*identity].locked && !by_person {
            return broken(LOCKED, format!("{whose:?} is asked for, and its identity is locked"));
        }
        if let Ask::Role { base: Some(base), .. } = ask
            && self.sessions[*identity].current.is_none_or(|current| *base < current)
        {
            return broken(UNMIXED, format!("{whose:?} is asked for from the old session #{base}"));
        }
        if matches!(ask, Ask::Role { base: None, .. }) && IDENTITIES[*identity].serial.is_some() {
            return broken(UNMIXED, format!("{whose:?} is asked for without its session"));
        }
        let epoch = self.epoch(whose);
        let rivals = rivals.filter(|rival| *rival == epoch).count();
        if rivals > 0 {
            return broken(ONE_CALL, format!("{whose:?} is under way {rivals} times already"));
        }
        let hour = self.hour(whose, time)?;
        hour.attempts += 1;
        hour.occasions += u64::from(by_person);
        Ok(())
    }

    /// A program asks, or a person does something.
    pub(crate) fn occasion(&mut self, whose: For, person: bool, time: Time) -> Check {
        let hour = self.hour(whose, time)?;
        if person {
            hour.occasions += 1
        } else {
            hour.asked += 1
        }
        Ok(())
    }

    /// The hour that it is, after a look at the one that was.
    ///
    /// While nobody asks: the backoff comes to 300 s, which is 24 attempts an hour on average and 8
    /// on the way there; 80 in one hour does not happen. One who asks without a pause makes it one
    /// in five seconds.
    fn hour(&mut self, whose: For, time: Time) -> Result<&mut Hour, Broken> {
        let place = match whose {
            For::Session(identity) => identity,
            For::Role(profile) => IDENTITIES.len() + profile,
        };
        let hour = &mut self.hours[place];
        let now = time.awake / HOUR;
        if hour.hour != now {
            let bound = 80 + hour.asked.min(720) + 3 * hour.occasions;
            if hour.attempts > bound {
                let Hour { attempts, .. } = hour;
                let what = format!("{whose:?}: {attempts} attempts in an hour, of {bound}");
                return Err(Broken { invariant: BOUNDED, what });
            }
            *hour = Hour { hour: now, ..Hour::default() };
        }
        Ok(hour)
    }

    /// Whether these may be served for this profile now.
    pub(crate) fn may_serve(
        &self,
        (at, profile): (usize, &Profile),
        (number, issue): (usize, &Issue),
        time: Time,
    ) -> Check {
        let name = profile.name;
        let session = &self.sessions[profile.identity];
        if time.until(issue.ends) <= 0 {
            let since = -time.until(issue.ends) / SECOND.cast_signed();
            return broken(EXPIRED, format!("{name}: #{number} ended {since} s ago"));
        }
        if session.locked || issue.call <= session.locked_at {
            return broken(LOCKED, format!("{name}: #{number} is from before the lock"));
        }
        if (issue.identity, issue.role) != (profile.identity, profile.role) {
            return broken(UNMIXED, format!("{name}: #{number} is another role's or identity's"));
        }
        if issue.stale || (profile.role.is_none() && session.current != Some(number)) {
            let what =
                format!("{name}: #{number} is of another session, epoch {}", self.roles[at].epoch);
            return broken(UNMIXED, what);
        }
        Ok(())
    }

    /// Whether whoever asks for this profile must get it, were there no fault.
    pub(crate) fn is_owed(
        &self,
        (at, profile): (usize, &Profile),
        ledger: &[Issue],
        time: Time,
    ) -> bool {
        let session = &self.sessions[profile.identity];
        let needs_session = IDENTITIES[profile.identity].serial.is_some();
        let long = |current: usize| time.until(ledger[current].ends) > 90 * SECOND.cast_signed();
        let open = !session.locked && (!needs_session || session.current.is_some_and(long));
        profile.present && open && !session.denied && !self.roles[at].denied
    }
}

/// Whether the dates that were served are honest by the clock of the one who got them.
pub(crate) fn dates_are_honest(served: &Served, ends: Timestamp, time: Time) -> Check {
    lengths_are_honest(served, ends, time)?;
    let fast = time.wrong > 290 * SECOND.cast_signed();
    if !fast && (served.expiration > ends || served.real_expiration > ends) {
        return broken(EXPIRED, "the served end is later than the real one".to_owned());
    }
    Ok(())
}

/// The same, where the one who gave them has a clock that may be wrong, so that their dates are too.
pub(crate) fn lengths_are_honest(served: &Served, ends: Timestamp, time: Time) -> Check {
    let left = time.until(ends);
    let local = Timestamp::from(time.now().wall);
    let by_caller = served.expiration.since(local).as_millis();
    let most = u128::from(left.unsigned_abs()).min(u128::from(HOUR)) + u128::from(SECOND);
    if by_caller > most {
        let what = format!("the served end is {by_caller} ms away, {left} ms are left");
        return broken(EXPIRED, what);
    }
    Ok(())
}
