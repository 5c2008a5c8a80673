//! What the SDKs send, byte for byte as far as it was recorded, and what they must get for it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::{Running, TOKEN, endpoint, replaced};
use crate::endpoint::serve;
use crate::wire::testing::{CALLER, FakeService, SECRET, talk};
use crate::wire::{EagerListener, Hosts, shutdown};

#[tokio::test]
async fn the_bytes_of_a_200_are_these() {
    let running = Running::start().await;
    assert_eq!(
        running.fetch("GET /creds/prod").await,
        "HTTP/1.1 200 OK\r\n\
         Content-Type: application/json\r\n\
         Cache-Control: no-store\r\n\
         Connection: close\r\n\
         Content-Length: 315\r\n\
         \r\n\
         {\"Code\":\"Success\",\"Type\":\"AWS-HMAC\",\"AccessKeyId\":\"ASIAIOSFODNN7EXAMPLE\",\
         \"SecretAccessKey\":\"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\",\
         \"Token\":\"fake/session+token==\",\"Expiration\":\"2027-01-15T08:00:00Z\",\
         \"LastUpdated\":\"2027-01-15T07:00:00Z\",\"AccountId\":\"111122223333\",\
         \"RoleArn\":\"arn:aws:iam::111122223333:role/deploy\"}",
    );
}

#[tokio::test]
async fn what_is_not_known_is_left_out() {
    let running = Running::start().await;
    let answer = running.fetch("GET /creds/bare").await;
    assert!(answer.ends_with("\"LastUpdated\":\"2027-01-15T07:00:00Z\"}"), "{answer}");
}

#[tokio::test]
async fn what_the_sdks_send_is_served() {
    let running = Running::start().await;
    for (sdk, request) in SDKS {
        let answer = running.ask(request).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{sdk}: {answer}");
        assert!(answer.contains(SECRET), "{sdk}: {answer}");
    }
}

#[tokio::test]
async fn the_default_profile_has_the_path_without_a_name() {
    let running = Running::start().await;
    assert!(running.fetch("GET /creds").await.contains(SECRET));
}

#[tokio::test]
async fn every_loopback_name_with_our_port_or_without_one_is_a_host() {
    let running = Running::start().await;
    for host in [
        "127.0.0.1:PORT",
        "localhost:PORT",
        "[::1]:PORT",
        "127.0.0.1",
        "localhost",
        "[::1]",
        "  127.0.0.1:PORT\t",
    ] {
        let request = format!("GET /creds HTTP/1.1\r\nHost:{host}\r\nAuthorization: TOKEN\r\n\r\n");
        let answer = running.ask(request).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}: {answer}");
    }
}

#[tokio::test]
async fn a_caller_that_ends_its_side_after_the_request_is_answered() {
    let running = Running::start().await;
    let mut client = running.connect().await;
    let request = "GET /creds HTTP/1.1\r\nHost: localhost\r\nAuthorization: TOKEN\r\n\r\n";
    client.write_all(&replaced(request.as_bytes(), "TOKEN", TOKEN)).await.unwrap();
    client.shutdown().await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains(SECRET));
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_read() {
    let running = Running::start().await;
    let request = "GET /creds HTTP/1.1\r\nHost: localhost\r\nAuthorization: TOKEN\r\n\r\n";
    let mut client = running.connect().await;
    client.set_nodelay(true).unwrap();
    for byte in replaced(request.as_bytes(), "TOKEN", TOKEN) {
        client.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains(SECRET));
}

