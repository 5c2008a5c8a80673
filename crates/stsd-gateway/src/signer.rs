//! What a call is signed with, wherever it comes from.

use stsd_protocol::gateway::TemporaryCredentials;

use crate::profiles::KeyPair;

/// Keys of a user, or credentials with an end. Has no `Debug`, and needs none.
#[derive(Clone)]
pub(crate) enum Signer {
    /// From the user's files, or from a program.
    LongTerm(KeyPair),
    /// From STS, or from a program.
    Temporary(TemporaryCredentials),
}
