//! Starting sessions: what an unlock needs, and what becomes of its answer.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stsd_configuration::device::{FIDO_HINT, account_of_arn, fido_mistake};
use stsd_protocol::control::{Challenge, ChallengeRequest, UnlockRequest, Unlocked};
use stsd_protocol::gateway::{
    Failure, FailureKind, Issued, Mfa, Operation, PROGRAM_IDENTITY, ProfileSource,
    UnlockRequest as GetSessionToken,
};
use stsd_protocol::{Refusal, RefusalCode};
use stsd_secret::Secret;

use super::attempt::Attempt;
use super::held::{Dates, Held};
use super::job::{CodeFrom, Job, JobKind, session_refusal};
use super::profile::Profile;
use super::session::{Phase, Session, quoted};
use super::sts_clock::Question;
use super::trouble::Trouble;
use super::{EVERYTHING, State, Table};
use crate::clock::Now;

/// Wrong token codes in a row for one identity.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct WrongCodes {
    count: u32,
    pub(super) last: Duration,
}

impl WrongCodes {
    fn is_too_many(self) -> bool {
        self.count >= 3
    }

    /// In how many seconds the next code may be tried, where that is not now. A part of one counts whole.
    fn seconds_of_rest(self, now: Now) -> Option<u128> {
        let left = (self.last + PAUSE).saturating_sub(now.boot);
        (self.is_too_many() && !left.is_zero()).then(|| left.as_nanos().div_ceil(1_000_000_000))
    }
}

impl Table {
    /// What an unlock would need, before anybody is asked for a code.
    ///
    /// # Errors
    /// If the profile is unknown or cannot be unlocked, or its device is of a kind that STS does
    /// not take.
    pub fn challenge(
        &self,
        request: &ChallengeRequest,
        now: Now,
    ) -> Result<Vec<Challenge>, Refusal> {
        if request.all {
            if self.sessions.is_empty() {
                self.find(None)?;
            }
            let challenge = |session| self.challenge_of(session, None, now);
            return Ok(self.sessions.iter().map(challenge).collect());
        }
        let profile = &self.profiles[self.find(request.profile.as_deref())?];
        let session = self.session_of(profile).ok_or_else(|| profile.cannot_be_unlocked())?;
        let challenge = self.challenge_of(session, request.mfa_serial.as_deref(), now);
        refuse_fido(challenge.mfa_serial.as_deref())?;
        Ok(vec![challenge])
    }

    fn challenge_of(&self, session: &Session, serial: Option<&str>, now: Now) -> Challenge {
        let resting = self.refuse_a_guesser(session, now).err();
        Challenge { prompt: self.prompt, resting, ..session.challenge(serial) }
    }

    fn refuse_a_guesser(&self, session: &Session, now: Now) -> Result<(), Refusal> {
        let Some(wrong) = self.wrong_codes.get(session.identity()) else { return Ok(()) };
        let Some(seconds) = wrong.seconds_of_rest(now) else { return Ok(()) };
        let what = match session.renewal.by_program() {
            true => session.mend_of_program(),
            false => format!(
                "check which device the account has, and run `{}`",
                session.unlock_command()
            ),
        };
        let message = format!("{} wrong token codes in a row", wrong.count);
        Err(Refusal::new(RefusalCode::SlowDown, message)
            .with_hint(format!("{what} in {seconds} seconds")))
    }

    /// What the one who asked for a session hears of its failure: also how long the identity rests, which
    /// is not kept, since it is not true any more when `stsd status` shows what is.
    fn told_to_rest(&self, session: &Session, error: &Refusal, now: Now) -> Refusal {
        match self.refuse_a_guesser(session, now) {
            Err(resting) if error.code == RefusalCode::WrongCode => {
                error.clone().with_hint(resting.hint)
            }
            _ => error.clone(),
        }
    }

    fn count_wrong_code(&mut self, identity: &str, now: Now) {
        let wrong = self.wrong_codes.entry(identity.to_owned()).or_default();
        *wrong = WrongCodes { count: wrong.count.saturating_add(1), last: now.boot };
    }
}

impl Session {
    /// The device that an unlock uses: the one that it names, else the configured one.
    fn device(&self, named: Option<&str>) -> Option<String> {
        named.map(str::to_owned).or_else(|| self.planned.mfa_serial.clone())
    }

    fn challenge(&self, serial: Option<&str>) -> Challenge {
        let mfa_serial = self.device(serial);
        // The program knows the codes of the configured device and of no other.
        let mfa_process = self.has_program_for(mfa_serial.as_deref());
        let account = self.user.as_ref().map(|user| user.account.clone());
        let of_serial = mfa_serial.as_deref().and_then(account_of_arn);
        Challenge {
            identity: self.identity().to_owned(),
            source_profile: self.planned.keys.source_profile.clone(),
            account_id: account.or_else(|| self.planned.account_id.clone()).or(of_serial),
            mfa_serial,
            mfa_process,
            prompt: false,
            resting: None,
        }
    }
}

