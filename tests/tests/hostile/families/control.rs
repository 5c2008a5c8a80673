//! What only the control socket takes: bodies, and a version.

use super::{Mutation, one};
use crate::request::Edit;
use crate::seeds::Seed;
use crate::verdict::Must;

pub(super) fn mutations(seed: &Seed) -> Vec<Mutation> {
    if !seed.is_control() {
        return Vec::new();
    }
    let said = |body: Vec<u8>, must| {
        let request = seed.request.after(&[&Edit::Body(Vec::new()), &length(body.len())]);
        one("control", Edit::Whole([request, body].concat()), must)
    };
    let mut all: Vec<_> = BODIES.iter().map(|body| said(body.to_vec(), Must::Body)).collect();
    all.push(said("[".repeat(LIMIT).into(), Must::Body));
    all.push(said(r#"{"profile":"#.repeat(4000).into(), Must::Body));
    all.push(said(format!(r#"{{"profile":"{}"}}"#, "a".repeat(60_000)).into(), Must::Unknown));
    all.push(said(vec![b' '; LIMIT + 1], Must::Refused));
    let whole = format!(r#"{{"profile":"prod"}}{}"#, " ".repeat(LIMIT - 18));
    all.push(Mutation { family: "good", ..said(whole.into(), Must::Served) });
    for (lines, must) in [
        (&[][..], Must::OtherVersion),
        (&["Stsd-Version:"], Must::OtherVersion),
        (&["Stsd-Version: 0.0.0"], Must::OtherVersion),
        (&["Stsd-Version: 999.0.0"], Must::OtherVersion),
        (&["Stsd-Version: *"], Must::OtherVersion),
        (&["Stsd-Version: \u{e9}"], Must::OtherVersion),
    ] {
        let lines = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
        all.push(one("control", Edit::Instead("stsd-version", lines), must));
    }
    let long = format!("Stsd-Version: {}", "1".repeat(5000)).into_bytes();
    all.push(one("control", Edit::Instead("stsd-version", vec![long]), Must::OtherVersion));
    all
}

fn length(bytes: usize) -> Edit {
    Edit::Instead("content-length", vec![format!("Content-Length: {bytes}").into_bytes()])
}

/// No request for credentials.
const BODIES: &[&[u8]] = &[
    b"",
    b" ",
    b"null",
    b"true",
    b"0",
    b"\"prod\"",
    b"[",
    b"{",
    b"{}}",
    b"{\"profile\":",
    b"{\"profile\":1}",
    b"{\"profile\":true}",
    b"{\"profile\":{}}",
    b"{\"profile\":[\"prod\"]}",
    b"{\"profile\":\"prod\"",
    b"{\"profile\":\"prod\",}",
    b"{\"profile\":\"prod\"}x",
    b"{\"profile\":\"prod\"}{\"profile\":\"prod\"}",
    b"{\"profile\":\"prod\",\"profile\":\"prod\"}",
    b"{\"profile\":\"prod\",\"other\":1}",
    b"{\"Profile\":\"prod\"}",
    b"{'profile':'prod'}",
    b"{\"profile\":\"\xff\"}",
    b"{\"profile\":\"\\ud800\"}",
    b"{\"profile\":\"\\x\"}",
    b"{\"profile\":\"a\0b\"}",
    b"{\"profile\":\"prod\",\"real_expiration\":1}",
    b"{\"profile\":\"prod\",\"real_expiration\":\"true\"}",
    b"{\"profile\":\"prod\",\"real_expiration\":null}",
    b"\xef\xbb\xbf{\"profile\":\"prod\"}",
    b"profile=prod",
    b"<profile>prod</profile>",
    b"{\"profile\":1e999999}",
    b"{\"profile\":\"prod\",\"real_expiration\":1e400}",
];

const LIMIT: usize = 64 * 1024;
