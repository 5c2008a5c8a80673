//! What an authorization token opens, and what a request reads that is not let in.

use std::sync::Arc;

use stsd_protocol::{Refusal, RefusalCode, path_form};

/// The authorization token that a request came with, without the token: for its checks and for
/// whoever writes down who was handed what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub(super) name: Arc<str>,
    pub(super) scope: Scope,
}

/// Which profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Everything,
    /// As the user wrote them; compared in their path form.
    Profiles(Arc<[String]>),
}

impl Grant {
    /// The user's own.
    pub(super) fn own() -> Self {
        Self { name: OWN.into(), scope: Scope::Everything }
    }

    /// The authorization token's name; [`OWN`] for the user's own.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the user's own, which is not revoked while the daemon runs.
    pub(crate) fn is_own(&self) -> bool {
        *self.name == *OWN
    }

    /// Whether it opens every profile, so that nobody needs to ask which one is meant.
    pub(crate) fn is_unlimited(&self) -> bool {
        self.scope == Scope::Everything
    }

    /// Whether it opens a profile, in whichever form that is named.
    ///
    /// # Errors
    /// Says whose token it is, and nothing about the profile, not even whether there is one.
    pub(crate) fn check(&self, profile: &str) -> Result<(), Refusal> {
        if self.scope.holds(profile) {
            return Ok(());
        }
        let (name, profile) = (&self.name, path_form(profile));
        let message = format!("authorization token {name} is not for profile {profile}");
        Err(Refusal::new(RefusalCode::OutOfScope, message))
    }
}

impl Scope {
    fn holds(&self, profile: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Profiles(names) => {
                let wanted = path_form(profile);
                names.iter().any(|name| path_form(name) == wanted)
            }
        }
    }
}

/// Why a request's authorization token opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unauthorized {
    /// There is none.
    Missing,
    /// It is nobody's, or nobody's any more.
    Wrong,
    /// The word that stands in the file of a token that was revoked: everybody knows it, so that it
    /// is no guess.
    Revoked,
    /// Right once.
    Expired {
        /// The authorization token's.
        name: Arc<str>,
    },
}

impl Unauthorized {
    /// Whether somebody who tries tokens out would see this.
    pub fn is_a_guess(&self) -> bool {
        matches!(self, Self::Wrong)
    }
}

impl From<Unauthorized> for Refusal {
    fn from(why: Unauthorized) -> Self {
        let refuse = |message: &str| Self::new(RefusalCode::Unauthorized, message);
        match why {
            Unauthorized::Missing => refuse("the request has no authorization token"),
            Unauthorized::Wrong => refuse("the authorization token is not this daemon's"),
            Unauthorized::Revoked => refuse("the authorization token was revoked")
                .with_hint("start the command anew with `stsd exec`"),
            Unauthorized::Expired { name } => {
                refuse(&format!("authorization token {name} has expired"))
                    .with_hint("make another with `stsd token create`")
            }
        }
    }
}

/// The name of the user's own authorization token, which no other may have.
pub const OWN: &str = "own";

/// What stands in the file of a token of `stsd exec` that was revoked: the SDKs of its commands
/// send it, and read why they get nothing.
pub(super) const REVOKED: &str = "revoked";

#[cfg(test)]
mod tests {
    use super::{Grant, Scope, Unauthorized};

    #[test]
    fn the_users_own_token_alone_has_no_limit_unless_one_was_made_without() {
        let made = |scope| Grant { name: "ci".into(), scope }.is_unlimited();
        assert!(Grant::own().is_unlimited() && made(Scope::Everything));
        assert!(!made(Scope::Profiles(["dev".to_owned()].into())));
    }

    #[test]
    fn who_shows_no_token_or_one_that_was_right_is_not_guessing() {
        let expired = Unauthorized::Expired { name: "ci".into() };
        for (why, guess) in [
            (Unauthorized::Missing, false),
            (expired, false),
            (Unauthorized::Wrong, true),
            (Unauthorized::Revoked, false),
        ] {
            assert_eq!(why.is_a_guess(), guess, "{why:?}");
        }
    }

    #[test]
    fn a_scope_is_compared_in_path_form() {
        let scope = Scope::Profiles(["my prod".to_owned(), "dev".to_owned()].into());
        let grant = Grant { name: "ci".into(), scope };
        for (profile, opens) in [
            ("my prod", true),
            ("my-prod", true),
            ("dev", true),
            ("Dev", false),
            ("de", false),
            ("default", false),
            ("", false),
        ] {
            assert_eq!(grant.check(profile).is_ok(), opens, "{profile}");
            assert!(Grant::own().check(profile).is_ok(), "{profile}");
        }
        let refusal = grant.check("staging").unwrap_err();
        assert_eq!(refusal.code.http_status(), 403);
        assert_eq!(
            refusal.one_line(),
            "authorization token ci is not for profile staging - run `stsd token list`"
        );
    }
}
