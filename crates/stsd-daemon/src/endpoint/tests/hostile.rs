//! Requests that no SDK sends, each with everything that would otherwise open the door: the right
//! authorization token and a profile that is served.

use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Running;
use crate::wire::testing::{SECRET, talk};

/// What must come of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Must {
    Malformed,
    TooLarge,
    Refused,
}

impl Must {
    fn status(self) -> &'static str {
        match self {
            Self::Malformed => "HTTP/1.1 400 ",
            Self::TooLarge => "HTTP/1.1 431 ",
            Self::Refused => "HTTP/1.1 403 ",
        }
    }
}

#[tokio::test]
async fn hostile_requests_see_no_credential() {
    let running = Running::start().await;
    let mut tried = 0;
    for (request, must) in headers().into_iter().chain(heads()) {
        let shown = String::from_utf8_lossy(&request).chars().take(120).collect::<String>();
        let answer = running.ask(&request).await;
        assert!(answer.starts_with(must.status()), "{shown:?}: {answer:?}");
        assert!(!answer.contains(SECRET) && !answer.contains("ASIA"), "{shown:?}: {answer:?}");
        assert_eq!(answer.matches("\r\nContent-Length: ").count(), 1, "{shown:?}: {answer:?}");
        tried += 1;
    }
    assert!(tried >= 60, "{tried}");
    assert_eq!(running.service.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_second_request_on_a_connection_is_never_answered() {
    let running = Running::start().await;
    let request = format!(
        "GET /creds HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\nConnection: keep-alive\r\n\r\n",
        super::TOKEN
    );
    let mut client = running.connect().await;
    client.write_all(request.as_bytes()).await.unwrap();
    let mut answers = String::new();
    client.read_to_string(&mut answers).await.unwrap();
    // The other side is closed: this is refused or lost, and nothing more comes.
    let rest = talk(client, request.as_bytes()).await;
    assert_eq!((answers.matches("HTTP/1.1 200").count(), rest.as_str()), (1, ""));
}

/// Each of these in a request that is otherwise right.
fn headers() -> Vec<(Vec<u8>, Must)> {
    let refused = [
        "Origin: http://127.0.0.1:PORT",
        "origin: null",
        "Referer: http://127.0.0.1/",
        "Cookie: a=b",
        "Sec-Fetch-Mode: no-cors",
        "sec-fetch-site: same-origin",
        "Sec-WebSocket-Key: eA==",
        "Sec-Purpose: prefetch",
        "Access-Control-Request-Method: GET",
        "Access-Control-Request-Private-Network: true",
        "Forwarded: for=127.0.0.1",
        "X-Forwarded-For: 127.0.0.1",
        "x-forwarded-host: localhost",
        "X-Forwarded-Proto: http",
        "X-Real-IP: 127.0.0.1",
        "Via: 1.1 proxy",
        "Proxy-Connection: keep-alive",
        "Proxy-Authorization: Basic eA==",
        "Upgrade: websocket",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABk",
        "Trailer: x",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: identity",
        "Content-Encoding: gzip",
        "Expect: 100-continue",
        "Content-Length: 1",
        "Content-Length: +0",
        "Content-Length: 0, 0",
        "Content-Length: -1",
        "Content-Length:",
        "Content-Length: 99999999999999999999999",
        "Content-Length: 0\r\nContent-Length: 0",
        "Authorization: TOKEN",
        "Host: 127.0.0.1:PORT",
    ];
    let malformed = [
        "A : b",
        " A: b",
        "\tfolded",
        "A\r\n folded: b",
        ": b",
        "A",
        "A B: c",
        "A\0: b",
        "A: \0",
        "A: b\rc",
        "A: \x07",
        "A: \x7f",
        "A\u{e9}: b",
        "A: b\nB: c",
        "A: b\n",
    ];
    let whole = |field: &str| {
        format!(
            "GET /creds/prod HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAuthorization: TOKEN\r\n{field}\r\n\r\n"
        )
        .into_bytes()
    };
    let refused = refused.iter().map(|field| (whole(field), Must::Refused));
    refused.chain(malformed.iter().map(|field| (whole(field), Must::Malformed))).collect()
}

/// Heads that are wrong in themselves.
fn heads() -> Vec<(Vec<u8>, Must)> {
    let line = |line: &str, must| {
        (
            format!("{line}\r\nHost: 127.0.0.1:PORT\r\nAuthorization: TOKEN\r\n\r\n").into_bytes(),
            must,
        )
    };
    let host = |host: &str| {
        let head = format!("GET /creds/prod HTTP/1.1\r\nAuthorization: TOKEN\r\n{host}\r\n");
        (head.into_bytes(), Must::Refused)
    };
    let good = "GET /creds/prod HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAuthorization: TOKEN\r\n";
    let behind = |rest: &str| (format!("{good}\r\n{rest}").into_bytes(), Must::Malformed);
    let many =
        |count| (format!("{good}{}\r\n", "a:b\r\n".repeat(count)).into_bytes(), Must::TooLarge);
    let long =
        |bytes| (format!("{good}a: {}\r\n\r\n", "x".repeat(bytes)).into_bytes(), Must::TooLarge);
    vec![
        line("GET /creds/prod HTTP/1.0", Must::Malformed),
        line("GET /creds/prod HTTP/1.2", Must::Malformed),
        line("GET /creds/prod HTTP/2.0", Must::Malformed),
        line("GET /creds/prod http/1.1", Must::Malformed),
        line("GET /creds/prod", Must::Malformed),
        line("GET  /creds/prod HTTP/1.1", Must::Malformed),
        line("GET /creds/prod  HTTP/1.1", Must::Malformed),
        line("GET /creds/prod HTTP/1.1 ", Must::Malformed),
        line("GET\t/creds/prod\tHTTP/1.1", Must::Malformed),
        line("G(T /creds/prod HTTP/1.1", Must::Malformed),
        line("\r\nGET /creds/prod HTTP/1.1", Must::Malformed),
        line(" GET /creds/prod HTTP/1.1", Must::Malformed),
        line("GET /creds/prod#x HTTP/1.1", Must::Malformed),
        line("GET /creds/pr\u{f8}d HTTP/1.1", Must::Malformed),
        line("GET /creds\\prod HTTP/1.1", Must::Malformed),
        line("GET /creds/prod\0 HTTP/1.1", Must::Malformed),
        line("GET http://127.0.0.1:PORT/creds/prod HTTP/1.1", Must::Refused),
        line("GET http://example.com/ HTTP/1.1", Must::Refused),
        line("GET http://u:p@127.0.0.1/creds/prod HTTP/1.1", Must::Refused),
        line("GET creds/prod HTTP/1.1", Must::Refused),
        line("CONNECT sts.amazonaws.com:443 HTTP/1.1", Must::Refused),
        line("OPTIONS * HTTP/1.1", Must::Refused),
        host(""),
        host("Host:\r\n"),
        host("Host: example.com\r\n"),
        host("Host: 127.0.0.1.nip.io:PORT\r\n"),
        host("Host: 127.0.0.1:1\r\n"),
        host("Host: localhost:9\r\n"),
        host("Host: 127.0.0.1:\r\n"),
        host("Host: 127.0.0.1:PORT0\r\n"),
        host("Host: 127.0.0.1:+PORT\r\n"),
        host("Host: 127.0.0.2:PORT\r\n"),
        host("Host: 127.1:PORT\r\n"),
        host("Host: 0.0.0.0:PORT\r\n"),
        host("Host: localhost.:PORT\r\n"),
        host("Host: u@127.0.0.1:PORT\r\n"),
        host("Host: ::1\r\n"),
        host("Host: 127.0.0.1:PORT, 127.0.0.1:PORT\r\n"),
        behind("x"),
        behind("GET /creds/prod HTTP/1.1\r\n\r\n"),
        behind("\r\n"),
        many(63),
        many(1000),
        long(8 * 1024),
        long(500 * 1024),
        (
            b"GET /creds/prod HTTP/1.1\nHost: localhost\nAuthorization: TOKEN\n\n".to_vec(),
            Must::Malformed,
        ),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), Must::Malformed),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), Must::Malformed),
        (b"\0\0\0\0".to_vec(), Must::Malformed),
        (b"\r\n\r\n".to_vec(), Must::Malformed),
        (b"GET\r\n\r\n".to_vec(), Must::Malformed),
        ([b'A'; 9000].to_vec(), Must::TooLarge),
        ([0xff; 9000].to_vec(), Must::Malformed),
    ]
}