impl Profile {
    /// Why this profile has no session.
    pub(super) fn cannot_be_unlocked(&self) -> Refusal {
        match &self.planned.source {
            ProfileSource::Unsupported { reason, hint } => {
                Refusal::new(RefusalCode::UnsupportedProfile, reason).with_hint(hint)
            }
            ProfileSource::Invalid { reason, hint } => {
                Refusal::new(RefusalCode::InvalidProfile, reason).with_hint(hint)
            }
            _ => Refusal::new(
                RefusalCode::InvalidProfile,
                format!("profile {} has lost its keys", quoted(&self.planned.name)),
            ),
        }
    }
}

impl State {
    /// Checks an unlock and makes the job that asks STS. The session that there is stays until the
    /// new one is there.
    ///
    /// # Errors
    /// Whatever can be known without asking STS; no code is spent then.
    pub fn begin_unlock(&mut self, request: UnlockRequest, now: Now) -> Result<Job, Refusal> {
        let identity = self.identity_of(request.profile.as_deref())?;
        let session = self.table.session(&identity).ok_or_else(|| no_session(&identity))?;
        if session.asking && !(session.renewal.by_program() && request.token_code.is_some()) {
            return Err(Refusal::new(
                RefusalCode::Pending,
                "another unlock of this identity is under way",
            ));
        }
        let serial = session.device(request.mfa_serial.as_deref());
        refuse_fido(serial.as_deref())?;
        self.table.refuse_a_guesser(session, now)?;
        let mfa = self.mfa(&identity, serial, request.token_code, now)?;
        let duration_seconds = self.duration(request.duration_seconds)?;
        if let Some(session) = self.session_mut(&identity).filter(|session| session.asking) {
            session.overtake_the_program(now);
        }
        Ok(self.session_job(&identity, mfa, duration_seconds, now))
    }

    /// The job that asks for a session of an identity that exists.
    pub(super) fn session_job(
        &mut self,
        identity: &str,
        mfa: Option<Mfa>,
        duration_seconds: u32,
        now: Now,
    ) -> Job {
        let code_mark = mfa.as_ref().and_then(|mfa| {
            mfa.token_code.as_ref().map(|code| self.spent.mark(&mfa.serial_number, code))
        });
        // From now on, and not from the answer on: a lock in between lets the next unlock begin.
        if let Some(mark) = code_mark {
            self.spent.spend(mark, now);
        }
        let settings = self.settings.clone();
        self.version += 1;
        let target = self.table.session(identity).map(|session| session.planned.target.clone());
        let target = target.unwrap_or_default();
        let clock = self.table.clocks.of(&target);
        let clock_offset = self.table.clock_offset_of(&clock, now);
        let seconds = (!identity.starts_with(PROGRAM_IDENTITY)).then_some(duration_seconds);
        let session = self.session_mut(identity).expect("callers have found the session");
        session.asking = true;
        session.duration_seconds = Some(duration_seconds);
        session.renewal.begin(mfa.as_ref().is_some_and(|mfa| mfa.token_code.is_none()));
        Job {
            kind: JobKind::Session {
                identity: identity.to_owned(),
                mfa_serial: mfa.as_ref().map(|mfa| mfa.serial_number.clone()),
                code_mark,
            },
            generation: session.generation,
            asked: Question { at: now.boot, clock, alone: true, seconds },
            operation: Operation::Unlock(GetSessionToken {
                keys: session.planned.keys.clone(),
                target,
                mfa,
                duration_seconds,
                clock_offset,
            }),
            settings,
        }
    }

    /// Takes a new session over. Returns the jobs that follow: the roles in use, from the new
    /// session.
    pub(super) fn session_issued(
        &mut self,
        identity: &str,
        mfa_serial: Option<String>,
        issued: Issued,
        dates: Dates,
        now: Now,
    ) -> Vec<Job> {
        self.table.wrong_codes.remove(identity);
        self.locked_by_hand.remove(identity);
        self.locked_by_hand.remove(EVERYTHING);
        let jitter = self.jitter.fraction();
        let Some(session) = self.session_mut(identity) else { return Vec::new() };
        if let Some(user) = issued.user {
            session.user = Some(Arc::new(user));
        }
        let account = session.report(now).account_id;
        let user_arn = session.user.as_ref().map(|user| user.arn.clone());
        let held = Held::new(issued.credentials, dates, jitter).owned_by(account, user_arn);
        let by_person = mfa_serial.is_some() || session.needs_a_person();
        session.forget(Phase::Unlocked { held: Arc::new(held), mfa_serial });
        session.last_error = None;
        session.begun = now.boot;
        match by_person {
            true => self.roles_anew(identity, now),
            false => self.roles_that_waited(identity, now),
        }
    }

