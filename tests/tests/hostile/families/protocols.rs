//! Other protocols at the door. What ends is answered or closed at once; what waits for us to speak first
//! is in `slow`.

use super::{Mutation, one};
use crate::request::Edit;
use crate::seeds::Seed;
use crate::verdict::Must;

pub(super) fn mutations(seed: &Seed) -> Vec<Mutation> {
    let mut all: Vec<_> = GREETINGS
        .iter()
        .map(|greeting| one("protocol", Edit::Whole(greeting.to_vec()), Must::Malformed))
        .collect();
    all.extend(
        TEXTS.iter().map(|text| one("protocol", Edit::Whole(seed.fill(text)), Must::Malformed)),
    );
    let settings = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA";
    all.push(one("protocol", Edit::Field(settings.into()), Must::Refused));
    let websocket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==";
    all.push(one("protocol", Edit::Field(websocket.into()), Must::Refused));
    all
}

/// Not a letter at the beginning: known at once.
const GREETINGS: &[&[u8]] = &[
    // TLS 1.2 and 1.3, SSL 2 and 3.
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x16\x03\x03\x00\x2f\x01\x00\x00\x2b\x03\x04",
    b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10",
    b"\x16\x03\x00\x00\x00",
    // SOCKS 4, 4a and 5.
    b"\x04\x01\x1e\xc1\x7f\x00\x00\x01\x00",
    b"\x04\x01\x1e\xc1\x00\x00\x00\x01\x00localhost\x00",
    b"\x05\x01\x00",
    b"\x05\x02\x00\x02",
    // DNS, SMB, RDP, MongoDB, PostgreSQL, MQTT, AMQP's end, STUN over TCP, D-Bus, Java's RMI and serialization.
    b"\x00\x1d\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04evil\x04test\x00\x00\x01\x00\x01",
    b"\x00\x00\x00\x85\xff\x53\x4d\x42\x72",
    b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00",
    b"\x3f\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\xd4\x07\x00\x00",
    b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
    b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04evil",
    b"\x00\x14\x00\x01\x00\x00\x21\x12\xa4\x42",
    b"\x00AUTH EXTERNAL 30\r\n",
    b"\xac\xed\x00\x05",
    b"\xff\xfb\x01\xff\xfd\x03",
    b"*1\r\n$4\r\nPING\r\n",
    b"{\"jsonrpc\":\"2.0\",\"method\":\"creds\"}\r\n\r\n",
    b"<?xml version=\"1.0\"?>\r\n\r\n",
    b"<policy-file-request/>\0",
    b"\x00\x00\x00\x00\x00\x00\x00\x00",
    b"\xff\xff\xff\xff",
    b"\x1f\x8b\x08\x00",
    b"()\r\n\r\n",
    b"@echo\r\n\r\n",
    b"%0d%0a\r\n\r\n",
];

/// Lines of words, to an empty one.
const TEXTS: &[&str] = &[
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "EHLO evil.test\r\nMAIL FROM:<a@evil.test>\r\n\r\n",
    "HELO x\r\nRCPT TO:<a>\r\nDATA\r\n\r\n",
    "USER anonymous\r\nPASS x\r\n\r\n",
    "NICK a\r\nUSER a 0 * :a\r\n\r\n",
    "FLUSHALL\r\nSET a b\r\n\r\n",
    "GET a\r\n\r\n",
    "AUTH TOKEN\r\n\r\n",
    "stats\r\nquit\r\n\r\n",
    "a LOGIN x y\r\n\r\n",
    "OPTIONS rtsp://127.0.0.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "INVITE sip:a@127.0.0.1 SIP/2.0\r\n\r\n",
    "AMQP\0\0\x09\x01\r\n\r\n",
    "JDWP-Handshake\r\n\r\n",
    "BitTorrent protocol\r\n\r\n",
    "PROXY TCP4 127.0.0.1 127.0.0.1 1 PORT\r\nGET /creds HTTP/1.1\r\n\r\n",
    "GET /creds/prod HTTP/0.9\r\n\r\n",
    "GET /creds/prod\r\n\r\n",
    "get /creds/prod\r\n\r\n",
    "X-Amz-Target: x\r\n\r\n",
    "Authorization: TOKEN\r\n\r\n",
    "creds prod TOKEN\r\n\r\n",
    "_GET /creds HTTP/1.1\r\nHost: localhost\r\n\r\n",
];
