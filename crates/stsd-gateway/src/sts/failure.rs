//! Why a call failed, in words for a person and in a kind for the daemon. An SDK error is never shown
//! whole: its `Debug`, and the SDK's own way to print the chain of causes, hold the body of the answer.

use std::error::Error;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use stsd_protocol::gateway::{FILE_ERROR, Failure, FailureKind};

use super::trace::Trace;

/// A failure that no repetition cures, and for which STS was not asked.
pub(crate) fn refusal(kind: FailureKind, code: &str, message: impl Into<String>) -> Failure {
    let (code, message) = (code.to_owned(), message.into());
    Failure { kind, code, message, retryable: false, http_status: None, code_sent: false }
}

/// A file that cannot be read or used: nothing was asked, and it may be mended at any moment.
pub(crate) fn of_file(message: String) -> Failure {
    Failure { retryable: true, ..refusal(FailureKind::Configuration, FILE_ERROR, message) }
}

/// What an SDK error comes to. `code_sent` is false; whoever sent a code sets it.
pub(super) fn failure<E>(error: &SdkError<E, HttpResponse>, trace: &Trace) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            match (answer.err().code(), answer.err().message()) {
                (Some(code), message) if status >= 300 => of_answer(code, message, status),
                _ => garbled(Some(status), trace),
            }
        }
        SdkError::ResponseError(answer) => garbled(Some(answer.raw().status().as_u16()), trace),
        SdkError::TimeoutError(_) => {
            let message = format!("{} did not answer in time", trace.endpoint());
            unavailable("TimeoutError", message, None)
        }
        SdkError::DispatchFailure(_) => of_connection(error, trace),
        _ => {
            let message = format!("the request to STS cannot be built ({})", last_cause(error));
            refusal(FailureKind::Configuration, "ConfigError", message)
        }
    }
}

/// An answer that is no STS's, or not all of one.
pub(super) fn garbled(status: Option<u16>, trace: &Trace) -> Failure {
    let shown = status.map(|status| format!(" (HTTP {status})")).unwrap_or_default();
    let message = format!("{} gave an answer that cannot be read{shown}", trace.endpoint());
    unavailable("ResponseError", message, status)
}

/// Whether the request certainly never left: then a token code in it is not spent.
pub(super) fn never_sent<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => true,
        SdkError::DispatchFailure(_) => is_connect(error),
        _ => false,
    }
}

/// Whether STS says that the clock which signed is wrong.
pub(super) fn is_skew(failure: &Failure) -> bool {
    let says = |text| failure.message.contains(text);
    match failure.code.as_str() {
        "RequestExpired" => true,
        "SignatureDoesNotMatch" => says("Signature expired") || says("not yet current"),
        _ => false,
    }
}

fn of_answer(code: &str, message: Option<&str>, status: u16) -> Failure {
    let (code, message) = (&one_line(code), &one_line(message.unwrap_or_default()));
    let message = if message.is_empty() { "STS gives no reason" } else { message };
    let wrong_code = code == "AccessDenied" && message.contains("invalid MFA one time pass code");
    let outage = status >= 500
        || status == 429
        || PASSING.contains(&code.as_str())
        || code.starts_with("Throttl");
    let kind = match (wrong_code, outage) {
        (true, _) => FailureKind::WrongCode,
        (_, true) => FailureKind::Unavailable,
        _ => FailureKind::Denied,
    };
    Failure {
        kind,
        code: code.to_owned(),
        message: message.to_owned(),
        retryable: kind == FailureKind::Unavailable,
        http_status: Some(status),
        code_sent: false,
    }
}

/// STS's words, as far as they may be shown. Behind the first line of a refused signature AWS repeats
/// the request that it expected, `x-amz-security-token` included.
fn one_line(text: &str) -> String {
    let first = text.trim().lines().next().unwrap_or_default();
    first.chars().filter(|sign| !sign.is_control()).take(LONGEST).collect()
}

fn of_connection<E>(error: &SdkError<E, HttpResponse>, trace: &Trace) -> Failure
where
    E: Error + 'static,
{
    let (endpoint, cause) = (trace.endpoint(), in_words(last_cause(error)));
    if is_connect(error) {
        unavailable("ConnectError", format!("could not connect to {endpoint} ({cause})"), None)
    } else {
        unavailable("ConnectionLost", format!("the connection to {endpoint} broke ({cause})"), None)
    }
}

