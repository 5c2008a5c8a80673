//! What those who are refused read, and in which order the checks speak.

use std::sync::atomic::Ordering;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use super::{Running, endpoint};
use crate::caller::Refused;
use crate::endpoint::serve;
use crate::wire::testing::FakeService;
use crate::wire::{EagerListener, Hosts, shutdown};

#[tokio::test]
async fn the_bytes_of_a_locked_403_are_these() {
    let running = Running::start().await;
    assert_eq!(
        running.fetch("GET /creds/locked").await,
        "HTTP/1.1 403 stsd is locked - run `stsd unlock`\r\n\
         Content-Type: application/json\r\n\
         Cache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\n\
         Connection: close\r\n\
         Content-Length: 135\r\n\
         \r\n\
         {\"message\":\"stsd is locked - run `stsd unlock`\",\"code\":\"StsdLocked\",\
         \"Message\":\"stsd is locked - run `stsd unlock`\",\"Code\":\"StsdLocked\"}",
    );
}

#[tokio::test]
async fn a_refusal_is_told_where_somebody_can_see_it_and_a_stranger_raises_nothing() {
    let running = Running::start().await;
    let told = || running.service.told.load(Ordering::SeqCst);
    running.fetch("GET /creds/prod").await;
    running.fetch("PUT /creds/locked").await;
    running.fetch("GET /other").await;
    assert_eq!(told(), 0);
    running.fetch("GET /creds/locked").await;
    assert_eq!(told(), 1);
}

#[tokio::test]
async fn refusals_have_the_status_of_the_table() {
    let running = Running::start().await;
    for (profile, status, contains) in [
        ("unknown", "403", "StsdUnknownProfile"),
        ("pending", "503", "\r\nRetry-After: 1\r\n"),
        ("unavailable", "503", "\r\nRetry-After: 1\r\n"),
    ] {
        let answer = running.fetch(&format!("GET /creds/{profile}")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.contains(contains), "{answer}");
    }
}

#[tokio::test]
async fn what_sts_said_cannot_break_out_of_the_status_line() {
    let running = Running::start().await;
    let answer = running.fetch("GET /creds/denied").await;
    let (first, rest) = answer.split_once("\r\n").unwrap();
    assert_eq!(
        first,
        "HTTP/1.1 403 STS denied profile denied - run `stsd status` - \
         AccessDenied User alice  Set-Cookie ? is not authorized",
    );
    assert!(!rest.contains("\r\nSet-Cookie"), "{answer}");
    assert!(rest.contains("é is not authorized"), "the body keeps the text: {answer}");
}

#[tokio::test]
async fn the_checks_speak_in_their_order() {
    let running = Running::start().await;
    let host = "Host: 127.0.0.1:PORT\r\n";
    for (what, request, status, code) in [
        ("form", "GET /creds HTTP/1.0\r\nOrigin: a\r\n\r\n".to_owned(), "400", "StsdBadRequest"),
        (
            "policy",
            format!("POST /x HTTP/1.1\r\n{host}Origin: a\r\n\r\n"),
            "403",
            "StsdRequestRefused",
        ),
        ("method", format!("POST /x HTTP/1.1\r\n{host}\r\n"), "405", "StsdMethodNotAllowed"),
        ("path", format!("GET /x HTTP/1.1\r\n{host}\r\n"), "404", "StsdNotFound"),
        ("token", format!("GET /creds/unknown HTTP/1.1\r\n{host}\r\n"), "401", "StsdUnauthorized"),
    ] {
        let answer = running.ask(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {answer}");
        assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{what}: {answer}");
    }
    assert_eq!(running.service.asked.load(Ordering::SeqCst), 0, "nobody may learn of a profile");
}

#[tokio::test]
async fn another_method_is_told_which_one_there_is() {
    let running = Running::start().await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "FOO"] {
        let answer = running.fetch(&format!("{method} /creds")).await;
        assert!(answer.starts_with("HTTP/1.1 405 "), "{method}: {answer}");
        assert!(answer.contains("\r\nAllow: GET\r\n"), "{method}: {answer}");
    }
    let answer = running.fetch("HEAD /creds").await;
    assert!(answer.starts_with("HTTP/1.1 405 ") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn whatever_is_no_path_of_credentials_is_404() {
    let running = Running::start().await;
    for path in [
        "/",
        "/creds/",
        "/creds//",
        "/creds//prod",
        "/creds/prod/",
        "/creds/prod/x",
        "/credsprod",
        "/Creds/prod",
        "/creds/..",
        "/creds/.",
        "/creds/prod/../prod",
        "/creds/%70rod",
        "/creds/prod%00",
        "/creds?",
        "/creds?profile=prod",
        "/creds/prod?x=1",
        "//creds",
        "/v1/status",
        "/creds/a;b",
        "/creds/a+b",
        "/latest/meta-data/iam/security-credentials/",
        "/get-credentials",
        "/role-arn/arn:aws:iam::111122223333:role/deploy",
    ] {
        let answer = running.fetch(&format!("GET {path}")).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
    assert_eq!(running.service.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn who_is_not_admitted_gets_a_reset_and_not_a_byte() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = FakeService::new();
    let (_stop, until) = shutdown();
    let admit = |_: &_| Err(Refused::OtherUser { uid: 1002 });
    tokio::spawn(serve(
        EagerListener::tcp(listener).unwrap(),
        admit,
        endpoint(Hosts::Port(address.port()), &service),
        until,
    ));
    let mut client = TcpStream::connect(address).await.unwrap();
    let error = client.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(service.asked.load(Ordering::SeqCst), 0);
}
