//! The bytes of a request, as any process on the machine can send them to a door. What the checks of the
//! head let through is held against hyper's own reading of it.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Request, Response, Version};
use stsd_secret::Secret;

use super::exchanged::{answer, exchanged};
use crate::authorization::Authorization;
use crate::caller::{Caller, Refused};
use crate::endpoint::Endpoint;
use crate::wire::testing::{FakeService, SECRET};
use crate::wire::{Answer, Door, Hosts, Rejected, Rules, Unanswered};

const PORT: Hosts = Hosts::Port(7873);
const AUTHORIZATION: &str = "fuzzed-authorization-token-0123456789-abcdef";

/// Sends the bytes to the endpoint, and to doors that take bodies and other hosts.
pub fn request(bytes: &[u8]) {
    for (hosts, body_limit) in [(PORT, 0), (Hosts::AnyPort, 0), (Hosts::Name("stsd"), 64)] {
        read_alike(bytes, Rules { hosts, body_limit });
    }
    guarded(bytes);
}

/// Whatever comes through is one request, and hyper reads in it what stands there.
fn read_alike(bytes: &[u8], rules: Rules) {
    let witness = Witness { rules, seen: Mutex::new(None) };
    let written = exchanged(&witness, bytes, usize::MAX);
    let seen = witness.take();
    let said = answer(&written).map(|(status, _)| status);
    assert_eq!(said.is_some(), seen.is_some(), "answered {said:?} without the door");
    exchanged(&witness, bytes, 7);
    let in_pieces = witness.take();
    // Bytes behind the end are refused where they came with the head, and never read otherwise.
    assert!(in_pieces == seen || goes_on(&seen), "in pieces it is another request: {in_pieces:?}");
    let Some(Seen::Request { method, target, fields, body }) = seen else { return };
    let end = position(bytes, b"\r\n\r\n").expect("a request has an end");
    let mut lines = bytes[..end].split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let first = [method.as_bytes(), target.as_bytes(), b"HTTP/1.1"].join(&b' ');
    assert_eq!(lines.next(), Some(first.as_slice()));
    assert!(target.starts_with('/'), "{target}");
    let mut there: Vec<_> = lines.map(field).collect();
    there.sort();
    assert_eq!(there, fields);
    assert_eq!(bytes[end + 4..], body);
    assert!(body.len() <= rules.body_limit);
    for name in ["host", "authorization", "content-length"] {
        let count = fields.iter().filter(|(other, _)| other == name).count();
        assert!(count == 1 || count == 0 && name != "host", "{count} {name}");
    }
    for refused in
        ["origin", "referer", "cookie", "forwarded", "via", "upgrade", "transfer-encoding"]
    {
        assert!(!fields.iter().any(|(name, _)| name == refused), "{refused}");
    }
    for start in ["sec-", "access-control-", "x-forwarded-"] {
        assert!(!fields.iter().any(|(name, _)| name.starts_with(start)), "{start}");
    }
}

/// Without the authorization token there are no credentials, and with it only where credentials are.
fn guarded(bytes: &[u8]) {
    let service = FakeService::new();
    service.release(1);
    let authorization = Arc::new(Authorization::new(Secret::new(AUTHORIZATION)));
    let endpoint = Endpoint::new("fuzzed", PORT, authorization, service);
    let written = exchanged(&endpoint, bytes, usize::MAX);
    let Some((status, body)) = answer(&written) else { return };
    assert!([200, 400, 401, 403, 404, 405, 431, 503].contains(&status), "{status}");
    serde_json::from_str::<serde_json::Value>(body).expect("each answer is JSON");
    assert_eq!(status == 200, body.contains(SECRET));
    if status == 200 {
        assert!(bytes.starts_with(b"GET /creds"), "another path is served");
        assert!(position(bytes, AUTHORIZATION.as_bytes()).is_some(), "served to a stranger");
    }
}

fn goes_on(seen: &Option<Seen>) -> bool {
    let Some(Seen::Rejected(rejected)) = seen else { return false };
    rejected.refusal.message.contains("goes on behind its end")
}

fn field(line: &[u8]) -> (String, Vec<u8>) {
    let colon = position(line, b":").expect("a field has a colon");
    let name = String::from_utf8(line[..colon].to_ascii_lowercase()).expect("a name is ASCII");
    (name, line[colon + 1..].trim_ascii().to_vec())
}

fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// A door that remembers what hyper made of the request.
struct Witness {
    rules: Rules,
    seen: Mutex<Option<Seen>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Request { method: String, target: String, fields: Vec<(String, Vec<u8>)>, body: Vec<u8> },
    Rejected(Rejected),
}

impl Witness {
    fn take(&self) -> Option<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, seen: Seen) -> Answer {
        let before = self.seen.lock().unwrap_or_else(PoisonError::into_inner).replace(seen);
        assert!(before.is_none(), "two requests on one connection");
        Response::new(Full::new(Bytes::new()))
    }
}

impl Door for Witness {
    fn name(&self) -> &'static str {
        "witness"
    }

    fn rules(&self) -> &Rules {
        &self.rules
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        body: &[u8],
        _: &Caller,
    ) -> Result<Answer, Unanswered> {
        assert_eq!(request.version(), Version::HTTP_11);
        let fields = request.headers().iter();
        let mut fields: Vec<_> =
            fields.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        fields.sort();
        let (method, target) = (request.method().to_string(), request.uri().to_string());
        Ok(self.put(Seen::Request { method, target, fields, body: body.to_vec() }))
    }

    fn reject(&self, rejected: &Rejected, _: &Caller) -> Answer {
        self.put(Seen::Rejected(rejected.clone()))
    }

    fn admitted(&self, _: &Caller) {}

    fn turned_away(&self, _: &Refused) {}
}
