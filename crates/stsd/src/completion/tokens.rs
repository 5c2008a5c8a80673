//! The authorization tokens' names, for completion. Without a daemon there are none to revoke.

use std::time::Duration;

use stsd_protocol::control::{TOKENS, TokenReport};

use super::Candidate;
use crate::client::{self, Client};

/// All but the user's own, which is not revoked.
pub(super) fn all() -> Vec<Candidate> {
    let body = Client::new().quick_question(TOKENS, PATIENCE);
    let tokens = body.and_then(|body| client::read::<Vec<TokenReport>>(&body)).unwrap_or_default();
    let named = tokens.into_iter().filter(|token| token.created.is_some());
    named.map(candidate).collect()
}

fn candidate(token: TokenReport) -> Candidate {
    let meaning =
        token.profiles.map_or_else(|| "all profiles".to_owned(), |names| names.join(", "));
    Candidate { word: token.name, meaning }
}

/// A person has pressed a key and waits.
const PATIENCE: Duration = Duration::from_millis(300);
