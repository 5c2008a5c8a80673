//! The table of session states: what one identity, a long-term access key, has to give.

use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::control::{SessionReport, SessionState};
use stsd_protocol::gateway::{Caller, PlannedIdentity};
use stsd_protocol::{Refusal, RefusalCode, Timestamp};

use super::held::Held;
use super::renewal::Renewal;
use super::trouble::Trouble;
use crate::clock::Now;
use crate::schedule::EXPIRING;

/// One identity and its session.
#[derive(Clone, Debug)]
pub struct Session {
    /// What the configuration says of it.
    pub planned: Arc<PlannedIdentity>,
    /// Whether it is what `stsd unlock` means where no profile is named.
    pub is_default: bool,
    /// What there is to give.
    pub phase: Phase,
    /// Every lock and every new session begins another one; a result of an earlier one is dropped.
    pub generation: u64,
    /// STS has been asked for a session of this generation.
    pub asking: bool,
    /// The IAM user, once STS has said who it is.
    pub user: Option<Arc<Caller>>,
    /// What a person's last unlock came to, until one succeeds.
    pub last_error: Option<Arc<Refusal>>,
    /// What keeps a session that needs no person from being had.
    pub trouble: Option<Trouble>,
    /// What has become of the codes of its `mfa_process`.
    pub renewal: Renewal,
    /// How long the last session was asked for.
    pub duration_seconds: Option<u32>,
    /// When the session came that there is, by the boot clock.
    pub begun: Duration,
    /// The latest end of anything that was handed out and is no longer held.
    pub handed_out_until: Option<Timestamp>,
}

/// What a session has to give.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Nothing. A device's code is needed; or, after a lock by hand, an unlock.
    Locked,
    /// No session yet, but none needs a person: the keys alone will do.
    KeysAlone,
    /// A session.
    Unlocked {
        /// What GetSessionToken gave.
        held: Arc<Held>,
        /// The device that was used; without one, no person is needed for the next.
        mfa_serial: Option<String>,
    },
    /// There was a session with a device, and it reached its end.
    Ended,
    /// STS refused the keys.
    Refused,
}

impl Session {
    /// An identity that was not there before. One that was locked by hand stays locked.
    pub fn new(planned: Arc<PlannedIdentity>, locked_by_hand: bool) -> Self {
        let phase = resting(&planned, locked_by_hand);
        Self {
            planned,
            is_default: false,
            phase,
            generation: 0,
            asking: false,
            user: None,
            last_error: None,
            trouble: None,
            renewal: Renewal::default(),
            duration_seconds: None,
            begun: Duration::ZERO,
            handed_out_until: None,
        }
    }

    /// The long-term access key id.
    pub fn identity(&self) -> &str {
        &self.planned.keys.identity
    }

    /// The session's credentials, while they may be served.
    pub fn held(&self, now: Now) -> Option<&Arc<Held>> {
        match &self.phase {
            Phase::Unlocked { held, .. } if held.is_valid(now) => Some(held),
            _ => None,
        }
    }

    /// What it holds, whether or not it may still be served.
    pub(super) fn unlocked(&self) -> Option<&Arc<Held>> {
        match &self.phase {
            Phase::Unlocked { held, .. } => Some(held),
            _ => None,
        }
    }

    /// Whether roles wait for it, though it needs no person: a program says its keys, which is not to
    /// be run for each role.
    pub fn comes_first(&self) -> bool {
        self.planned.program.is_some() && matches!(self.phase, Phase::KeysAlone)
    }

    /// Whether only a person can start the next session.
    pub fn needs_a_person(&self) -> bool {
        match &self.phase {
            Phase::KeysAlone => false,
            Phase::Unlocked { mfa_serial, .. } => {
                mfa_serial.is_some() || self.planned.mfa_serial.is_some()
            }
            Phase::Locked | Phase::Ended | Phase::Refused => true,
        }
    }

    /// Whether it was begun with a device's code.
    pub fn has_device(&self) -> bool {
        matches!(self.phase, Phase::Unlocked { mfa_serial: Some(_), .. })
    }

    /// Whether a session that a person began has reached its end.
    pub fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    /// The state that `stsd status` shows.
    pub fn state(&self, now: Now) -> SessionState {
        match &self.phase {
            Phase::Unlocked { held, mfa_serial } => match held.remaining(now) {
                left if left.is_zero() && mfa_serial.is_some() => SessionState::Ended,
                left if left < EXPIRING && mfa_serial.is_some() => SessionState::Expiring,
                _ => SessionState::Unlocked,
            },
            _ if self.asking && self.needs_a_person() => SessionState::Unlocking,
            Phase::KeysAlone if matches!(self.trouble, Some(Trouble::Denied(_))) => {
                SessionState::Refused
            }
            Phase::KeysAlone => SessionState::Unlocked,
            Phase::Locked => SessionState::Locked,
            Phase::Ended => SessionState::Ended,
            Phase::Refused => SessionState::Refused,
        }
    }

