//! What the owner logs of the end of a call: its kind, whose it was, and how it went; never a secret.

use stsd_protocol::gateway::Outcome;
use tracing::{error, info, warn};

use crate::state::JobKind;

pub(super) fn log(kind: &JobKind, outcome: &Outcome) {
    let (what, name) = match kind {
        JobKind::Session { identity, .. } => ("session", identity),
        JobKind::Role { profile } => ("role", profile),
        JobKind::Time { access_key_id } => ("time", access_key_id),
    };
    match outcome {
        Outcome::Credentials(issued) => {
            info!(what, name, expiration = %issued.credentials.expiration, "got credentials");
        }
        Outcome::Failure(failure) => {
            let reached = match kind {
                JobKind::Time { .. } => "did not hear what time it is at STS",
                _ => "got no credentials",
            };
            warn!(
                what,
                name,
                code = failure.code,
                retryable = failure.retryable,
                reason = failure.message,
                "{reached}"
            );
        }
        Outcome::Caller(_) if matches!(kind, JobKind::Time { .. }) => {
            info!(what, name, "heard what time it is at STS");
        }
        Outcome::Plan(_) | Outcome::Caller(_) | Outcome::Inspection(_) => {
            error!(what, name, "the gateway answered out of turn")
        }
    }
}
