//! One byte and one field too many, and far too many.

use super::{Mutation, one};
use crate::request::Edit;
use crate::seeds::Seed;
use crate::verdict::Must;

pub(super) fn mutations(seed: &Seed) -> Vec<Mutation> {
    let mut all = Vec::new();
    let head = seed.request.bytes().len() - seed.request.body.len();
    let filler = "X-Filler: ";
    // The line's own end counts too.
    let spare = HEAD - head - filler.len() - 2;
    for (length, must) in
        [(spare - 1, Must::Served), (spare, Must::Served), (spare + 1, Must::TooLarge)]
    {
        let family = if must == Must::Served { "good" } else { "size" };
        all.push(one(family, Edit::Field(format!("{filler}{}", "x".repeat(length)).into()), must));
    }
    for length in [9, 16, 64, 256, 1024] {
        let line = format!("{filler}{}", "x".repeat(length * 1024));
        all.push(one("size", Edit::Field(line.into()), Must::TooLarge));
    }
    let free = FIELDS - seed.request.fields.len();
    for (more, must) in [
        (free - 1, Must::Served),
        (free, Must::Served),
        (free + 1, Must::TooLarge),
        (99 - seed.request.fields.len(), Must::TooLarge),
        (100 - seed.request.fields.len(), Must::TooLarge),
        (101 - seed.request.fields.len(), Must::TooLarge),
        (1000, Must::TooLarge),
        (1900, Must::TooLarge),
    ] {
        let family = if must == Must::Served { "good" } else { "size" };
        let lines: Vec<_> = (0..more).map(|at| format!("{at}:")).collect();
        all.push(one(family, Edit::Field(lines.join("\r\n").into()), must));
    }
    for start in ["A", "GET /", "GET /creds HTTP/1.1\r\nX: "] {
        let endless = format!("{start}{}", "a".repeat(HEAD - start.len()));
        all.push(one("size", Edit::Whole(endless.into()), Must::TooLarge));
        all.push(one(
            "size",
            Edit::Whole(format!("{start}{}", "a".repeat(1 << 20)).into()),
            Must::TooLarge,
        ));
    }
    all
}

/// The daemon's limits.
const HEAD: usize = 8 * 1024;
const FIELDS: usize = 64;
