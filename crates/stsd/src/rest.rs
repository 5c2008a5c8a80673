//! The rest that a daemon takes after wrong token codes, as it is by now. It is asked for again before
//! every next code, as nobody is to type one that is not taken: right after a rest one wrong code is
//! enough for the next, and another process may have sent the others.

use stsd_protocol::Refusal;
use stsd_protocol::control::{CHALLENGE, Challenge, ChallengeRequest};

use crate::client::{Client, FILES};

/// What would be said to the next code. A daemon that does not say takes it, or refuses it itself.
pub(crate) fn now(client: &Client, challenge: &Challenge) -> Option<Refusal> {
    let request = ChallengeRequest {
        profile: Some(challenge.source_profile.clone()),
        all: false,
        mfa_serial: challenge.mfa_serial.clone(),
    };
    let challenges: Vec<Challenge> = client.order(CHALLENGE, &request, FILES).ok()?;
    challenges.into_iter().find_map(|challenge| challenge.resting)
}
