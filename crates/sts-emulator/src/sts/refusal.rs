//! STS's refusals: status, code and sentence, word for word.
//!
//! The sentences are those that AWS's users quote; the SDKs show them as they are.

use std::time::{Duration, SystemTime};

use super::{NAMESPACE, SKEW, Xml};
use crate::authenticate::Unauthenticated;
use crate::clock;
use crate::sigv4::Unreadable;

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    pub(crate) fn access_denied(message: impl Into<String>) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    pub(crate) fn throttling() -> Self {
        Self::new(400, "Throttling", "Rate exceeded")
    }

    pub(crate) fn server_error(status: u16) -> Self {
        match status {
            503 => Self::new(
                503,
                "ServiceUnavailable",
                "The request has failed due to a temporary failure of the server.",
            ),
            _ => Self::new(
                status,
                "InternalFailure",
                "The request processing has failed because of an unknown error, exception or failure.",
            ),
        }
    }

    pub(super) fn unknown_operation(action: &str, version: &str) -> Self {
        Self::new(
            400,
            "InvalidAction",
            format!("Could not find operation {action} for version {version}"),
        )
    }

    pub(super) fn missing_action() -> Self {
        Self::new(400, "MissingAction", "The request is missing an action or a required parameter.")
    }

    pub(super) fn malformed_input() -> Self {
        Self::new(400, "MalformedInput", "Unexpected value for DurationSeconds")
    }

    /// The error document.
    pub(crate) fn document(&self, request_id: &str) -> Xml {
        let fault = if self.status < 500 { "Sender" } else { "Receiver" };
        Xml::document("ErrorResponse", NAMESPACE, |xml| {
            xml.element("Error", |xml| {
                xml.text("Type", fault);
                xml.text("Code", &self.code);
                xml.text("Message", &self.message);
            });
            xml.text("RequestId", request_id);
        })
    }
}

impl From<&Unauthenticated> for Refusal {
    fn from(reason: &Unauthenticated) -> Self {
        use Unauthenticated as Why;
        match reason {
            Why::Unreadable(unreadable) => Self::from(unreadable),
            Why::Region(_) => mismatch("Credential should be scoped to a valid region. "),
            Why::Service => mismatch("Credential should be scoped to correct service: 'sts'. "),
            Why::ScopeDate { scope, signed_at } => mismatch(scope_date(scope, *signed_at)),
            Why::Unsigned(header) => mismatch(unsigned(header)),
            Why::UnknownKey(_) | Why::SessionToken => Self::new(
                403,
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            ),
            Why::Ended => Self::new(
                403,
                "ExpiredToken",
                "The security token included in the request is expired",
            ),
            Why::TooOld { signed_at, now } => mismatch(too_old(*signed_at, *now)),
            Why::TooNew { signed_at, now } => mismatch(too_new(*signed_at, *now)),
            Why::PayloadHash | Why::Signature => mismatch(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details.",
            ),
        }
    }
}

impl From<&Unreadable> for Refusal {
    fn from(reason: &Unreadable) -> Self {
        match reason {
            Unreadable::Missing => Self::new(
                403,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token",
            ),
            Unreadable::Incomplete(sentence) => Self::new(400, "IncompleteSignature", sentence),
            Unreadable::Credential => Self::new(
                400,
                "IncompleteSignature",
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
            ),
            Unreadable::Date => Self::new(
                400,
                "IncompleteSignature",
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
            ),
        }
    }
}

fn mismatch(message: impl Into<String>) -> Refusal {
    Refusal::new(403, "SignatureDoesNotMatch", message)
}

fn scope_date(scope: &str, signed_at: SystemTime) -> String {
    let time = clock::basic(signed_at);
    let date = time.get(..8).unwrap_or_default();
    format!(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope}' != '{date}', from '{time}'."
    )
}

fn unsigned(header: &str) -> String {
    let name = if header == "host" { "'Host' or ':authority'" } else { "'X-Amz-Date'" };
    format!("{name} must be a 'SignedHeader' in the AWS Authorization.")
}

fn too_old(signed_at: SystemTime, now: SystemTime) -> String {
    format!(
        "Signature expired: {} is now earlier than {}",
        clock::basic(signed_at),
        bound(now, now - SKEW, '-')
    )
}

fn too_new(signed_at: SystemTime, now: SystemTime) -> String {
    format!(
        "Signature not yet current: {} is still later than {}",
        clock::basic(signed_at),
        bound(now, now + SKEW, '+')
    )
}

fn bound(now: SystemTime, limit: SystemTime, sign: char) -> String {
    let minutes = minutes(SKEW);
    format!("{} ({} {sign} {minutes} min.)", clock::basic(limit), clock::basic(now))
}

fn minutes(length: Duration) -> u64 {
    length.as_secs() / 60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_far_the_clocks_are_apart_in_aws_own_words() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        let old = Unauthenticated::TooOld { signed_at: now - Duration::from_secs(301), now };
        assert_eq!(
            Refusal::from(&old).message,
            "Signature expired: 20150830T123059Z is now earlier than 20150830T123100Z (20150830T123600Z - 5 min.)"
        );
        let new = Unauthenticated::TooNew { signed_at: now + Duration::from_secs(301), now };
        assert_eq!(
            Refusal::from(&new).message,
            "Signature not yet current: 20150830T124101Z is still later than 20150830T124100Z (20150830T123600Z + 5 min.)"
        );
    }

    #[test]
    fn an_error_document_names_whose_fault_it_is() {
        let sender = Refusal::throttling().document("id").into_string();
        assert!(sender.contains(
            "<Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message>"
        ));
        assert!(sender.ends_with("<RequestId>id</RequestId></ErrorResponse>"));
        assert!(
            Refusal::server_error(503)
                .document("id")
                .into_string()
                .contains("<Type>Receiver</Type>")
        );
    }
}
