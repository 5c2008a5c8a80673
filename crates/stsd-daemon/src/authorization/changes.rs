//! What makes, shows and ends authorization tokens. A change counts when it is on the disk: one that
//! cannot be written is refused, but for a revocation, which holds at once.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::control::TokenReport;
use stsd_protocol::{LONGEST_TOKEN_LIFE, Refusal, RefusalCode, path_form};
use stsd_secret::Secret;
use tracing::error;

use super::grant::{OWN, REVOKED, Scope};
use super::issued::{End, Token};
use super::{Authorization, names};
use crate::state_directory::{StateDirectory, new_authorization_token};

impl Authorization {
    /// All of them, without a secret: the user's own, then the others as they were made.
    pub(crate) fn reports(&self) -> Vec<TokenReport> {
        let issued = self.issued();
        let now = self.clock.now();
        let valid = issued.tokens.iter().filter(|token| !token.is_over(now));
        let own = TokenReport {
            name: OWN.to_owned(),
            profiles: None,
            created: None,
            expires: None,
            last_used: issued.own_last_used,
        };
        std::iter::once(own).chain(valid.map(report)).collect()
    }

    /// Makes one, for profiles that the caller has found to be there (`None`: for all).
    ///
    /// # Errors
    /// If the name is none, or taken, or if it cannot be written.
    pub(crate) fn create(
        &self,
        name: Option<String>,
        profiles: Option<Vec<String>>,
        length: Option<Duration>,
    ) -> Result<(Secret, TokenReport), Refusal> {
        length.map_or(Ok(()), refuse_a_slip)?;
        let mut issued = self.issued();
        let now = self.clock.now();
        let taken = |name: &str| {
            issued.tokens.iter().any(|token| *token.name == *name && !token.is_over(now))
        };
        let name = match name {
            Some(name) => {
                names::check(&name)?;
                if taken(&name) {
                    let message = format!("there is an authorization token {name} already");
                    let hint = format!("choose another name, or `stsd token revoke {name}` first");
                    return Err(Refusal::new(RefusalCode::BadRequest, message).with_hint(hint));
                }
                name
            }
            None => names::invent(
                profiles.as_ref().and_then(|names| Some(names.first()?.as_str())),
                taken,
            ),
        };
        let scope = profiles.map_or(Scope::Everything, |names| Scope::Profiles(names.into()));
        let token = self.new_token(name.into(), scope, length)?;
        let made = (token.secret.clone(), report(&token));
        let tokens = [issued.tokens.as_slice(), &[token]].concat();
        self.keep(&mut issued, tokens)?;
        Ok(made)
    }

    /// Ends these, or all but the user's own.
    ///
    /// # Errors
    /// If one of them is not there; then none is ended. Or if it cannot be written; then they are ended
    /// until the daemon starts again, and may be named again.
    pub(crate) fn revoke(&self, names: Option<Vec<String>>) -> Result<Vec<String>, Refusal> {
        let mut issued = self.issued();
        let all = || issued.tokens.iter().chain(&issued.still_recorded);
        let is_there = |name: &str| all().any(|token| *token.name == *name);
        if let Some(missing) = names.iter().flatten().find(|name| !is_there(name)) {
            return Err(self.not_revoked(missing));
        }
        let is_meant = |token: &&Token| {
            names.as_ref().is_none_or(|names| names.iter().any(|name| **name == *token.name))
        };
        let ended: Vec<_> = all().filter(is_meant).cloned().collect();
        let (now_ended, left): (Vec<_>, Vec<_>) =
            issued.tokens.iter().cloned().partition(|token| is_meant(&token));
        let kept = self.keep(&mut issued, left.clone());
        // They are ended all the same, and there for a repetition.
        if kept.is_err() {
            issued.tokens = left;
            issued.still_recorded.extend(now_ended);
        }
        for profile in ended.iter().filter_map(|token| names::exec_profile(&token.name)) {
            self.overwrite_exec_token(profile);
        }
        match kept {
            Ok(()) => Ok(self.said_of(&ended, names.is_some())),
            // Over a damaged record there is none that could come back.
            Err(refusal) if ended.is_empty() => Err(refusal),
            Err(refusal) => Err(until_a_restart(refusal)),
        }
    }

    /// The names of those that were revoked, each once; of those that had ended before only where they
    /// were `named`.
    fn said_of(&self, ended: &[Token], named: bool) -> Vec<String> {
        let now = self.clock.now();
        let mut said = Vec::<String>::new();
        for token in ended.iter().filter(|token| named || !token.is_over(now)) {
            if !said.iter().any(|name| **name == *token.name) {
                said.push(token.name.to_string());
            }
        }
        said
    }

