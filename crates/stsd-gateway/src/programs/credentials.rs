//! The output of a `credential_process`, as AWS's guide for the SDKs describes it ("Process
//! credential provider"): one JSON object, `Version` the number 1.

use std::time::{Duration, SystemTime};

use aws_sdk_sts::primitives::{DateTime, DateTimeFormat};
use serde::Deserialize;
use stsd_protocol::Timestamp;
use stsd_protocol::gateway::{FailureKind, TemporaryCredentials};
use stsd_secret::Secret;

use crate::profiles::KeyPair;
use crate::signer::{LONGEST_ID, LONGEST_SECRET, LONGEST_TOKEN, Signer, fits};

/// What is wrong with it. What it is, is never said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum OutputError {
    #[error("printed no JSON object with Version, AccessKeyId and SecretAccessKey")]
    NotCredentials,
    #[error("printed another Version than the number 1")]
    Version,
    #[error("printed an Expiration that is no date such as 2026-01-02T03:04:05Z")]
    Expiration,
    #[error("printed a temporary access key without its SessionToken")]
    NoSessionToken,
    #[error("printed credentials that have ended")]
    Ended,
}

impl OutputError {
    /// Only what has ended comes anew by itself.
    pub(super) fn kind(self) -> FailureKind {
        match self {
            Self::Ended => FailureKind::Unavailable,
            _ => FailureKind::Configuration,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    access_key_id: String,
    secret_access_key: Secret,
    session_token: Option<Secret>,
    expiration: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versioned {
    version: u64,
}

/// Reads what the program printed.
pub(super) fn read(output: &[u8], now: SystemTime) -> Result<Signer, OutputError> {
    let output = understood(output)?;
    let now = Timestamp::from(now);
    let expiration = output.expiration.filter(|text| !text.is_empty());
    let expiration = expiration.map(|text| moment(&text)).transpose()?;
    if expiration.is_some_and(|end| end <= now) {
        return Err(OutputError::Ended);
    }
    let Output { access_key_id, secret_access_key, session_token, .. } = output;
    match session_token {
        Some(session_token) => Ok(Signer::Temporary(TemporaryCredentials {
            access_key_id,
            secret_access_key,
            session_token,
            expiration: now.plus(LONGEST_LIFE).min(expiration.unwrap_or(now.plus(UNKNOWN_LIFE))),
        })),
        None if access_key_id.starts_with("ASIA") => Err(OutputError::NoSessionToken),
        None => Ok(Signer::LongTerm(KeyPair { access_key_id, secret_access_key })),
    }
}

/// The object, if each of its parts can be what it is called.
fn understood(output: &[u8]) -> Result<Output, OutputError> {
    match serde_json::from_slice(output) {
        Ok(Versioned { version: 1 }) => {}
        Err(error) if !error.is_data() => return Err(OutputError::NotCredentials),
        _ => return Err(OutputError::Version),
    }
    let mut output: Output =
        serde_json::from_slice(output).map_err(|_| OutputError::NotCredentials)?;
    // Some print an empty one with long-term keys.
    output.session_token.take_if(|text| text.expose().is_empty());
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let good = fits(&output.access_key_id, LONGEST_ID)
        && output.access_key_id.chars().all(plain)
        && fits(output.secret_access_key.expose(), LONGEST_SECRET)
        && output.session_token.as_ref().is_none_or(|text| fits(text.expose(), LONGEST_TOKEN));
    if good { Ok(output) } else { Err(OutputError::NotCredentials) }
}

/// RFC 3339, with any offset, as the SDKs take it.
fn moment(text: &str) -> Result<Timestamp, OutputError> {
    let date = DateTime::from_str(text, DateTimeFormat::DateTimeWithOffset);
    let seconds = date.map_err(|_| OutputError::Expiration)?.secs();
    u64::try_from(seconds).map(Timestamp::from_unix).map_err(|_| OutputError::Expiration)
}

/// Of temporary credentials that do not say when they end: STS gives none for less (GetSessionToken and
/// AssumeRole from 900 s), and the program is asked again in time. The SDKs would keep them for ever.
const UNKNOWN_LIFE: Duration = Duration::from_secs(900);

/// AWS gives none for longer. Some programs print a year in which nobody will have to look again.
const LONGEST_LIFE: Duration = Duration::from_secs(36 * 60 * 60);

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use stsd_protocol::Timestamp;

    use super::read;
    use crate::signer::Signer;

    #[test]
    fn an_end_beyond_what_aws_gives_is_not_believed() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let end = |expiration: &str| {
            let output = format!(
                r#"{{"Version": 1, "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
                "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                "SessionToken": "example-session-token"{expiration}}}"#
            );
            match read(output.as_bytes(), now).unwrap() {
                Signer::Temporary(credentials) => credentials.expiration,
                Signer::LongTerm(_) => panic!("it has a session token"),
            }
        };
        let after = |seconds| Timestamp::from_unix(1_800_000_000_u64 + seconds);
        assert_eq!(end(r#", "Expiration": "9999-12-31T23:59:59Z""#), after(36 * 3600));
        assert_eq!(end(r#", "Expiration": "2027-01-15T09:00:00Z""#), after(3600));
        assert_eq!(end(""), after(900));
    }
}
