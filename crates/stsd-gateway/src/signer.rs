//! What a call is signed with, wherever it comes from, and what it must be made of.

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

/// Whether the text can stand in a header of a signed request, and in an answer of the endpoint.
pub(crate) fn fits(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic())
}

/// The most bytes of an access key id, by AWS's API reference.
pub(crate) const LONGEST_ID: usize = 128;

/// The most bytes of a secret access key; AWS's have 40.
pub(crate) const LONGEST_SECRET: usize = 256;

/// The most bytes of a session token. What the endpoint answers must stay under 8 KiB; AWS's have a few
/// hundred to 4,096 bytes.
pub(crate) const LONGEST_TOKEN: usize = 6 * 1024;
