//! Bytes in, bytes out, over real loopback sockets: what SDKs send is served, and nothing that is
//! not quite that ever sees a credential.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use stsd_secret::Secret;
use tokio::net::{TcpListener, TcpStream};

use super::{Authorization, Endpoint, serve};
use crate::wire::testing::{FakeService, SECRET, talk};
use crate::wire::{Hosts, Stop, shutdown};

const TOKEN: &str = "fake-authorization_token";

struct Running {
    port: u16,
    stop: Stop,
    service: Arc<FakeService>,
    server: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let service = FakeService::new();
        let authorization = Arc::new(Authorization::new(Secret::new(TOKEN)));
        let endpoint = Endpoint::new("tcp", Hosts::Port(port), authorization, Arc::clone(&service));
        let (stop, until) = shutdown();
        let admit = |_: &TcpStream| Ok::<(), Infallible>(());
        let server = tokio::spawn(serve(listener, admit, endpoint, until));
        Self { port, stop, service, server }
    }

    /// Sends a request in which `PORT` and `TOKEN` stand for the real ones.
    async fn ask(&self, request: &str) -> String {
        self.ask_bytes(request.replace("PORT", &self.port.to_string()).as_bytes()).await
    }

    async fn ask_bytes(&self, request: &[u8]) -> String {
        talk(self.connect().await, request).await
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }
}

#[tokio::test]
async fn the_bytes_of_a_200_are_these() {
    let running = Running::start().await;
    let answer = running
        .ask(&format!(
            "GET /creds/prod HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAuthorization: {TOKEN}\r\n\r\n"
        ))
        .await;
    assert_eq!(
        answer,
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
