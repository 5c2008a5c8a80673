//! Everything but the authorization token in its place.

use data_encoding::{BASE64, HEXLOWER};

use super::{Mutation, one};
use crate::request::Edit;
use crate::seeds::Seed;
use crate::verdict::Must;

pub(super) fn mutations(seed: &Seed) -> Vec<Mutation> {
    if seed.is_control() {
        return Vec::new();
    }
    let token = seed.authorization();
    let mut values: Vec<String> = WRONG.iter().map(|row| row.replace("TOKEN", token)).collect();
    let length = token.len();
    values.extend([1, length / 2, length - 1].map(|end| token[..end].to_owned()));
    values.extend([1, length / 2].map(|start| token[start..].to_owned()));
    values.extend([0, length / 2, length - 1].map(|at| spoiled(token, at)));
    values.extend(['x', '=', '_', 'A'].map(|more| format!("{token}{more}")));
    values.extend([
        token.to_ascii_uppercase(),
        token.to_ascii_lowercase(),
        token.chars().rev().collect(),
    ]);
    values.extend([BASE64.encode(token.as_bytes()), HEXLOWER.encode(token.as_bytes())]);
    values.push(format!("Basic {}", BASE64.encode(format!(":{token}").as_bytes())));
    values.extend(["x".repeat(length), "x".repeat(7000), token.repeat(2), token.repeat(100)]);
    let mut all: Vec<_> = values
        .into_iter()
        .filter(|value| value != token)
        .map(|value| {
            instead(vec![format!("Authorization: {value}").into_bytes()], Must::Unauthorized)
        })
        .collect();
    all.push(instead(Vec::new(), Must::Unauthorized));
    for name in ELSEWHERE {
        all.push(instead(vec![format!("{name}: {token}").into_bytes()], Must::Unauthorized));
    }
    let long = format!("Authorization: {}", "x".repeat(8 * 1024));
    all.push(instead(vec![long.into_bytes()], Must::TooLarge));
    all.extend(twice(seed));
    for good in [
        "Authorization: TOKEN",
        "AUTHORIZATION:TOKEN",
        "authorization:  \tTOKEN \t",
        "Authorization: bEARER TOKEN",
    ] {
        all.push(Mutation { family: "good", ..instead(vec![seed.fill(good)], Must::Served) });
    }
    all
}

fn twice(seed: &Seed) -> impl Iterator<Item = Mutation> {
    let rows: [(&[&str], Must); 10] = [
        (&["Authorization: TOKEN", "Authorization: TOKEN"], Must::Refused),
        (&["Authorization: TOKEN", "Authorization: x"], Must::Refused),
        (&["Authorization: x", "Authorization: TOKEN"], Must::Refused),
        (&["authorization: TOKEN", "AUTHORIZATION: Bearer TOKEN"], Must::Refused),
        (&["Authorization: TOKEN", "Authorization:"], Must::Refused),
        (&["Cookie: Authorization=TOKEN"], Must::Refused),
        (&["Proxy-Authorization: TOKEN"], Must::Refused),
        (&["Authorization : TOKEN"], Must::Malformed),
        (&["Authorization:", " TOKEN"], Must::Malformed),
        (&["Authorization TOKEN"], Must::Malformed),
    ];
    rows.map(|(lines, must)| instead(lines.iter().map(|line| seed.fill(line)).collect(), must))
        .into_iter()
}

fn instead(lines: Vec<Vec<u8>>, must: Must) -> Mutation {
    one("authorization", Edit::Instead("authorization", lines), must)
}

/// With another character at one place.
fn spoiled(token: &str, at: usize) -> String {
    let other = if token[at..].starts_with('A') { "B" } else { "A" };
    [&token[..at], other, &token[at + 1..]].concat()
}

const WRONG: &[&str] = &[
    "",
    "Bearer",
    "Bearer ",
    "Bearer  TOKEN",
    "Bearer\tTOKEN",
    "BearerTOKEN",
    "Bearer:TOKEN",
    "Bearer, TOKEN",
    "Bearer Bearer TOKEN",
    "TOKEN Bearer",
    "Basic TOKEN",
    "Token TOKEN",
    "Digest TOKEN",
    "Negotiate TOKEN",
    "token=TOKEN",
    "AWS4-HMAC-SHA256 Credential=TOKEN",
    "TOKEN TOKEN",
    "TOKEN,TOKEN",
    "TOKEN;",
    "\"TOKEN\"",
    "'TOKEN'",
    "<TOKEN>",
    "TOKEN%00",
    "%54TOKEN",
    "TOKEN\u{e9}",
    "\u{feff}TOKEN",
    "null",
    "undefined",
    "true",
    "*",
    "TOKEN.TOKEN",
    "..",
    "$TOKEN",
    "' OR '1'='1",
];

/// Headers by which other servers are authorized.
const ELSEWHERE: &[&str] = &[
    "X-Authorization",
    "X-Aws-Ec2-Metadata-Token",
    "X-Aws-Parameters-Secrets-Token",
    "X-Vault-Token",
    "Metadata-Flavor",
    "Authorization-Token",
    "Authorization_",
    "X-Api-Key",
    "WWW-Authenticate",
    "Bearer",
];
