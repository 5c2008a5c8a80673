//! What the owner tells the audit: what STS gave without anybody's asking for it by name, or refused, and
//! the ends of sessions.

use stsd_protocol::audit::{Event, bounded};
use stsd_protocol::control::Locked;
use stsd_protocol::gateway::Outcome;

use crate::audit::Audit;
use crate::state::{JobKind, Table};

/// The end of a call for a session or a role.
pub(super) fn tell(audit: &Audit, kind: &JobKind, outcome: &Outcome) {
    let (identity, profile) = match kind {
        JobKind::Session { identity, .. } => (Some(bounded(identity, KEY)), None),
        JobKind::Role { profile } => (None, Some(profile.as_str())),
        // Nothing is fetched with it.
        JobKind::Time { .. } => return,
    };
    let (access_key_id, expiration, error) = match outcome {
        Outcome::Credentials(issued) => {
            let credentials = &issued.credentials;
            (Some(bounded(&credentials.access_key_id, KEY)), Some(credentials.expiration), None)
        }
        Outcome::Failure(failure) => (None, None, Some(bounded(&failure.code, CODE))),
        // The state takes it for a failure.
        Outcome::Plan(_) | Outcome::Caller(_) | Outcome::Inspection(_) => {
            (None, None, Some("GatewayError".to_owned()))
        }
    };
    audit.happened(Event::Refresh { identity, access_key_id, expiration, error }, profile);
}

/// A lock that nobody waited for.
pub(super) fn tell_lock(audit: &Audit, locked: &Locked, profile: Option<&str>) {
    audit.happened(Event::Lock { identities: locked.locked.len() }, profile);
}

/// The sessions that have ended since the last snapshot.
pub(super) fn tell_ends(audit: &Audit, before: &Table, after: &Table) {
    for session in after.sessions.iter().filter(|session| session.has_ended()) {
        let identity = session.identity();
        if before.session(identity).is_some_and(|before| !before.has_ended()) {
            audit.happened(Event::SessionEnded { identity: bounded(identity, KEY) }, None);
        }
    }
}

/// Longer than any access key id of AWS's.
const KEY: usize = 128;

/// Longer than any error code of STS's.
const CODE: usize = 96;
