//! Credentials out of an answer, straight into types that cannot be printed.

use aws_sdk_sts::types::Credentials;
use stsd_protocol::Timestamp;
use stsd_protocol::gateway::{Failure, TemporaryCredentials};
use stsd_secret::Secret;

use super::failure::garbled;
use super::trace::Trace;

/// Takes the credentials over. The SDK fills what an answer lacks with nothing, so that is looked for.
pub(super) fn credentials(
    given: Option<Credentials>,
    trace: &Trace,
) -> Result<TemporaryCredentials, Failure> {
    let given = given.ok_or_else(|| garbled(Some(200), trace))?;
    let expiration = u64::try_from(given.expiration.secs()).unwrap_or(0);
    let complete = !given.access_key_id.is_empty()
        && !given.secret_access_key.is_empty()
        && !given.session_token.is_empty()
        && expiration > 0;
    let credentials = TemporaryCredentials {
        access_key_id: given.access_key_id,
        secret_access_key: Secret::new(given.secret_access_key),
        session_token: Secret::new(given.session_token),
        expiration: Timestamp::from_unix(expiration),
    };
    if complete { Ok(credentials) } else { Err(garbled(Some(200), trace)) }
}
