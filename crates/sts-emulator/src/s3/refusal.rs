//! S3's refusals, in S3's codes and words, which are not STS's.

use crate::authenticate::{Caller, Unauthenticated};
use crate::sigv4::Unreadable;
use crate::state::State;
use crate::sts::{Refusal, Xml};

/// S3's error document: no namespace, no envelope.
pub(crate) fn document(refusal: &Refusal, request_id: &str) -> String {
    let mut xml = Xml::default();
    xml.element("Error", |xml| {
        xml.text("Code", &refusal.code);
        xml.text("Message", &refusal.message);
        xml.text("RequestId", request_id);
        xml.text("HostId", "sts-emulator");
    });
    xml.into_string()
}

pub(super) fn of(reason: &Unauthenticated) -> Refusal {
    use Unauthenticated as Why;
    match reason {
        Why::Unreadable(Unreadable::Missing) => Refusal::access_denied("Access Denied"),
        Why::Unreadable(Unreadable::Date) => {
            Refusal::access_denied("AWS authentication requires a valid Date or x-amz-date header")
        }
        Why::Unreadable(_) => malformed("The authorization header that you provided is not valid."),
        Why::Region(region) => malformed(&format!(
            "The authorization header is malformed; the region '{region}' is wrong"
        )),
        Why::Service => malformed(
            "The authorization header is malformed; incorrect service. This endpoint belongs to \"s3\".",
        ),
        Why::ScopeDate { .. } => {
            malformed("The authorization header is malformed; Invalid credential date")
        }
        Why::Unsigned(_) => Refusal::access_denied(
            "There were headers present in the request which were not signed",
        ),
        Why::UnknownKey(_) => {
            let message = "The AWS Access Key Id you provided does not exist in our records.";
            Refusal::new(403, "InvalidAccessKeyId", message)
        }
        Why::SessionToken => Refusal::new(
            400,
            "InvalidToken",
            "The provided token is malformed or otherwise invalid.",
        ),
        Why::Ended => Refusal::new(400, "ExpiredToken", "The provided token has expired."),
        Why::TooOld { .. } | Why::TooNew { .. } => {
            let message =
                "The difference between the request time and the current time is too large.";
            Refusal::new(403, "RequestTimeTooSkewed", message)
        }
        Why::PayloadHash => {
            let message =
                "The provided 'x-amz-content-sha256' header does not match what was computed.";
            Refusal::new(400, "XAmzContentSHA256Mismatch", message)
        }
        Why::Signature => Refusal::new(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and \
             signing method.",
        ),
    }
}

/// Another account's bucket is denied, a bucket of nobody's does not exist.
pub(super) fn bucket(state: &State, caller: &Caller, bucket: &str) -> Refusal {
    let taken = state
        .world
        .accounts
        .iter()
        .any(|account| account.buckets.iter().any(|name| name == bucket));
    if taken {
        let arn = caller.principal.arn();
        Refusal::access_denied(format!(
            "User: {arn} is not authorized to access the bucket {bucket}"
        ))
    } else {
        Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist")
    }
}

pub(super) fn no_such_key() -> Refusal {
    Refusal::new(404, "NoSuchKey", "The specified key does not exist.")
}

pub(super) fn not_implemented() -> Refusal {
    Refusal::new(
        501,
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
    )
}

fn malformed(message: &str) -> Refusal {
    Refusal::new(400, "AuthorizationHeaderMalformed", message)
}
