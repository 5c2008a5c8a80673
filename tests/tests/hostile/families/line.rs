//! Methods and versions, and the line that they stand in.

use super::{Mutation, one};
use crate::request::Edit;
use crate::seeds::Seed;
use crate::verdict::Must;

pub(super) fn mutations(seed: &Seed) -> Vec<Mutation> {
    let other = if seed.is_control() { Must::ControlMethod } else { Must::Method };
    let own = seed.request.method.as_slice();
    let methods = IANA.iter().chain(INVENTED).map(|method| method.as_bytes());
    let mut all: Vec<_> = methods
        .filter(|method| *method != own)
        .map(|method| one("method", Edit::Method(method.to_vec()), other))
        .collect();
    for method in NO_METHOD {
        all.push(one("method", Edit::Method(method.as_bytes().to_vec()), Must::Malformed));
    }
    all.push(one("method", Edit::Method(vec![b'A'; 2000]), other));
    all.push(one("method", Edit::Method(vec![b'A'; 9000]), Must::TooLarge));
    for version in VERSIONS {
        all.push(one("version", Edit::Version(seed.fill(version)), Must::Malformed));
    }
    for line in LINES {
        let whole = [
            seed.fill(line),
            b"\r\nHost: localhost\r\nAuthorization: ".to_vec(),
            seed.fill("TOKEN\r\n\r\n"),
        ];
        all.push(one("version", Edit::Whole(whole.concat()), Must::Malformed));
    }
    all
}

/// The registry of HTTP methods; a door's own is left out.
const IANA: &[&str] = &[
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "CONNECT",
    "COPY",
    "DELETE",
    "LABEL",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "OPTIONS",
    "ORDERPATCH",
    "PATCH",
    "PRI",
    "PROPFIND",
    "PROPPATCH",
    "PUT",
    "QUERY",
    "REBIND",
    "REPORT",
    "SEARCH",
    "TRACE",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
    "HEAD",
    "GET",
    "POST",
];

const INVENTED: &[&str] = &[
    "get", "Get", "gET", "GETT", "GE", "G", "post", "Post", "BREW", "M-SEARCH", "GET-", "G.E.T",
    "GET|",
];

const NO_METHOD: &[&str] = &[
    "",
    " GET",
    "\tGET",
    "GET ",
    "G ET",
    "GET\t",
    "GET\0",
    "\0GET",
    "G\rET",
    "G\nET",
    "G(T",
    "GET/",
    "GET:",
    "\"GET\"",
    "GÉT",
    "GET\u{a0}",
    "{}",
    "[]",
    "<GET>",
    "!GET",
    "-GET",
    "1GET",
];

const VERSIONS: &[&str] = &[
    "HTTP/0.9",
    "HTTP/1.0",
    "HTTP/1.2",
    "HTTP/1.9",
    "HTTP/2",
    "HTTP/2.0",
    "HTTP/3",
    "HTTP/3.0",
    "HTTP/9.9",
    "HTTP/1.1.",
    "HTTP/1.1.1",
    "HTTP/01.1",
    "HTTP/1.01",
    "HTTP/1.10",
    "HTTP/11",
    "HTTP/1,1",
    "HTTP/1",
    "HTTP/.1",
    "HTTP/",
    "HTTP",
    "",
    "HTTP/-1.1",
    "HTTP/+1.1",
    "HTTP/1.1;x",
    "HTTP/1.1\0",
    "HTTP/1.1\t",
    "HTTP/1.1 ",
    " HTTP/1.1",
    "HTTP /1.1",
    "HTTP/ 1.1",
    "http/1.1",
    "Http/1.1",
    "HTTPS/1.1",
    "HTTP/１.1",
    "XHTTP/1.1",
    "ICY",
    "RTSP/1.0",
    "SIP/2.0",
    "FTP/1.1",
    "SPDY/3",
    "HTTP/1.1\rX: a",
    "HTTP/1.1\nX: a",
    "HTTP/1.1 HTTP/1.1",
];

/// First lines that have another number of words.
const LINES: &[&str] = &[
    "GET",
    "GET ",
    "GET /creds",
    "GET /creds ",
    "GET  /creds HTTP/1.1",
    "GET /creds  HTTP/1.1",
    "GET\t/creds\tHTTP/1.1",
    "GET /creds\u{b}HTTP/1.1",
    "GET /creds HTTP/1.1 x",
    "GET /creds prod HTTP/1.1",
    "HTTP/1.1 200 OK",
    "HTTP/1.1 GET /creds",
    "/creds",
    "Host: localhost",
];
