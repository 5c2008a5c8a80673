//! Who signed a request, or why it is refused.
//!
//! In the order in which AWS looks: the parts of the signature, the key, the session token, the time, and
//! the signature last. STS and S3 refuse for the same reasons in words of their own, so a refusal here is
//! a reason; `sts::refusal` and `s3::refusal` have the words.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hyper::Request;

use crate::clock;
use crate::issued::Issued;
use crate::principal::Principal;
use crate::secret::Secret;
use crate::sigv4::{self, Authorization, Scope, Unreadable};
use crate::world::World;

/// Whoever signed, and with what kind of credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) credentials: Kind,
}

/// The kind of credentials behind a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A user's or root user's own access key.
    LongTerm,
    /// What GetSessionToken or AssumeRole gave.
    Temporary {
        /// `aws:MultiFactorAuthPresent`: a property of the session, gone in a role assumed from it.
        mfa_present: bool,
    },
}

/// Why a request has no caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unauthenticated {
    Unreadable(Unreadable),
    /// The scope's region is none.
    Region(String),
    /// The scope's service is another one.
    Service,
    /// The scope's date is not the date of the signature.
    ScopeDate {
        scope: String,
        signed_at: SystemTime,
    },
    /// A header that must be signed is not.
    Unsigned(String),
    /// The access key id is unknown.
    UnknownKey(String),
    /// The session token is missing, or not the one that came with the key.
    SessionToken,
    /// The session has ended.
    Ended,
    /// Signed too long ago, or expired.
    TooOld {
        signed_at: SystemTime,
        now: SystemTime,
    },
    /// Signed in the future.
    TooNew {
        signed_at: SystemTime,
        now: SystemTime,
    },
    /// The hash of the payload is not the one that the request names.
    PayloadHash,
    /// Another secret, or another request.
    Signature,
}

/// Finds the caller; `skew` is how far the clocks may differ, `payload_hash` what the service signs for.
pub(crate) fn authenticate(
    request: &Request<Bytes>,
    world: &World,
    issued: &Issued,
    rules: &Rules<'_>,
) -> Result<Caller, Unauthenticated> {
    let authorization = Authorization::of(request).map_err(Unauthenticated::Unreadable)?;
    check_scope(&authorization.scope, authorization.signed_at, rules.service)?;
    check_signed_headers(request, &authorization, rules)?;
    let (caller, secret) = look_up(request, &authorization, world, issued, rules.now)?;
    check_time(&authorization, rules)?;
    if sigv4::verifies(request, &authorization, rules.payload_hash, secret) {
        Ok(caller)
    } else {
        Err(Unauthenticated::Signature)
    }
}

/// In what STS and S3 differ.
pub(crate) struct Rules<'a> {
    /// As it stands in the credential scope.
    pub(crate) service: &'static str,
    pub(crate) now: SystemTime,
    /// Five minutes at STS, fifteen at S3.
    pub(crate) skew: Duration,
    pub(crate) payload_hash: &'a str,
    /// S3 wants every `x-amz-` header signed, STS host and date alone.
    pub(crate) every_amz_header_signed: bool,
}

fn check_scope(scope: &Scope, signed_at: SystemTime, service: &str) -> Result<(), Unauthenticated> {
    if !is_region(&scope.region) {
        return Err(Unauthenticated::Region(scope.region.clone()));
    }
    if scope.service != service {
        return Err(Unauthenticated::Service);
    }
    if clock::basic(signed_at).get(..8) != Some(&scope.date) {
        return Err(Unauthenticated::ScopeDate { scope: scope.date.clone(), signed_at });
    }
    Ok(())
}

fn check_signed_headers(
    request: &Request<Bytes>,
    authorization: &Authorization,
    rules: &Rules<'_>,
) -> Result<(), Unauthenticated> {
    let mut required = vec!["host"];
    if authorization.presigned_for.is_none() {
        required.push("x-amz-date");
    }
    if rules.every_amz_header_signed {
        required.extend(
            request
                .headers()
                .keys()
                .map(|name| name.as_str())
                .filter(|name| name.starts_with("x-amz-")),
        );
    }
    match required.into_iter().find(|name| !authorization.signs(name)) {
        Some(name) => Err(Unauthenticated::Unsigned(name.to_owned())),
        None => Ok(()),
    }
}

fn look_up<'a>(
    request: &Request<Bytes>,
    authorization: &Authorization,
    world: &'a World,
    issued: &'a Issued,
    now: SystemTime,
) -> Result<(Caller, &'a Secret), Unauthenticated> {
    let session_token = session_token(request);
    if let Some(owner) = world.key_owner(&authorization.access_key_id) {
        // A long-term key has no session token, and AWS refuses one that is sent along.
        return match session_token {
            None => Ok((
                Caller { principal: owner.principal, credentials: Kind::LongTerm },
                owner.secret,
            )),
            Some(_) => Err(Unauthenticated::SessionToken),
        };
    }
    let Some(found) = issued.find(&authorization.access_key_id) else {
        return Err(Unauthenticated::UnknownKey(authorization.access_key_id.clone()));
    };
    if session_token.as_deref() != Some(found.session_token.expose()) {
        return Err(Unauthenticated::SessionToken);
    }
    if found.expiration <= now {
        return Err(Unauthenticated::Ended);
    }
    let credentials = Kind::Temporary { mfa_present: found.mfa_present };
    Ok((Caller { principal: found.principal.clone(), credentials }, &found.secret_access_key))
}

fn session_token(request: &Request<Bytes>) -> Option<String> {
    let header = request.headers().get("x-amz-security-token");
    if let Some(value) = header {
        return Some(String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
    form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "X-Amz-Security-Token")
        .map(|(_, value)| value.into_owned())
}

fn check_time(authorization: &Authorization, rules: &Rules<'_>) -> Result<(), Unauthenticated> {
    let (signed_at, now) = (authorization.signed_at, rules.now);
    if signed_at > now + rules.skew {
        return Err(Unauthenticated::TooNew { signed_at, now });
    }
    let good_for = authorization.presigned_for.unwrap_or(rules.skew);
    if signed_at + good_for < now {
        return Err(Unauthenticated::TooOld { signed_at, now });
    }
    Ok(())
}

/// `us-east-1`, `us-gov-west-1`: two letters, words, a digit.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [first, middle @ .., last] => {
            let words = !middle.is_empty() && middle.iter().all(|word| is_lower_case(word));
            words
                && is_lower_case(first)
                && last.len() == 1
                && last.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

fn is_lower_case(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_region_by_its_shape() {
        for (text, region) in [
            ("us-east-1", true),
            ("us-gov-west-1", true),
            ("eusc-de-east-1", true),
            ("aws-global", false),
            ("us-east", false),
            ("us-1", false),
            ("", false),
            ("US-EAST-1", false),
        ] {
            assert_eq!(is_region(text), region, "{text}");
        }
    }
}
