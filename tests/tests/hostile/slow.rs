//! Requests that come piece by piece, that stop in the middle, and greetings that wait for ours. They run
//! beside each other, since each takes what the daemon's deadline takes.

use std::time::Duration;

use crate::case::Case;
use crate::doors::Pace;
use crate::request::{Edit, Request};
use crate::seeds::Seed;
use crate::verdict::Must;

/// For one request.
pub(crate) fn cases(seed: &Seed) -> Vec<Case> {
    let good = seed.request.bytes();
    let head = good.len() - seed.request.body.len();
    let mut all = Vec::new();
    let mut push = |bytes: &[u8], pace: Pace, must| {
        all.push(Case::paced("slow", seed, bytes.to_vec(), pace, must));
    };
    // Twenty pieces in a second, which is in time; in ten, byte by byte, which is not.
    push(&good, every(good.len().div_ceil(20), good.len(), Duration::from_secs(1)), Must::Served);
    push(&good, every(1, head, Duration::from_secs(10)), Must::Closed);
    push(&good, every(40, head, Duration::from_secs(6)), Must::Closed);
    for stop in [1, 2, 4, 10, 17, 25, 40, head / 2, head - 20, head - 3, head - 2, head - 1] {
        push(&good[..stop], Pace::default(), Must::Closed);
        push(&good[..stop], Pace { ends: true, ..Pace::default() }, Must::Closed);
    }
    for stop in (head..good.len()).step_by(6) {
        push(&good[..stop], Pace::default(), Must::Closed);
        push(&good[..stop], Pace { ends: true, ..Pace::default() }, Must::Closed);
    }
    for text in WAITING {
        push(text, Pace::default(), Must::Closed);
        push(text, Pace { ends: true, ..Pace::default() }, Must::Closed);
    }
    // No line of these ends for the daemon, and so no head.
    for end in ["\r", "\r\r\n", "\0", ""] {
        let endless = seed.request.after(&[&Edit::LineEnd(end.into()), &Edit::Body(Vec::new())]);
        push(&endless, Pace::default(), Must::Closed);
        push(&endless, Pace { ends: true, ..Pace::default() }, Must::Closed);
    }
    push(b"", Pace::default(), Must::Closed);
    push(b"", Pace { ends: true, ..Pace::default() }, Must::Closed);
    all.extend(behind(seed, &seed.request));
    all
}

/// A second request behind the first one's bytes: what comes with them is refused with them, and what comes
/// later is never read.
fn behind(seed: &Seed, request: &Request) -> Vec<Case> {
    let first = request.bytes().len();
    let both = request.after(&[&Edit::Behind(request.bytes())]);
    [
        Duration::ZERO,
        Duration::from_micros(100),
        Duration::from_millis(2),
        Duration::from_millis(50),
    ]
    .map(|gap| {
        let pace = Pace { cuts: vec![first], gap, ends: false };
        Case::paced("pipeline", seed, both.clone(), pace, Must::Once)
    })
    .into()
}

/// So many bytes at a time, all of them in this time.
fn every(bytes: usize, length: usize, whole: Duration) -> Pace {
    let cuts: Vec<_> = (bytes..length).step_by(bytes).collect();
    let gap = whole / u32::try_from(cuts.len().max(1)).unwrap_or(u32::MAX);
    Pace { cuts, gap, ends: false }
}

/// Lines after which a server is expected to speak, and heads without an end.
const WAITING: &[&[u8]] = &[
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"EHLO evil.test\r\n",
    b"GET /creds/prod\r\n",
    b"GET /creds/prod HTTP/0.9\r\n",
    b"PRI * HTTP/2.0\r\n",
    b"USER anonymous\r\n",
    b"CONNECT sts.amazonaws.com:443 HTTP/1.1\r\n",
    b"GET /creds/prod HTTP/1.1\r\nHost: localhost\r\n",
    b"RFB 003.008",
    b"A",
];
