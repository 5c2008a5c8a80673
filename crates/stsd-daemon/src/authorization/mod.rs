//! The authorization tokens: every request to the credentials endpoint must carry one. They stop
//! whoever can make this user's programs send a request but cannot read this user's files: a web
//! page, a forwarded port. The user's own opens every profile; the others are made by `stsd token
//! create` and `stsd exec`, each for some profiles.
//!
//! One mutex holds them: it is taken for the comparison alone, and never across an await.

mod changes;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod grant;
mod guess;
mod guessers;
mod issued;
mod names;
mod presented;
mod record;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod timing;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use stsd_protocol::gateway::{Problem, Severity};
use stsd_protocol::{Refusal, RefusalCode, Timestamp};
use stsd_secret::Secret;
use tracing::error;

use crate::clock::{Clock, SystemClock, boot_id};
use crate::state_directory::StateDirectory;

use grant::REVOKED;
pub use grant::{Grant, OWN, Unauthorized};
use guessers::Guessers;
use issued::Token;
use presented::{position, presented};

/// All authorization tokens of one daemon.
pub struct Authorization {
    own: Secret,
    issued: Mutex<Issued>,
    /// Where they last; without it none can be made.
    directory: Option<StateDirectory>,
    guessers: Mutex<Guessers>,
    clock: Box<dyn Clock>,
    boot: Option<String>,
    /// What was wrong with their record at the start.
    damage: Option<Damage>,
}

struct Damage {
    message: String,
    /// Whether the damaged record stands where a new one would be written.
    in_the_way: bool,
}

/// What changes.
#[derive(Default)]
struct Issued {
    tokens: Vec<Token>,
    /// Revoked, but the record has them yet, since it could not be written: it would bring them back with
    /// the next start.
    still_recorded: Vec<Token>,
    own_last_used: Option<Timestamp>,
}

impl Authorization {
    /// The user's own, as it stands in the token file, and no other.
    pub fn new(own: Secret) -> Self {
        Self {
            own,
            issued: Mutex::default(),
            directory: None,
            guessers: Mutex::default(),
            clock: Box::new(SystemClock),
            boot: None,
            damage: None,
        }
    }

    /// The user's own and those of the record. A record that does not read is kept aside, and nothing
    /// that stands in it opens anything.
    pub(crate) fn open(own: Secret, directory: StateDirectory, clock: impl Clock) -> Self {
        let now = clock.now();
        let boot = boot_id();
        let recorded = directory.recorded_tokens().map_err(|error| error.kind().to_string());
        let read = recorded.and_then(|text| match text {
            Some(text) => record::read(&text, now, boot.as_deref()),
            None => Ok(Vec::new()),
        });
        let (tokens, damage) = match read {
            Ok(tokens) => (tokens, None),
            Err(why) => (Vec::new(), Some(set_aside(&directory, &why, now.date()))),
        };
        let issued = Mutex::new(Issued { tokens, ..Issued::default() });
        let directory = Some(directory);
        Self { issued, directory, clock: Box::new(clock), boot, damage, ..Self::new(own) }
    }

    /// Looks at the value of an `Authorization` header.
    ///
    /// # Errors
    /// If no token has this value, or none any more.
    pub fn check(&self, header: Option<&[u8]>) -> Result<Grant, Unauthorized> {
        let given = presented(header.ok_or(Unauthorized::Missing)?);
        let mut issued = self.issued();
        let secrets = issued.tokens.iter().map(|token| &token.secret);
        match position(given, std::iter::once(&self.own).chain(secrets)) {
            Some(0) => {
                issued.own_last_used = Some(self.clock.now().date());
                Ok(Grant::own())
            }
            Some(place) => match issued.tokens.get_mut(place - 1) {
                Some(token) => token.used(self.clock.now()),
                None => Err(Unauthorized::Wrong),
            },
            None if given == REVOKED.as_bytes() => Err(Unauthorized::Revoked),
            None => Err(Unauthorized::Wrong),
        }
    }

    /// What the user should know of their record.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let file = self.directory.as_ref().map(StateDirectory::tokens_file).unwrap_or_default();
        let problem = |message: &str| Problem {
            file: file.to_string_lossy().into_owned(),
            line: None,
            profile: None,
            key: None,
            severity: Severity::Error,
            message: message.to_owned(),
        };
        self.damage.iter().map(|damage| problem(&damage.message)).collect()
    }

    /// Makes these the tokens that there are, if they can be written. Those that ended long ago go, and
    /// the oldest that have ended where there is no room.
    fn keep(&self, issued: &mut Issued, mut tokens: Vec<Token>) -> Result<(), Refusal> {
        let now = self.clock.now();
        tokens.retain(|token| !token.is_long_over(now));
        while tokens.len() > MOST
            && let Some(ended) = tokens.iter().position(|token| token.is_over(now))
        {
            tokens.remove(ended);
        }
        if tokens.len() > MOST {
            let message =
                format!("there are {MOST} authorization tokens, and there can be no more");
            return Err(Refusal::new(RefusalCode::BadRequest, message).with_hint(
                "`stsd token list` shows them, and `stsd token revoke` ends those of no use",
            ));
        }
        let text = record::text(&tokens, self.boot.as_deref());
        let directory = self.directory.as_ref().ok_or_else(changes::unkept)?;
        if let Some(damage) = self.damage.as_ref().filter(|damage| damage.in_the_way) {
            let record = directory.tokens_file();
            let hint = format!("move {} away, and `stsd service restart`", record.display());
            return Err(Refusal::new(RefusalCode::Internal, &damage.message).with_hint(hint));
        }
        directory.record_tokens(&text).map_err(|error| changes::unwritten(directory, &error))?;
        issued.tokens = tokens;
        issued.still_recorded.clear();
        Ok(())
    }

    fn issued(&self) -> MutexGuard<'_, Issued> {
        // No change can panic halfway, so that nothing is half done.
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization").finish_non_exhaustive()
    }
}

/// Says what is wrong with a record, and what became of it.
fn set_aside(directory: &StateDirectory, why: &str, now: Timestamp) -> Damage {
    let aside = directory.set_tokens_aside(now);
    let in_the_way = aside.is_err();
    let message = match aside {
        Ok(aside) => format!(
            "the record of the authorization tokens was set aside as {}: {why}; none of them opens anything, \
             so make new ones with `stsd token create`",
            aside.display()
        ),
        Err(error) => format!(
            "the record of the authorization tokens is damaged: {why}; none of them opens anything, and it \
             cannot be set aside: {error}"
        ),
    };
    error!("{message}");
    Damage { message, in_the_way }
}

/// Each request is compared with all of them.
const MOST: usize = 500;
