//! The authorization token that every request must carry. It stops whoever can make this user's
//! programs send a request but cannot read this user's files: a web page, a forwarded port.

use stsd_protocol::{Refusal, RefusalCode};
use stsd_secret::Secret;
use subtle::ConstantTimeEq;

/// The user's own authorization token; it opens every profile.
#[derive(Debug)]
pub struct Authorization(Secret);

impl Authorization {
    /// What requests must carry, as it stands in the token file.
    pub fn new(authorization_token: Secret) -> Self {
        Self(authorization_token)
    }

    /// Compares the value of an `Authorization` header, with `Bearer ` in front or without (the
    /// SDKs send what the file holds, people who use curl write `Bearer`).
    ///
    /// The time it takes tells the length at most, which is no secret.
    pub(super) fn check(&self, header: Option<&[u8]>) -> Result<(), Refusal> {
        let refuse = |message| Err(Refusal::new(RefusalCode::Unauthorized, message));
        let Some(value) = header else {
            return refuse("the request has no authorization token");
        };
        let given = match value.split_at_checked(SCHEME.len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => rest,
            _ => value,
        };
        let expected = self.0.expose().as_bytes();
        // An empty token file must not open the door to an empty header.
        if expected.is_empty() || !bool::from(expected.ct_eq(given)) {
            return refuse("the authorization token is not this daemon's");
        }
        Ok(())
    }
}

const SCHEME: &[u8] = b"Bearer ";

#[cfg(test)]
mod tests {
    use stsd_secret::Secret;

    use super::Authorization;

    #[test]
    fn only_the_whole_authorization_token_opens() {
        let authorization = Authorization::new(Secret::new("fake-authorization_token"));
        for (header, opens) in [
            (Some("fake-authorization_token"), true),
            (Some("Bearer fake-authorization_token"), true),
            (Some("bearer fake-authorization_token"), true),
            (Some("Bearer  fake-authorization_token"), false),
            (Some("Basic fake-authorization_token"), false),
            (Some("fake-authorization_toke"), false),
            (Some("fake-authorization_token2"), false),
            (Some("FAKE-AUTHORIZATION_TOKEN"), false),
            (Some("Bearer "), false),
            (Some("Bearer"), false),
            (Some(""), false),
            (None, false),
        ] {
            assert_eq!(authorization.check(header.map(str::as_bytes)).is_ok(), opens, "{header:?}");
        }
    }

    #[test]
    fn an_empty_authorization_token_opens_nothing() {
        let authorization = Authorization::new(Secret::new(""));
        for header in [None, Some(&b""[..]), Some(b"Bearer ")] {
            assert!(authorization.check(header).is_err());
        }
    }
}