fn unavailable(code: &str, message: String, http_status: Option<u16>) -> Failure {
    let (kind, code) = (FailureKind::Unavailable, code.to_owned());
    Failure { kind, code, message, retryable: true, http_status, code_sent: false }
}

fn is_connect(error: &(dyn Error + 'static)) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<hyper_util::client::legacy::Error>())
        .any(hyper_util::client::legacy::Error::is_connect)
}

/// What lies at the bottom: "Connection refused", not "dispatch failure". None of these has seen a
/// body. An `io::Error` hides what it wraps from `source`.
fn last_cause(error: &(dyn Error + 'static)) -> String {
    let Some(last) = causes(error).filter(|cause| !cause.to_string().is_empty()).last() else {
        return error.to_string();
    };
    if last.to_string() == "the request timed out" || last.to_string() == "timed out" {
        return "no answer".to_owned();
    }
    let text = last.to_string();
    // "Connection refused (os error 111)" stands in brackets itself.
    let text = text.find(" (os error").map_or(text.as_str(), |at| &text[..at]);
    let mut letters = text.chars();
    let second_is_small = text.chars().nth(1).is_some_and(char::is_lowercase);
    match letters.next() {
        Some(first) if second_is_small => {
            format!("{}{}", first.to_ascii_lowercase(), letters.as_str())
        }
        _ => text.to_owned(),
    }
}

/// Says of a certificate what a person can do something about, in place of two numbers of seconds.
fn in_words(cause: String) -> String {
    let by_the_clock = |what| format!("its certificate {what}, if the local clock is right");
    match cause {
        cause if cause.contains("certificate not valid yet") => by_the_clock("is not valid yet"),
        cause if cause.contains("certificate expired") => by_the_clock("has expired"),
        cause if cause.contains("not valid for name") => {
            "its certificate is for another name".to_owned()
        }
        cause if cause.contains("UnknownIssuer") => {
            "its certificate is of an authority that is not trusted here".to_owned()
        }
        // What rustls says of it is the address of a page of its manual.
        cause if cause.contains("close_notify") => "it was closed without an answer".to_owned(),
        cause => cause,
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<std::io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}

/// The longest messages of STS name two ARNs and a policy.
const LONGEST: usize = 1000;

/// Codes that pass by themselves, beside those that begin with `Throttl` ("Common errors" of the API
/// reference, and the SDKs' lists of what to retry).
const PASSING: &[&str] = &[
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "SlowDown",
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
    "RequestTimeout",
    "RequestTimeoutException",
    "InternalFailure",
    "InternalError",
    "ServiceUnavailable",
    "IDPCommunicationError",
];

#[cfg(test)]
mod tests {
    use super::{in_words, of_answer};

    #[test]
    fn of_a_certificate_and_a_wrong_clock_one_can_suspect_either() {
        let cause =
            "invalid peer certificate: certificate not valid yet: verification time 1 (UNIX)";
        let words = "its certificate is not valid yet, if the local clock is right";
        assert_eq!(in_words(cause.to_owned()), words);
        assert_eq!(in_words("connection refused".to_owned()), "connection refused");
    }

    #[test]
    fn what_the_tls_library_says_is_said_without_its_names() {
        for (cause, words) in [
            (
                "invalid peer certificate: UnknownIssuer",
                "its certificate is of an authority that is not trusted here",
            ),
            (
                "peer closed connection without sending TLS close_notify: https://docs.rs/rustls",
                "it was closed without an answer",
            ),
            (
                "invalid peer certificate: certificate not valid for name \"a\"; certificate is \
                 only valid for DnsName(\"b\")",
                "its certificate is for another name",
            ),
        ] {
            assert_eq!(in_words(cause.to_owned()), words);
        }
    }

    #[test]
    fn of_what_sts_says_only_the_first_line_is_shown() {
        let message = "The request signature we calculated does not match.\n\n\
                       The Canonical String for this request should have been\n\
                       'POST\n/\n\nx-amz-security-token:fake-session-token'";
        let failure = of_answer("SignatureDoesNotMatch", Some(message), 403);
        assert_eq!(failure.message, "The request signature we calculated does not match.");
        let failure = of_answer("Access\u{1b}Denied", Some(&"x".repeat(5000)), 403);
        assert_eq!((failure.code.as_str(), failure.message.len()), ("AccessDenied", 1000));
        assert_eq!(of_answer("AccessDenied", Some(" \n"), 403).message, "STS gives no reason");
    }
}