    /// Why nothing comes from this session, for whoever asks for a profile that it feeds.
    pub fn refusal(&self, now: Now) -> Refusal {
        let refusal = match (self.state(now), &self.last_error) {
            (SessionState::Refused, Some(error)) => (**error).clone(),
            (SessionState::Ended, _) => Refusal::new(RefusalCode::Locked, "the session has ended"),
            _ => Refusal::new(RefusalCode::Locked, "stsd is locked"),
        };
        match refusal.code {
            RefusalCode::Locked => refusal.with_hint(format!("run `{}`", self.unlock_command())),
            _ => refusal,
        }
    }

    /// What to type to unlock this identity and no other.
    pub fn unlock_command(&self) -> String {
        if self.is_default {
            return "stsd unlock".to_owned();
        }
        format!("stsd unlock {}", quoted(&self.planned.keys.source_profile))
    }

    /// Forgets what is held; what was handed out is remembered by its end alone.
    pub fn forget(&mut self, next: Phase) {
        self.release(next);
        self.generation += 1;
        self.asking = false;
        self.trouble = None;
        self.renewal.begin_anew();
    }

    /// STS says that it has ended. Not a lock: an unlock that is under way is still wanted.
    pub fn end(&mut self) {
        let next = match &self.phase {
            Phase::Unlocked { mfa_serial: Some(_), .. } => Phase::Ended,
            Phase::Unlocked { mfa_serial: None, .. } => resting(&self.planned, false),
            _ => return,
        };
        self.release(next);
    }

    fn release(&mut self, next: Phase) {
        if let Phase::Unlocked { held, .. } = &self.phase {
            self.handed_out_until = self.handed_out_until.max(held.handed_out_until());
        }
        self.phase = next;
    }

    /// The last thing that went wrong, until something goes right.
    pub fn last_error(&self) -> Option<&Refusal> {
        self.last_error.as_deref().or(self.trouble.as_ref().map(Trouble::refusal))
    }

    /// Steps into the phase that follows the end of what is held.
    pub fn notice_the_end(&mut self, now: Now) -> bool {
        let next = match &self.phase {
            Phase::Unlocked { held, .. } if held.is_valid(now) => return false,
            Phase::Unlocked { mfa_serial: Some(_), .. } => Phase::Ended,
            // Unless the user has given it a device since then.
            Phase::Unlocked { mfa_serial: None, .. } => resting(&self.planned, false),
            _ => return false,
        };
        self.phase = next;
        true
    }

    /// What `status` says.
    pub fn report(&self, now: Now) -> SessionReport {
        let held = match &self.phase {
            Phase::Unlocked { held, .. } => Some(held),
            _ => None,
        };
        let used_serial = match &self.phase {
            Phase::Unlocked { mfa_serial, .. } => mfa_serial.clone(),
            _ => None,
        };
        let account = self.user.as_ref().map(|user| user.account.clone());
        SessionReport {
            identity: self.identity().to_owned(),
            source_profile: self.planned.keys.source_profile.clone(),
            account_id: account.or_else(|| self.planned.account_id.clone()),
            mfa_serial: used_serial.or_else(|| self.planned.mfa_serial.clone()),
            state: self.state(now),
            issued: held.map(|held| held.issued),
            expiration: held.map(|held| held.expiration()),
            remaining_seconds: held.map(|held| held.remaining(now).as_secs()),
            access_key_id: held.map(|held| held.access_key_id().to_owned()),
            last_error: self.last_error().cloned(),
        }
    }
}

/// What an identity has to give before anybody has done anything.
pub(super) fn resting(planned: &PlannedIdentity, locked_by_hand: bool) -> Phase {
    if locked_by_hand || planned.mfa_serial.is_some() { Phase::Locked } else { Phase::KeysAlone }
}

/// A profile's name as it can be typed: in single quotes where a shell would read it otherwise.
pub fn quoted(profile: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '@' | '+');
    if !profile.is_empty() && profile.chars().all(plain) {
        return profile.to_owned();
    }
    format!("'{}'", profile.replace('\'', r"'\''"))
}
