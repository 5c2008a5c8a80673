//! Role credentials: asked for when somebody wants them, and renewed ahead of their end.

use std::time::Duration;

use stsd_protocol::Refusal;
use stsd_protocol::gateway::{AssumeRequest, Base, Caller, Hop, Operation};

use super::State;
use super::held::Held;
use super::job::{Job, JobKind};
use super::profile::{Answer, Profile, is_locked};
use super::session::{Phase, Session};
use super::sts_clock::Question;
use super::trouble::Trouble;
use crate::clock::Now;
use crate::schedule::{LAST_CALL, LONGEST_NAP};

impl State {
    /// Somebody asks for a profile and has to wait: makes the job, unless it is under way or there
    /// is nothing to wait for. Counts the profile as in use.
    pub fn want(&mut self, place: usize, now: Now) -> Option<Job> {
        let profile = self.table.profiles.get_mut(place)?;
        if profile.identity().is_some() && !profile.in_use {
            profile.in_use = true;
            self.in_use.insert(profile.planned.name.clone());
            self.role_changed();
        }
        let profile = &self.table.profiles[place];
        let session = self.table.session_of(profile);
        match profile.answer(session, now) {
            Answer::Cold => self.job_for(place, now),
            Answer::Ready(_) | Answer::Fetching | Answer::Refuse(_) => None,
        }
    }

    /// Everything that is due by now; also steps over the ends that have come.
    pub fn due(&mut self, now: Now) -> Vec<Job> {
        self.notice_ends_of_waiting(now);
        self.forget_spent(now);
        for session in &mut self.table.sessions {
            if session.notice_the_end(now) {
                self.version += 1;
            }
        }
        for place in 0..self.table.profiles.len() {
            let profile = &mut self.table.profiles[place];
            if profile.held.as_ref().is_some_and(|held| !held.is_valid(now)) {
                profile.replace(None);
                self.role_changed();
            }
        }
        self.notice_a_jump(now);
        let mut jobs = self.ask_the_time(now);
        jobs.extend(self.renewals(now));
        for place in 0..self.table.profiles.len() {
            if self.is_due(place, now) {
                jobs.extend(self.job_for(place, now));
            }
        }
        jobs
    }

    /// How long the owner may nap.
    pub fn nap(&self, now: Now) -> Duration {
        self.next_moment(now).map_or(LONGEST_NAP, |next| next.min(LONGEST_NAP))
    }

    /// How long until something is due or ends, if nothing else happens.
    pub fn next_moment(&self, now: Now) -> Option<Duration> {
        let moments = self.table.profiles.iter().flat_map(|profile| {
            let session = self.table.session_of(profile);
            [self.renewal_moment(profile, session), profile.ends(session)]
        });
        let renewals = self.table.sessions.iter().filter_map(Session::renewal_moment);
        let questions = self.table.clocks.retries();
        let moments = moments.flatten().chain(renewals).chain(questions);
        let next = moments.filter(|moment| *moment > now.boot).min();
        next.map(|next| next - now.boot)
    }

    /// Fetches anew what a profile holds, or everything in use; also what STS refused before.
    /// Returns the places of the profiles that are asked for, and the jobs.
    ///
    /// # Errors
    /// If the profile is unknown, or locked, or of a kind that has nothing to fetch.
    pub fn refresh(
        &mut self,
        profile: Option<&str>,
        now: Now,
    ) -> Result<(Vec<usize>, Vec<Job>), Refusal> {
        let places: Vec<usize> = match profile {
            Some(_) => vec![self.refreshable(profile, now)?],
            None => (0..self.table.profiles.len())
                .filter(|place| {
                    let profile = &self.table.profiles[*place];
                    let session = self.table.session_of(profile);
                    let open = session.is_some_and(|session| !is_locked(session, now));
                    open && (profile.in_use || profile.trouble(session).is_some())
                })
                .collect(),
        };
        let mut jobs = Vec::new();
        for place in &places {
            self.role_changed();
            self.table.profiles[*place].trouble = None;
            if let Some(session) = self.own_session_mut(*place) {
                session.trouble = None;
            }
            jobs.extend(self.job_for(*place, now));
        }
        Ok((places, jobs))
    }

    /// The roles in use, from a session that has just begun. What they hold is served until then.
    pub(super) fn roles_anew(&mut self, identity: &str, now: Now) -> Vec<Job> {
        let mut jobs = Vec::new();
        for place in 0..self.table.profiles.len() {
            let profile = &mut self.table.profiles[place];
            if profile.identity() != Some(identity) || profile.hops().is_empty() {
                continue;
            }
            if profile.begin_session() {
                jobs.extend(self.job_for(place, now));
            } else {
                self.in_use.remove(&profile.planned.name);
            }
        }
        jobs
    }

    /// The roles in use that have waited for a session of a program.
    pub(super) fn roles_that_waited(&mut self, identity: &str, now: Now) -> Vec<Job> {
        if self.table.session(identity).is_none_or(|s| s.planned.program.is_none()) {
            return Vec::new();
        }
        let waits = |place: &usize| {
            let profile = &self.table.profiles[*place];
            let fed = profile.identity() == Some(identity) && !profile.hops().is_empty();
            fed && profile.in_use && profile.held.is_none() && profile.trouble.is_none()
        };
        let places: Vec<usize> = (0..self.table.profiles.len()).filter(waits).collect();
        places.into_iter().filter_map(|place| self.job_for(place, now)).collect()
    }

