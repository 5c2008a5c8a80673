//! The bodies that SDKs read, and the refusals that people read through them. Some SDKs show the
//! body's beginning, some its `message` or `Message`, and two show the reason phrase alone, so the
//! one sentence stands in all of these.

use bytes::Bytes;
use http_body_util::Full;
use hyper::ext::ReasonPhrase;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use serde::Serialize;
use stsd_protocol::{Refusal, RefusalCode, Timestamp};
use stsd_secret::Secret;

use crate::service::Served;
use crate::wire::Answer;

/// A 200. Exactly `application/json`, without a charset.
pub(super) fn served(served: &Served) -> Answer {
    let body = Credentials {
        code: "Success",
        kind: "AWS-HMAC",
        access_key_id: &served.access_key_id,
        secret_access_key: &served.secret_access_key,
        token: &served.session_token,
        expiration: served.expiration,
        last_updated: served.last_updated,
        account_id: served.account_id.as_deref(),
        role_arn: served.role_arn.as_deref(),
    };
    let length = served.secret_access_key.expose().len()
        + served.session_token.expose().len()
        + served.role_arn.as_ref().map_or(0, String::len);
    json(StatusCode::OK, &body, FRAME + length)
}

/// A refusal under `status`, which is the refusal's own unless the head was too large.
pub(super) fn refused(refusal: &Refusal, status: u16) -> Answer {
    let line = refusal.one_line();
    let body =
        Sentence { message: &line, code: refusal.code, again: &line, code_again: refusal.code };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
    let mut answer = json(status, &body, FRAME + 2 * line.len());
    if let Some((name, value)) = advice(refusal.code) {
        answer.headers_mut().insert(name, value);
    }
    // A page that gets at a refusal after all must not have it taken for a script.
    answer.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(phrase) = ReasonPhrase::try_from(reason_phrase(&line)) {
        answer.extensions_mut().insert(phrase);
    }
    answer
}

/// The names and their order as AWS's own endpoints have them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials<'a> {
    /// Some builds of the .NET SDK want to read "Success".
    code: &'static str,
    #[serde(rename = "Type")]
    kind: &'static str,
    access_key_id: &'a str,
    #[serde(serialize_with = "Secret::expose_to_wire")]
    secret_access_key: &'a Secret,
    #[serde(serialize_with = "Secret::expose_to_wire")]
    token: &'a Secret,
    expiration: Timestamp,
    last_updated: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_arn: Option<&'a str>,
}

/// Go and Java read the lower-case spelling, Kotlin and JavaScript the other. The message stands
/// first: PHP shows the body's first 120 bytes.
#[derive(Serialize)]
struct Sentence<'a> {
    message: &'a str,
    code: RefusalCode,
    #[serde(rename = "Message")]
    again: &'a str,
    #[serde(rename = "Code")]
    code_again: RefusalCode,
}

fn json<T: Serialize>(status: StatusCode, body: &T, capacity: usize) -> Answer {
    // Room for all of it, so that growing leaves no second copy of a secret behind.
    let mut bytes = Vec::with_capacity(capacity);
    let written = serde_json::to_writer(&mut bytes, body);
    debug_assert!(written.is_ok(), "strings and numbers always have a JSON form");
    let mut answer = Response::new(Full::new(Bytes::from(bytes)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// What some clients act on by themselves.
fn advice(code: RefusalCode) -> Option<(HeaderName, HeaderValue)> {
    match code {
        RefusalCode::MethodNotAllowed => Some((ALLOW, HeaderValue::from_static("GET"))),
        // A call to STS that goes on is done in a second or two. Where STS is down, the JavaScript SDK v2 and
        // the Go SDK v1 wait this long three times over before their user reads anything.
        RefusalCode::Pending | RefusalCode::Unavailable => {
            Some((RETRY_AFTER, HeaderValue::from_static("1")))
        }
        _ => None,
    }
}

/// The sentence as a status line can carry it: visible ASCII and blanks, and not without end.
fn reason_phrase(line: &str) -> String {
    let visible = |c: char| match c {
        ' '..='~' => c,
        _ if c.is_whitespace() => ' ',
        _ => '?',
    };
    line.chars().take(PHRASE_LIMIT).map(visible).collect()
}

/// Names, quotes, times and identifiers of a body, and some more.
const FRAME: usize = 384;

const PHRASE_LIMIT: usize = 200;
