//! What only a browser, a proxy or a forwarder sends, in every spelling.

use super::{Mutation, one};
use crate::request::Edit;
use crate::seeds::Seed;
use crate::verdict::Must;

pub(super) fn mutations(seed: &Seed) -> Vec<Mutation> {
    let families = [("browser", BROWSER), ("forwarded", FORWARDED)];
    let mut all = Vec::new();
    for (family, fields) in families {
        for (at, field) in fields.iter().enumerate() {
            let (name, value) = field.split_once(':').expect("every row is a field");
            for (spelling, name) in spellings(name).into_iter().enumerate() {
                let line = seed.fill(&format!("{name}:{value}"));
                // In front of the others as well as behind them.
                let edit = if (at + spelling) % 2 == 0 {
                    Edit::FirstField(line)
                } else {
                    Edit::Field(line)
                };
                all.push(one(family, edit, Must::Refused));
            }
        }
    }
    all.extend(
        HARMLESS.iter().map(|field| one("good", Edit::Field(seed.fill(field)), Must::Served)),
    );
    all
}

fn spellings(name: &str) -> [String; 4] {
    let turned = |(at, letter): (usize, char)| match at % 2 {
        0 => letter.to_ascii_lowercase(),
        _ => letter.to_ascii_uppercase(),
    };
    [
        name.to_owned(),
        name.to_ascii_lowercase(),
        name.to_ascii_uppercase(),
        name.chars().enumerate().map(turned).collect(),
    ]
}

const BROWSER: &[&str] = &[
    "Origin: http://evil.test",
    "Origin: null",
    "Origin: http://127.0.0.1:PORT",
    "Origin:",
    "Origin: chrome-extension://abcdefghijklmnop",
    "Referer: http://evil.test/",
    "Referer: http://127.0.0.1:PORT/creds",
    "Referer:",
    "Cookie: a=b",
    "Cookie: authorization=TOKEN",
    "Cookie:",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Site: none",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Dest: document",
    "Sec-Fetch-User: ?1",
    "Sec-Fetch-Storage-Access: none",
    "Sec-CH-UA: \"Chromium\"",
    "Sec-CH-UA-Mobile: ?0",
    "Sec-CH-UA-Platform: \"Linux\"",
    "Sec-GPC: 1",
    "Sec-Purpose: prefetch",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Sec-: x",
    "Access-Control-Request-Method: GET",
    "Access-Control-Request-Headers: authorization",
    "Access-Control-Request-Private-Network: true",
    "Access-Control-Request-Local-Network: true",
    "Access-Control-Allow-Origin: *",
    "Upgrade: websocket",
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
];

const FORWARDED: &[&str] = &[
    "Forwarded: for=127.0.0.1;host=localhost",
    "Forwarded:",
    "X-Forwarded-For: 127.0.0.1",
    "X-Forwarded-For:",
    "X-Forwarded-Host: localhost",
    "X-Forwarded-Proto: http",
    "X-Forwarded-Port: PORT",
    "X-Forwarded-By: proxy",
    "X-Forwarded-Server: proxy",
    "X-Forwarded-Prefix: /",
    "X-Forwarded-Ssl: on",
    "X-Real-IP: 127.0.0.1",
    "Via: 1.1 proxy",
    "Via:",
    "Proxy-Connection: keep-alive",
    "Proxy-Authorization: Basic eDp4",
    "Proxy-Authenticate: Basic",
];

/// Names that only look like those: nobody may refuse an SDK for one of these.
const HARMLESS: &[&str] = &[
    "X-Originator: a",
    "Secure: a",
    "Cookies: a",
    "TE: trailers",
    "X-Amz-Via: a",
    "User-Agent: héllo",
];