    /// Notes why there is no new session. What there was stays. The mistake of a person who typed a
    /// code does not keep a session that needs no person from being renewed.
    pub(super) fn session_failed(
        &mut self,
        identity: &str,
        attempt: Attempt,
        failure: &Failure,
        now: Now,
    ) {
        let (jitter, code_from) = (self.jitter.fraction(), attempt.code_from);
        // Nobody guesses with a code that came too late.
        if failure.kind == FailureKind::WrongCode && !attempt.slept {
            self.table.count_wrong_code(identity, now);
        }
        let Some(session) = self.session_mut(identity) else { return };
        session.asking = false;
        let refusal = session_refusal(failure, session);
        let mut refusal = attempt.told(refusal, failure, session);
        match code_from {
            CodeFrom::Program => {
                refusal = session.of_program(refusal);
                session.renewal.failed(failure, now, jitter);
            }
            _ if failure.kind == FailureKind::WrongCode => session.renewal.wrong_code(),
            _ => {}
        }
        let refusal = Arc::new(refusal);
        if !session.needs_a_person() && code_from == CodeFrom::Nobody {
            let before = session.trouble.take();
            session.trouble = Some(Trouble::after(before.as_ref(), failure, refusal, now, jitter));
            return;
        }
        session.last_error = Some(refusal);
        let keys_refused = failure.kind == FailureKind::Denied && !failure.code_sent;
        if keys_refused && session.held(now).is_none() {
            session.phase = Phase::Refused;
        }
    }

    /// What the client is told after an unlock.
    pub fn unlocked(&self, identity: &str, now: Now) -> Result<Unlocked, Refusal> {
        let session = self.table.session(identity).ok_or_else(|| no_session(identity))?;
        match (session.last_error(), session.held(now)) {
            (Some(error), _) => Err(self.table.told_to_rest(session, error, now)),
            (None, None) => Err(Refusal::new(RefusalCode::Locked, "stsd was locked meanwhile")),
            (None, Some(_)) => {
                Ok(Unlocked { session: session.report(now), profiles: self.table.fed_by(identity) })
            }
        }
    }

    fn mfa(
        &self,
        identity: &str,
        serial: Option<String>,
        code: Option<Secret>,
        now: Now,
    ) -> Result<Option<Mfa>, Refusal> {
        let (serial_number, token_code) = match (serial, code) {
            (None, None) => return Ok(None),
            (None, Some(_)) => {
                return Err(Refusal::new(
                    RefusalCode::BadRequest,
                    "a token code was given, but the profile has no mfa_serial",
                )
                .with_hint("add mfa_serial to the profile, or give --serial-number ARN"));
            }
            (Some(serial), None) => {
                let session = self.table.session(identity);
                let by_program = session.filter(|s| s.has_program_for(Some(&serial)));
                if let Some(session) = by_program {
                    session.refuse_its_last_code(now)?;
                    return Ok(Some(Mfa { serial_number: serial, token_code: None }));
                }
                return Err(Refusal::new(
                    RefusalCode::CodeRequired,
                    format!("the token code of {serial} is needed"),
                ));
            }
            (Some(serial), Some(code)) => (serial, code),
        };
        if code_is_malformed(&token_code) {
            return Err(Refusal::new(RefusalCode::BadRequest, "a token code has six digits")
                .with_hint("type the six digits that the device shows"));
        }
        if self.spent.is_spent(self.spent.mark(&serial_number, &token_code), now) {
            return Err(Refusal::new(
                RefusalCode::SpentCode,
                "this token code was used already, and STS takes each one once",
            ));
        }
        Ok(Some(Mfa { serial_number, token_code: Some(token_code) }))
    }

    fn duration(&self, asked: Option<u32>) -> Result<u32, Refusal> {
        let seconds = asked.map_or(self.session_duration.as_secs(), u64::from);
        u32::try_from(seconds).ok().filter(|seconds| ALLOWED.contains(seconds)).ok_or_else(|| {
            Refusal::new(
                RefusalCode::BadRequest,
                format!("a session lasts from 15 minutes to 36 hours, not {seconds} seconds"),
            )
            .with_hint("give --duration between 900 and 129600, or for example 12h")
        })
    }

    /// How long a session lasts where nobody says.
    pub(super) fn default_duration(&self) -> u32 {
        self.duration(None).unwrap_or(43_200)
    }
}

fn no_session(identity: &str) -> Refusal {
    Refusal::new(RefusalCode::InvalidProfile, format!("the keys {identity} are gone"))
}

fn code_is_malformed(code: &Secret) -> bool {
    code.expose().len() != 6 || !code.expose().bytes().all(|byte| byte.is_ascii_digit())
}

fn refuse_fido(serial: Option<&str>) -> Result<(), Refusal> {
    serial.and_then(fido_mistake).map_or(Ok(()), |mistake| {
        Err(Refusal::new(RefusalCode::UnsupportedProfile, mistake).with_hint(FIDO_HINT))
    })
}

/// How long an identity rests after three wrong codes: longer than one code lives, so that typing
/// the same again is of no use.
const PAUSE: Duration = Duration::from_secs(30);

/// The limits of GetSessionToken's DurationSeconds.
const ALLOWED: std::ops::RangeInclusive<u32> = 900..=129_600;
