//! Bytes in, bytes out, over real loopback sockets: what SDKs send is served, and nothing that is
//! not quite that ever sees a credential.

#[cfg(target_os = "linux")]
mod guessers;
mod hostile;
mod refusals;
mod scopes;
mod sdks;

use std::sync::Arc;

use stsd_secret::Secret;
use tokio::net::{TcpListener, TcpStream};

use super::{Endpoint, serve};
use crate::authorization::Authorization;
use crate::wire::testing::{CALLER, FakeService, talk};
use crate::wire::{EagerListener, Hosts, Stop, shutdown};

const TOKEN: &str = "fake-authorization_token";

struct Running {
    port: u16,
    service: Arc<FakeService>,
    _stop: Stop,
}

impl Running {
    async fn start() -> Self {
        Self::with(Arc::new(Authorization::new(Secret::new(TOKEN)))).await
    }

    async fn with(authorization: Arc<Authorization>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let service = FakeService::new();
        let (stop, until) = shutdown();
        let admit = |_: &_| Ok(CALLER);
        let endpoint =
            Endpoint::new("test", Hosts::Port(port), authorization, Arc::clone(&service));
        tokio::spawn(serve(EagerListener::tcp(listener).unwrap(), admit, endpoint, until));
        Self { port, service, _stop: stop }
    }

    /// Sends a request in which `PORT` and `TOKEN` stand for the real ones.
    async fn ask(&self, request: impl AsRef<[u8]>) -> String {
        let request = replaced(request.as_ref(), "PORT", &self.port.to_string());
        talk(self.connect().await, &replaced(&request, "TOKEN", TOKEN)).await
    }

    /// Sends a request with everything that it needs.
    async fn fetch(&self, line: &str) -> String {
        let rest = "Host: 127.0.0.1:PORT\r\nAuthorization: TOKEN\r\n\r\n";
        self.ask(format!("{line} HTTP/1.1\r\n{rest}")).await
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }
}

fn endpoint(hosts: Hosts, service: &Arc<FakeService>) -> Endpoint<FakeService> {
    let authorization = Arc::new(Authorization::new(Secret::new(TOKEN)));
    Endpoint::new("test", hosts, authorization, Arc::clone(service))
}

fn replaced(bytes: &[u8], word: &str, by: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(word.len()).position(|window| window == word.as_bytes()) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(by.as_bytes());
        rest = &rest[at + word.len()..];
    }
    out.extend_from_slice(rest);
    out
}