#[tokio::test]
async fn the_credentials_socket_takes_any_port_and_no_other_host() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("creds.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let service = FakeService::new();
    let (_stop, until) = shutdown();
    let admit = |_: &_| Ok(CALLER);
    tokio::spawn(serve(
        EagerListener::unix(listener).unwrap(),
        admit,
        endpoint(Hosts::AnyPort, &service),
        until,
    ));
    for (host, status) in [
        ("localhost", "200"),
        ("127.0.0.1:7873", "200"),
        ("[::1]:1", "200"),
        ("localhost:99999", "403"),
        ("localhost:", "403"),
        ("stsd", "403"),
    ] {
        let request =
            format!("GET /creds HTTP/1.1\r\nHost: {host}\r\nAuthorization: {TOKEN}\r\n\r\n");
        let client = UnixStream::connect(&path).await.unwrap();
        let answer = talk(client, request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {answer}");
    }
}

const SDKS: [(&str, &str); 14] = [
    (
        "botocore",
        "GET /creds/prod HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAccept-Encoding: identity\r\n\
         User-Agent: python-urllib3/2.5.0\r\nAccept: application/json\r\nAuthorization: TOKEN\r\n\r\n",
    ),
    (
        "Go v2",
        "GET /creds/prod HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: Go-http-client/1.1\r\n\
         Accept: application/json\r\nAmz-Sdk-Invocation-Id: 5bd4f1f0-0000-4000-8000-000000000000\r\n\
         Amz-Sdk-Request: attempt=1; max=3\r\nAuthorization: TOKEN\r\nAccept-Encoding: gzip\r\n\r\n",
    ),
    (
        "Go v1",
        "GET /creds/prod HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\
         User-Agent: aws-sdk-go/1.55.6 (go1.23; linux; amd64)\r\nAccept: application/json\r\n\
         Authorization: TOKEN\r\nAccept-Encoding: gzip\r\n\r\n",
    ),
    (
        "JavaScript v3",
        "GET /creds/prod HTTP/1.1\r\nAuthorization: TOKEN\r\nHost: 127.0.0.1:PORT\r\n\
         Connection: keep-alive\r\n\r\n",
    ),
    (
        "JavaScript v2",
        "GET /creds/prod HTTP/1.1\r\nAccept: application/json\r\nAuthorization: TOKEN\r\n\
         Host: 127.0.0.1:PORT\r\nConnection: close\r\n\r\n",
    ),
    (
        "Java v2",
        "GET /creds/prod HTTP/1.1\r\nUser-Agent: aws-sdk-java/2.31.78 Linux/6.1 OpenJDK/21\r\n\
         Accept: */*\r\nConnection: keep-alive\r\nAuthorization: TOKEN\r\nHost: 127.0.0.1:PORT\r\n\r\n",
    ),
    (
        "Java v1, with the Accept of HttpURLConnection",
        "GET /creds/prod HTTP/1.1\r\nUser-Agent: aws-sdk-java/1.12.788\r\nAuthorization: TOKEN\r\n\
         Host: 127.0.0.1:PORT\r\nAccept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2\r\n\
         Connection: keep-alive\r\n\r\n",
    ),
    (
        "CRT, without a port",
        "GET /creds/prod HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\
         Accept-Encoding: identity\r\nUser-Agent: aws-sdk-crt/ecs-credentials-provider\r\n\
         Authorization: TOKEN\r\n\r\n",
    ),
    (
        "Rust",
        "GET /creds/prod HTTP/1.1\r\nauthorization: TOKEN\r\naccept: application/json\r\n\
         host: 127.0.0.1:PORT\r\n\r\n",
    ),
    (
        "Ruby",
        "GET /creds/prod HTTP/1.1\r\nAccept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3\r\n\
         Accept: */*\r\nUser-Agent: aws-sdk-ruby3/3.211.0\r\nAuthorization: TOKEN\r\n\
         Host: 127.0.0.1:PORT\r\n\r\n",
    ),
    (
        "PHP",
        "GET /creds/prod HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: GuzzleHttp/7\r\n\
         Authorization: TOKEN\r\n\r\n",
    ),
    (
        "Erlang, httpc",
        "GET /creds/prod HTTP/1.1\r\ncontent-length: 0\r\nte: \r\nhost: 127.0.0.1:PORT\r\n\
         authorization: TOKEN\r\nconnection: keep-alive\r\n\r\n",
    ),
    (
        "Perl, LWP",
        "GET /creds/prod HTTP/1.1\r\nTE: deflate,gzip;q=0.3\r\nConnection: TE, close\r\n\
         Authorization: TOKEN\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: libwww-perl/6.68\r\n\r\n",
    ),
    (
        "a person with curl",
        "GET /creds/prod HTTP/1.1\r\nHost: localhost:PORT\r\nUser-Agent: curl/8.5.0\r\n\
         Accept: */*\r\nAuthorization: Bearer TOKEN\r\n\r\n",
    ),
];
