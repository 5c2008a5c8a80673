//! What two readers of the same bytes read differently.

use super::{Mutation, one};
use crate::request::Edit;
use crate::seeds::Seed;
use crate::verdict::Must;

pub(super) fn mutations(seed: &Seed) -> Vec<Mutation> {
    let mut all: Vec<_> = REFUSED
        .iter()
        .map(|field| one("smuggling", Edit::Field(seed.fill(field)), Must::Refused))
        .chain(
            MALFORMED
                .iter()
                .map(|field| one("smuggling", Edit::Field(seed.fill(field)), Must::Malformed)),
        )
        .collect();
    for value in LENGTHS {
        let line = seed.fill(&format!("Content-Length:{value}"));
        all.push(one("smuggling", Edit::Instead("content-length", vec![line]), Must::Refused));
    }
    let length = seed.request.body.len();
    for lines in [
        vec![format!("Content-Length: {length}"); 2],
        vec![format!("Content-Length: {length}"), "Content-Length: 7".to_owned()],
        vec![format!("content-length: {length}"), format!("CONTENT-LENGTH: {length}")],
        vec!["Transfer-Encoding: chunked".to_owned(), format!("Content-Length: {length}")],
        vec![format!("Content-Length: {length}"), "Transfer-Encoding: chunked".to_owned()],
    ] {
        let lines = lines.into_iter().map(String::into_bytes).collect();
        all.push(one("smuggling", Edit::Instead("content-length", lines), Must::Refused));
    }
    all.extend(high_bytes(seed));
    for end in ["\n", "\n\n", " \n", "\t\n", "\0\n", "\u{b}\n"] {
        all.push(one("smuggling", Edit::LineEnd(end.into()), Must::Malformed));
    }
    for before in
        ["\r\n", "\n", "\r", " ", "\t", "\0", "\u{feff}", "\r\n\r\n", "0\r\n\r\n", "5\r\nhello\r\n"]
    {
        all.push(one("smuggling", Edit::Before(before.into()), Must::Malformed));
    }
    all
}

/// A byte over 0x7f in a name is no name; a control byte is in no place.
fn high_bytes(seed: &Seed) -> impl Iterator<Item = Mutation> + use<> {
    let authorization = seed.authorization().to_owned();
    [0x00, 0x01, 0x08, 0x0b, 0x0c, 0x0e, 0x1b, 0x1f, 0x7f]
        .into_iter()
        .flat_map(move |byte: u8| {
            let value = [b"X-Value: a", &[byte][..], b"b"].concat();
            let name = [b"X-N", &[byte][..], b": a"].concat();
            let token = [b"Authorization: ", authorization.as_bytes(), &[byte]].concat();
            [
                one("smuggling", Edit::Field(value), Must::Malformed),
                one("smuggling", Edit::Field(name), Must::Malformed),
                one("smuggling", Edit::Instead("authorization", vec![token]), Must::Malformed),
            ]
        })
        .chain([0x80, 0xa0, 0xc3, 0xff].map(|byte| {
            one("smuggling", Edit::Field([b"X-N", &[byte][..], b": a"].concat()), Must::Malformed)
        }))
}

const REFUSED: &[&str] = &[
    "Transfer-Encoding: chunked",
    "transfer-encoding: chunked",
    "TRANSFER-ENCODING: chunked",
    "Transfer-Encoding:chunked",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding:\tchunked",
    "Transfer-Encoding: \"chunked\"",
    "Transfer-Encoding: CHUNKED",
    "Transfer-Encoding:",
    "Transfer-Encoding: chunked;a=b",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "Trailer: Authorization",
    "Trailer:",
    "Expect: 100-continue",
    "expect: 100-Continue",
    "Expect: 200-ok",
    "Expect:",
    "Content-Encoding: gzip",
    "Content-Encoding: identity",
    "Proxy-Transfer-Encoding: chunked",
];

const MALFORMED: &[&str] = &[
    "Transfer-Encoding : chunked",
    "Transfer-Encoding\t: chunked",
    "Transfer-Encoding: \u{b}chunked",
    "Transfer-Encoding:\r\n chunked",
    "X: a\nTransfer-Encoding: chunked",
    "X: a\rTransfer-Encoding: chunked",
    "X: a\r Transfer-Encoding: chunked",
    " Transfer-Encoding: chunked",
    "\tTransfer-Encoding: chunked",
    "Transfer-Encoding\r\n: chunked",
    "Transfer Encoding: chunked",
    "Transfer-Encoding\0: chunked",
    "Content-Length : 0",
    " Content-Length: 0",
    "Content-Length\r\n : 0",
    "X: a\r\n folded",
    "X: a\r\n\tfolded",
    "X: a\r\n \r\n",
    "X",
    ": a",
    ":",
    "X Y: a",
    "X(y): a",
    "X\"y\": a",
    "X@y: a",
    "X/y: a",
    "X[y]: a",
    "X{y}: a",
    "X<y>: a",
    "X=y: a",
    "X;y: a",
    "X,y: a",
    "X\\y: a",
    "X: a\n",
    "X: a\n\n",
    "X: a\r\r\n",
    "X: a\nAuthorization: TOKEN",
    "X: a\rAuthorization: TOKEN",
    "X: a\nHost: localhost",
    "Ⅹ: a",
    "GET /creds HTTP/1.1",
    "Authorization TOKEN",
];

/// No number, or one that no body of this request has.
const LENGTHS: &[&str] = &[
    "",
    " ",
    " +0",
    " -0",
    " -1",
    " +5",
    " 0x0",
    " 0x5",
    " 0,0",
    " 0, 0",
    " 0 0",
    " 0;",
    " 0.0",
    " 1e1",
    " 5 5",
    " ５",
    " 99999999999999999999999",
    " 18446744073709551616",
    " 18446744073709551615",
    " 65537",
    " NaN",
    " null",
    " \"0\"",
    " 0\t0",
    " 0b",
    " 1_0",
];