    /// The call that renews a profile, or what it waits for; nothing if it is under way or its identity is locked.
    pub(super) fn job_for(&mut self, place: usize, now: Now) -> Option<Job> {
        let profile = &self.table.profiles[place];
        let session = self.table.session_of(profile)?;
        if is_locked(session, now) {
            return None;
        }
        let begins = session.planned.program.is_some() && session.held(now).is_none();
        if profile.hops().is_empty() || begins {
            if session.asking || session.needs_a_person() {
                return None;
            }
            let identity = session.identity().to_owned();
            return Some(self.session_job(&identity, None, self.default_duration(), now));
        }
        if profile.asking.is_some() {
            return None;
        }
        let mut clocks = profile.hops().iter().map(|hop| self.table.clocks.of(&hop.target));
        let first = clocks.next()?;
        let alone = clocks.all(|clock| clock == first);
        let clock = self.table.clocks.of(&profile.hops().last()?.target);
        // No two calls share a number: a profile that means another role since then has another.
        let generation = self.version + 1;
        let job = Job {
            kind: JobKind::Role { profile: profile.planned.name.clone() },
            generation,
            asked: Question { at: now.boot, clock, alone, seconds: asked_for(profile, session) },
            operation: Operation::Assume(AssumeRequest {
                base: base_of(session, now),
                hops: named(profile.hops(), session.user.as_deref()),
                clock_offset: self.table.clock_offset_of(&first, now),
            }),
            settings: self.settings.clone(),
        };
        self.role_changed();
        self.table.profiles[place].asking = Some(job.generation);
        Some(job)
    }

    fn is_due(&self, place: usize, now: Now) -> bool {
        let profile = &self.table.profiles[place];
        let session = self.table.session_of(profile);
        self.renewal_moment(profile, session).is_some_and(|moment| moment <= now.boot)
    }

    /// When a profile is to be renewed by itself, by the boot clock.
    fn renewal_moment(&self, profile: &Profile, session: Option<&Session>) -> Option<Duration> {
        let session = session?;
        if profile.hops().is_empty() {
            let Phase::Unlocked { held, mfa_serial: None } = &session.phase else { return None };
            let retry = session.trouble.as_ref().map(Trouble::retry);
            return retry.unwrap_or(Some(held.due)).filter(|_| !session.asking);
        }
        if !profile.in_use || profile.asking.is_some() {
            return None;
        }
        match (&profile.trouble, &profile.held) {
            (Some(trouble), _) => trouble.retry(),
            (None, Some(held)) => {
                Some(last_call(session, held).map_or(held.due, |at| at.min(held.due)))
            }
            (None, None) => None,
        }
    }

    fn refreshable(&self, profile: Option<&str>, now: Now) -> Result<usize, Refusal> {
        let place = self.table.find(profile)?;
        let found = &self.table.profiles[place];
        let session = self.table.session_of(found).ok_or_else(|| found.cannot_be_unlocked())?;
        if is_locked(session, now) { Err(session.refusal(now)) } else { Ok(place) }
    }

    /// The session of an identity's own profile, or one that a role waits for.
    fn own_session_mut(&mut self, place: usize) -> Option<&mut Session> {
        let profile = &self.table.profiles[place];
        let (identity, own) = (profile.identity()?.to_owned(), profile.hops().is_empty());
        self.session_mut(&identity).filter(|session| own || session.comes_first())
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.table.profiles.iter().position(|profile| profile.planned.name == name)
    }
}

impl Profile {
    fn ends(&self, session: Option<&Session>) -> Option<Duration> {
        match (&self.held, session.map(|session| &session.phase)) {
            (Some(held), _) => Some(held.ends()),
            (None, Some(Phase::Unlocked { held, .. })) => Some(held.ends()),
            _ => None,
        }
    }
}

/// When roles are assumed for the last time from a session that only a person can renew; nothing if
/// these credentials already come from that last call.
fn last_call(session: &Session, role: &Held) -> Option<Duration> {
    let Phase::Unlocked { held, mfa_serial: Some(_) } = &session.phase else { return None };
    let moment = held.ends().saturating_sub(LAST_CALL);
    (role.begins() < moment).then_some(moment)
}

/// Whose credentials begin a chain: the session with a device or of a program, else the keys
/// themselves, which STS lets assume a role for longer than an hour.
fn base_of(session: &Session, now: Now) -> Base {
    match session.held(now) {
        Some(held) if session.has_device() || session.planned.program.is_some() => {
            Base::Temporary(held.credentials().clone())
        }
        _ => Base::LongTerm(session.planned.keys.clone()),
    }
}

/// How many seconds the last role of a chain is asked for.
fn asked_for(profile: &Profile, session: &Session) -> Option<u32> {
    let asked = profile.hops().last()?.duration_seconds.unwrap_or(ROLE_CHAINING);
    let from_session = session.has_device() || session.planned.program.is_some();
    let chained = profile.hops().len() > 1 || from_session;
    Some(if chained { asked.min(ROLE_CHAINING) } else { asked })
}

/// What STS gives at most, in seconds, to whoever assumes a role with temporary credentials; and
/// what it gives where nothing else is asked for.
const ROLE_CHAINING: u32 = 3600;

/// The hops with the user's name as session name, where the profile has none and the name is known.
fn named(hops: &[Hop], user: Option<&Caller>) -> Vec<Hop> {
    let name = user.and_then(|user| user.arn.rsplit('/').next()).map(str::to_owned);
    let with_name = |hop: &Hop| {
        let role_session_name = hop.role_session_name.clone().or_else(|| name.clone());
        Hop { role_session_name, ..hop.clone() }
    };
    hops.iter().map(with_name).collect()
}
