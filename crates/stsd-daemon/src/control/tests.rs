//! The control API over a real Unix socket, bytes in and bytes out.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use stsd_protocol::VERSION;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::{UnixListener, UnixStream};

use super::{Control, Permission, serve};
use crate::wire::testing::{FakeService, SECRET, talk};
use crate::wire::{Stop, shutdown};

struct Running {
    directory: TempDir,
    service: Arc<FakeService>,
    _stop: Stop,
}

impl Running {
    async fn start(granted: Permission) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("stsd.sock")).unwrap();
        let service = FakeService::new();
        let control = Control::new(granted, Arc::clone(&service));
        let (stop, until) = shutdown();
        let admit = |_: &UnixStream| Ok::<(), Infallible>(());
        tokio::spawn(serve(listener, admit, control, until));
        Self { directory, service, _stop: stop }
    }

    async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.directory.path().join("stsd.sock")).await.unwrap()
    }

    async fn ask(&self, line: &str, body: &str) -> String {
        talk(self.connect().await, request(line, body).as_bytes()).await
    }
}

fn request(line: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{line} HTTP/1.1\r\nHost: stsd\r\nstsd-version: {VERSION}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn every_route_answers_with_the_version() {
    let running = Running::start(Permission::Change).await;
    for (line, body, says) in [
        ("GET /v1/status", "", "\"pid\":1"),
        ("GET /v1/problems", "", "[]"),
        (
            "POST /v1/challenge",
            "{\"profile\":null,\"all\":false,\"mfa_serial\":null}",
            "AKIAIOSFODNN7EXAMPLE",
        ),
        ("POST /v1/unlock", "{\"token_code\":\"123456\"}", "\"state\":\"unlocked\""),
        ("POST /v1/lock", "{}", "\"handed_out_until\":null"),
        ("POST /v1/refresh", "{}", "[]"),
        ("POST /v1/credentials", "{\"profile\":\"prod\"}", SECRET),
        ("POST /v1/whoami", "{}", "\"UserId\":\"AIDACKCEVSQ6C2EXAMPLE\""),
        ("POST /v1/environment", "{\"profile\":\"prod\"}", "\"profile\":\"prod\""),
    ] {
        let answer = running.ask(line, body).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{line}: {answer}");
        assert!(answer.contains(&format!("\r\nStsd-Version: {VERSION}\r\n")), "{line}: {answer}");
        assert!(answer.contains(says), "{line}: {answer}");
    }
}
