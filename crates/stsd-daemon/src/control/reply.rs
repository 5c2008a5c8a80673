//! The control API's answers: JSON, with the daemon's version on every one of them.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Response, StatusCode};
use serde::Serialize;
use stsd_protocol::control::VERSION_HEADER;
use stsd_protocol::{Refusal, RefusalCode, VERSION};

use crate::wire::Answer;

pub(super) fn json<T: Serialize>(status: StatusCode, body: &T) -> Answer {
    let mut bytes = Vec::with_capacity(CAPACITY);
    let written = serde_json::to_writer(&mut bytes, body);
    debug_assert!(written.is_ok(), "no reply has a map with keys that are not strings");
    let mut answer = Response::new(Full::new(Bytes::from(bytes)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static(VERSION_HEADER), HeaderValue::from_static(VERSION));
    answer
}

pub(super) fn refused(refusal: &Refusal, status: u16, allowed: Option<&'static Method>) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
    let mut answer = json(status, refusal);
    if refusal.code == RefusalCode::MethodNotAllowed
        && let Some(method) = allowed
    {
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(method.as_str()));
    }
    answer
}

/// Room for credentials, so that growing leaves no second copy of a secret behind.
const CAPACITY: usize = 4096;
