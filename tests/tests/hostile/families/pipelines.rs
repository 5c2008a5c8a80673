//! More than one request on a connection: a good one in front of another, and behind a bad one.

use super::{Mutation, one};
use crate::request::Edit;
use crate::seeds::Seed;
use crate::verdict::Must;

pub(super) fn mutations(seed: &Seed) -> Vec<Mutation> {
    let good = seed.request.bytes();
    let mut all = Vec::new();
    let mut push = |edit, must| all.push(one("pipeline", edit, must));
    for times in [1, 2, 5] {
        push(Edit::Behind(good.repeat(times)), Must::Trailing);
    }
    for behind in [
        "\r\n",
        "\n",
        "x",
        "\0",
        " ",
        "0\r\n\r\n",
        "GET",
        "GET /creds HTTP/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        push(Edit::Behind(behind.into()), Must::Trailing);
    }
    for (bad, must) in BAD {
        push(Edit::Before(seed.fill(bad)), *must);
    }
    if seed.is_control() {
        return all;
    }
    // A second request that would be the first one's body.
    for length in [1, 5, good.len()] {
        let line = format!("Content-Length: {length}").into_bytes();
        let request = seed.request.after(&[&Edit::Field(line)]);
        push(Edit::Whole([request, good.clone()].concat()), Must::Refused);
    }
    for chunked in [
        "0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "0\r\nAuthorization: TOKEN\r\n\r\n",
        "ffffffffffffffff\r\n",
    ] {
        let request = seed.request.after(&[&Edit::Field(b"Transfer-Encoding: chunked".to_vec())]);
        push(Edit::Whole([request, seed.fill(chunked), good.clone()].concat()), Must::Refused);
    }
    all
}

/// What comes before the good one is what is answered.
const BAD: &[(&str, Must)] = &[
    ("GET /creds HTTP/1.0\r\n\r\n", Must::Malformed),
    ("GET /creds HTTP/1.1\r\n\r\n", Must::Refused),
    ("GET /creds HTTP/1.1\r\nHost: evil.test\r\n\r\n", Must::Refused),
    (
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\nOrigin: http://evil.test\r\n\r\n",
        Must::Refused,
    ),
    ("POST /creds HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n", Must::Refused),
    (
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Must::Refused,
    ),
    ("GET /creds\r\n\r\n", Must::Malformed),
    ("GET /creds HTTP/1.1\nHost: localhost\n\n", Must::Malformed),
    ("\r\n\r\n", Must::Malformed),
    ("HELO evil.test\r\n\r\n", Must::Malformed),
    ("X-Injected: a\r\n", Must::Malformed),
];