    /// The authorization token for the commands of a profile, in a file of its own: the one that there
    /// is, or a new one. Says its name, and what there is to report of a new one.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn for_exec(&self, profile: &str) -> Result<(String, Option<TokenReport>), Refusal> {
        let Some(directory) = &self.directory else { return Err(unkept()) };
        let mut issued = self.issued();
        let (name, form) = (names::of_exec(profile), path_form(profile));
        let found = issued.tokens.iter().find(|token| *token.name == *name);
        let (secret, made) = match found {
            Some(token) => (token.secret.clone(), None),
            None => {
                let scope = Scope::Profiles([profile.to_owned()].into());
                let token = self.new_token(name.as_str().into(), scope, None)?;
                let made = (token.secret.clone(), Some(report(&token)));
                let tokens = [issued.tokens.as_slice(), &[token]].concat();
                self.keep(&mut issued, tokens)?;
                made
            }
        };
        // Anew each time, in case the file went away; the same bytes are not written twice.
        let written = directory.record_exec_token(&form, secret.expose());
        written.map_err(|error| unwritten(directory, &error))?;
        Ok((name, made))
    }

    fn new_token(
        &self,
        name: Arc<str>,
        scope: Scope,
        length: Option<Duration>,
    ) -> Result<Token, Refusal> {
        let now = self.clock.now();
        let secret = new_authorization_token()
            .map_err(|error| Refusal::new(RefusalCode::Internal, error.to_string()))?;
        let end = length.map(|length| End::after(length, now));
        Ok(Token { name, secret, scope, created: now.date(), end, last_used: None })
    }

    /// What its commands read from then on, and send: a word that says why they get nothing.
    fn overwrite_exec_token(&self, profile: &str) {
        if let Some(directory) = &self.directory
            && directory.has_exec_token(profile)
            && let Err(error) = directory.record_exec_token(profile, REVOKED)
        {
            // It opens nothing either way.
            error!(%profile, %error, "could not overwrite the file of a revoked authorization token");
        }
    }

    fn not_revoked(&self, name: &str) -> Refusal {
        if name != OWN {
            let message = format!("there is no authorization token {name}");
            return Refusal::new(RefusalCode::BadRequest, message)
                .with_hint("run `stsd token list`");
        }
        let file = self.directory.as_ref().map(|directory| directory.own_token_file());
        let file = file.map(|file| file.display().to_string()).unwrap_or_default();
        let message = "the own authorization token is what every connected shell has, and is not revoked by name";
        Refusal::new(RefusalCode::BadRequest, message).with_hint(format!(
            "for a new one, `stsd service stop`, remove {file}, `stsd service start`; then connect shells anew"
        ))
    }
}

/// Says that what could not be written is ended all the same, and for how long.
fn until_a_restart(refusal: Refusal) -> Refusal {
    let hint =
        format!("they open nothing now, and again after a restart of the daemon: {}", refusal.hint);
    refusal.with_hint(hint)
}

/// Nobody means a length that is over at once, or one beyond every date.
fn refuse_a_slip(length: Duration) -> Result<(), Refusal> {
    let refusal = |message| Refusal::new(RefusalCode::BadRequest, message);
    if length.is_zero() {
        return Err(refusal("it would end before it began"));
    }
    if length > LONGEST_TOKEN_LIFE {
        return Err(refusal("an authorization token lasts 36500 days at most")
            .with_hint("ask for less, or for one that lasts until it is revoked"));
    }
    Ok(())
}

fn report(token: &Token) -> TokenReport {
    TokenReport {
        name: token.name.to_string(),
        profiles: match &token.scope {
            Scope::Everything => None,
            Scope::Profiles(names) => Some(names.to_vec()),
        },
        created: Some(token.created),
        expires: token.end.map(|end| end.date),
        last_used: token.last_used,
    }
}

pub(super) fn unkept() -> Refusal {
    let message = "the authorization token cannot be written: there is no state directory";
    Refusal::new(RefusalCode::Internal, message)
}

/// Says what kept a change from the disk, and what to do: nobody should have to look at a log for that.
pub(super) fn unwritten(directory: &StateDirectory, error: &io::Error) -> Refusal {
    let folder = directory.places().state;
    let message =
        format!("the authorization tokens cannot be written to {}: {error}", folder.display());
    let mend = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on its disk",
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => "make it writable for you",
        _ => "look at that folder",
    };
    Refusal::new(RefusalCode::Internal, message).with_hint(format!("{mend}, and repeat it"))
}
