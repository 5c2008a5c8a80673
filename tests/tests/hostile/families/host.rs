//! Names that look like this machine, and are not what the door is called; none, and two.

use super::{Mutation, one};
use crate::request::Edit;
use crate::seeds::Seed;
use crate::verdict::Must;

pub(super) fn mutations(seed: &Seed) -> Vec<Mutation> {
    let host = |value: &str| Edit::Instead("host", vec![seed.fill(&format!("Host: {value}"))]);
    let mut all: Vec<_> =
        FOREIGN.iter().map(|value| one("host", host(value), Must::Refused)).collect();
    let more: &[&str] = if seed.is_control() {
        CONTROL
    } else if seed.is_tcp() {
        OTHER_PORTS
    } else {
        &[]
    };
    all.extend(more.iter().map(|value| one("host", host(value), Must::Refused)));
    for port in
        [seed.port() - 1, seed.port().saturating_add(1)].into_iter().filter(|_| seed.is_tcp())
    {
        all.push(one("host", host(&format!("127.0.0.1:{port}")), Must::Refused));
    }
    if !seed.is_control() {
        let own =
            ["127.0.0.1", "localhost", "[::1]", "127.0.0.1:PORT", "localhost:PORT", "[::1]:PORT"];
        all.extend(own.map(|value| one("good", host(value), Must::Served)));
    }
    let own = if seed.is_control() { "stsd" } else { "127.0.0.1" };
    for (lines, must) in [
        (&[][..], Must::Refused),
        (&["Host: OWN", "Host: OWN"], Must::Refused),
        (&["Host: OWN", "Host: evil.test"], Must::Refused),
        (&["Host: evil.test", "Host: OWN"], Must::Refused),
        (&["host: OWN", "HOST: OWN"], Must::Refused),
        (&["Host: OWN", "Host:"], Must::Refused),
        (&["Host : OWN"], Must::Malformed),
        (&[" Host: OWN"], Must::Malformed),
        (&["Host\t: OWN"], Must::Malformed),
        (&["Host\0: OWN"], Must::Malformed),
        (&["Host: OWN\0"], Must::Malformed),
        (&["Host: OWN\0.evil.test"], Must::Malformed),
        (&["Host: OWN", "Host : evil.test"], Must::Malformed),
        (&["Host: OWN", " evil.test"], Must::Malformed),
        (&["Host:", " OWN"], Must::Malformed),
        (&["X-Host: OWN"], Must::Refused),
        (&["Host_: OWN"], Must::Refused),
    ] {
        let lines = lines.iter().map(|line| seed.fill(&line.replace("OWN", own))).collect();
        all.push(one("host", Edit::Instead("host", lines), must));
    }
    all
}

const FOREIGN: &[&str] = &[
    "",
    " ",
    "evil.test",
    "evil.test:PORT",
    "127.0.0.1.evil.test",
    "127.0.0.1.evil.test:PORT",
    "127.0.0.1.nip.io",
    "localhost.evil.test",
    "localhostevil.test",
    "evil-localhost",
    "a.localhost",
    "localhost.localdomain",
    "127.1",
    "127.1:PORT",
    "127.0.1",
    "0x7f.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "0x7f000001:PORT",
    "017700000001",
    "0177.0.0.1",
    "127.000.000.001",
    "127.0.0.01",
    "2130706433",
    "2130706433:PORT",
    "[::ffff:127.0.0.1]",
    "[::ffff:127.0.0.1]:PORT",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::1]",
    "[::1",
    "::1",
    "::1:PORT",
    "[::1]]",
    "[::1].",
    "[::1%lo]",
    "[::1%25lo]",
    "[::1]evil.test",
    "localhost.",
    "localhost.:PORT",
    "LOCALHOST",
    "LocalHost",
    "127.0.0.1.",
    "127.0.0.1.:PORT",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "lοcalhost",
    "127.0.0.2",
    "127.0.0.1/",
    "127.0.0.1/creds",
    "http://127.0.0.1",
    "//127.0.0.1",
    "user@127.0.0.1",
    "user:pw@127.0.0.1:PORT",
    "127.0.0.1@evil.test",
    "127.0.0.1:PORT@evil.test",
    "evil.test#127.0.0.1",
    "127.0.0.1#",
    "127.0.0.1?",
    "127.0.0.1\tevil.test",
    "127.0.0.1 evil.test",
    "127.0.0.1,evil.test",
    "127.0.0.1, 127.0.0.1",
    "127.0.0.1;",
    "\"127.0.0.1\"",
    "0.0.0.0",
    "0.0.0.0:PORT",
    "0",
    "[::]",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "[fd00:ec2::23]",
    "sts.amazonaws.com",
    "10.0.0.1",
    "*",
    "host.docker.internal",
    "127.0.0.1%00",
    "127.0.0.1:+PORT",
    "127.0.0.1: PORT",
    "127.0.0.1 :PORT",
    "127.0.0.1:PORT:PORT",
    "127.0.0.1:",
    "localhost:",
    "[::1]:",
    ":PORT",
    ":",
    "127.0.0.1:0x1ec1",
    "127.0.0.1:99999",
    "127.0.0.1:-1",
    "127.0.0.1:http",
    "127.0.0.1:７８７３",
    "127.0.0.1:PORT0",
    "127.0.0.1:PORT/",
    "127.0.0.1:18446744073709559489",
    "xn--localhost-",
    "loc%61lhost",
    "127%2e0%2e0%2e1",
    "\\127.0.0.1",
    "127.0.0.1\\evil.test",
    "stsd.evil.test",
];

/// Of a forwarded port; a socket in the file system has none to compare with.
const OTHER_PORTS: &[&str] =
    &["127.0.0.1:1", "localhost:80", "[::1]:443", "localhost:0", "127.0.0.1:65535"];

/// The control socket has one name.
const CONTROL: &[&str] =
    &["localhost", "127.0.0.1", "127.0.0.1:PORT", "[::1]", "STSD", "stsd.", "stsd:80", "stsd:PORT"];
