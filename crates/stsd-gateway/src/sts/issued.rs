//! Credentials out of an answer, straight into types that cannot be printed.

use aws_sdk_sts::types::Credentials;
use stsd_protocol::Timestamp;
use stsd_protocol::gateway::{Failure, TemporaryCredentials};
use stsd_secret::Secret;

use super::failure::garbled;
use super::trace::Trace;
use crate::signer::{LONGEST_ID, LONGEST_SECRET, LONGEST_TOKEN, fits};

/// Takes the credentials over. The SDK fills what an answer lacks with nothing, and takes any
/// text for a key, so both are looked for.
pub(super) fn credentials(
    given: Option<Credentials>,
    trace: &Trace,
) -> Result<TemporaryCredentials, Failure> {
    let given = given.ok_or_else(|| garbled(Some(200), trace))?;
    let expiration = u64::try_from(given.expiration.secs()).unwrap_or(0);
    let complete = fits(&given.access_key_id, LONGEST_ID)
        && fits(&given.secret_access_key, LONGEST_SECRET)
        && fits(&given.session_token, LONGEST_TOKEN)
        && expiration > 0;
    let credentials = TemporaryCredentials {
        access_key_id: given.access_key_id,
        secret_access_key: Secret::new(given.secret_access_key),
        session_token: Secret::new(given.session_token),
        expiration: Timestamp::from_unix(expiration),
    };
    if complete { Ok(credentials) } else { Err(garbled(Some(200), trace)) }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sts::primitives::DateTime;
    use aws_sdk_sts::types::Credentials;

    use super::{Trace, credentials};

    #[test]
    fn what_cannot_stand_in_a_request_is_no_session_token() {
        let long = "x".repeat(8000);
        for (session_token, good) in [
            ("fake/session+token==", true),
            ("", false),
            ("a b", false),
            ("a\n", false),
            (&long, false),
        ] {
            let given = Credentials::builder()
                .access_key_id("ASIAIOSFODNN7EXAMPLE")
                .secret_access_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
                .session_token(session_token)
                .expiration(DateTime::from_secs(1_800_000_000));
            let taken = credentials(given.build().ok(), &Trace::default());
            assert_eq!(taken.is_ok(), good, "{session_token}");
        }
    }
}
