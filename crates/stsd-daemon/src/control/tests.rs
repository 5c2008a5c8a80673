//! The control API over a real Unix socket, bytes in and bytes out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use stsd_protocol::VERSION;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use super::{Control, Permission, serve};
use crate::audit::Audit;
use crate::state::Story;
use crate::wire::testing::{CALLER, FakeService, SECRET, talk};
use crate::wire::{EagerListener, Stop, shutdown};

struct Running {
    directory: TempDir,
    service: Arc<FakeService>,
    _stop: Stop,
}

impl Running {
    async fn start(granted: Permission) -> Self {
        Self::audited(granted, Audit::default()).await
    }

    async fn audited(granted: Permission, audit: Audit) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("stsd.sock")).unwrap();
        let service = FakeService::new();
        let control = Control::new(granted, Arc::clone(&service)).audited(audit);
        let (stop, until) = shutdown();
        let admit = |_: &_| Ok(CALLER);
        tokio::spawn(serve(EagerListener::unix(listener).unwrap(), admit, control, until));
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
        ("GET /v1/tokens", "", "[{\"name\":\"ci\",\"profiles\":[\"prod\"]"),
        (
            "POST /v1/tokens/create",
            "{\"profiles\":null,\"expires_seconds\":null}",
            "{\"authorization_token\":\"fake-",
        ),
        ("POST /v1/tokens/revoke", "{\"names\":[\"ci\"]}", "{\"revoked\":[\"ci\"]}"),
        ("POST /v1/tokens/exec", "{}", "\"name\":\"exec-prod\""),
    ] {
        let answer = running.ask(line, body).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{line}: {answer}");
        assert!(answer.contains(&format!("\r\nStsd-Version: {VERSION}\r\n")), "{line}: {answer}");
        assert!(answer.contains(says), "{line}: {answer}");
    }
}

#[tokio::test]
async fn the_audit_is_told_when_a_token_of_exec_is_made_and_not_when_it_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit/log.jsonl");
    let (audit, waiting) = Audit::new(file.clone());
    let table = Arc::new(Story::begin().state.table().clone());
    let ending = waiting.start(watch::channel(table).1);
    let running = Running::audited(Permission::Change, audit).await;
    for profile in ["prod", "new", "prod"] {
        let body = format!("{{\"profile\":\"{profile}\"}}");
        let answer = running.ask("POST /v1/tokens/exec", &body).await;
        assert!(answer.contains("exec-prod"), "{answer}");
    }
    drop(ending);
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(text.matches("\"token_created\"").count(), 1, "{text}");
}

#[tokio::test]
async fn no_authorization_token_is_made_without_a_word_on_its_profiles_and_its_end() {
    let running = Running::start(Permission::Change).await;
    for body in ["{}", "{\"profiles\":[\"prod\"]}", "{\"expires_seconds\":60}"] {
        let answer = running.ask("POST /v1/tokens/create", body).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{body}: {answer}");
        assert!(!answer.contains("fake-"), "{body}: {answer}");
    }
}

#[tokio::test]
async fn what_a_tool_is_refused_is_told_and_what_a_person_reads_is_not() {
    let running = Running::start(Permission::Change).await;
    for (body, told) in [
        ("{\"profile\":\"prod\"}", 0),
        ("{\"profile\":\"locked\",\"real_expiration\":true}", 0),
        ("{\"profile\":\"locked\"}", 1),
    ] {
        running.ask("POST /v1/credentials", body).await;
        assert_eq!(running.service.told.load(Ordering::SeqCst), told, "{body}");
    }
}

#[tokio::test]
async fn the_real_expiration_is_there_for_who_asks_for_it() {
    let running = Running::start(Permission::Change).await;
    for (body, end) in [
        ("{\"profile\":\"prod\"}", "2027-01-15T08:00:00Z"),
        ("{\"profile\":\"prod\",\"real_expiration\":true}", "2027-01-15T20:00:00Z"),
    ] {
        let answer = running.ask("POST /v1/credentials", body).await;
        assert!(answer.contains(&format!("\"Expiration\":\"{end}\"")), "{body}: {answer}");
    }
}

#[tokio::test]
async fn another_version_is_told_both_whatever_it_asks() {
    let running = Running::start(Permission::Change).await;
    for (field, theirs) in
        [("stsd-version: 9.9.9\r\n", "9.9.9"), ("", "unknown"), ("stsd-version:\r\n", "")]
    {
        let request = format!("GET /v9/none HTTP/1.1\r\nHost: stsd\r\n{field}\r\n");
        let answer = talk(running.connect().await, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 409 Conflict\r\n"), "{answer}");
        assert!(answer.contains(&format!("\r\nStsd-Version: {VERSION}\r\n")), "{answer}");
        let message = format!(
            "{{\"code\":\"StsdVersionMismatch\",\"message\":\"the client's version is {theirs} and \
             the daemon's is {VERSION}\",\"hint\":\"restart the daemon"
        );
        assert!(answer.contains(&message), "{answer}");
    }
}

#[tokio::test]
async fn refusals_are_json_with_a_hint() {
    let running = Running::start(Permission::Change).await;
    for (line, body, status, contains) in [
        ("GET /v1/none", "", 404, "see `stsd --help`"),
        ("POST /v1/status", "{}", 405, "\r\nAllow: GET\r\n"),
        ("GET /v1/unlock", "", 405, "\r\nAllow: POST\r\n"),
        ("POST /v1/credentials", "{\"profile\":\"locked\"}", 403, "\"hint\":\"run `stsd unlock`\""),
        ("POST /v1/unlock", "{\"token_code\":\"999999\"}", 403, "StsdWrongCode"),
        ("POST /v1/lock", "", 400, "StsdBadRequest"),
        ("POST /v1/lock", "{\"profil\":null}", 400, "takes, at line 1 column"),
    ] {
        let answer = running.ask(line, body).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {answer}");
        assert!(answer.contains(contains), "{line}: {answer}");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_not_quoted() {
    let running = Running::start(Permission::Change).await;
    for body in ["{\"duration_seconds\":\"123456\"}", "{\"123456\":1}", "123456"] {
        let answer = running.ask("POST /v1/unlock", body).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && !answer.contains("123456"), "{answer}");
    }
}

#[tokio::test]
async fn forwarders_and_browsers_are_refused_here_too() {
    let running = Running::start(Permission::Change).await;
    for (host, field) in [
        ("stsd", "X-Forwarded-For: 127.0.0.1\r\n"),
        ("stsd", "Origin: null\r\n"),
        ("stsd", "Transfer-Encoding: chunked\r\n"),
        ("stsd", "Content-Length: 65537\r\n"),
        ("localhost", ""),
        ("127.0.0.1:7873", ""),
    ] {
        let request = format!(
            "GET /v1/status HTTP/1.1\r\nHost: {host}\r\nstsd-version: {VERSION}\r\n{field}\r\n"
        );
        let answer = talk(running.connect().await, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{host} {field}: {answer}");
        assert!(answer.contains("\"code\":\"StsdRequestRefused\""), "{host} {field}: {answer}");
    }
}

#[tokio::test]
async fn a_socket_that_grants_less_refuses_the_rest() {
    let running = Running::start(Permission::Use).await;
    assert!(running.ask("POST /v1/credentials", "{}").await.starts_with("HTTP/1.1 200 "));
    let answer = running.ask("POST /v1/lock", "{}").await;
    assert!(answer.contains("this socket does not allow /v1/lock"), "{answer}");
}

#[tokio::test]
async fn an_unlock_goes_on_when_its_caller_hangs_up() {
    let running = Running::start(Permission::Change).await;
    let body = "{\"profile\":\"held\",\"token_code\":\"123456\"}";
    let mut client = running.connect().await;
    client.write_all(request("POST /v1/unlock", body).as_bytes()).await.unwrap();
    drop(client);
    // Answered after the caller above was accepted and read.
    running.ask("GET /v1/status", "").await;
    running.service.release(1);
    let unlocked = async {
        while running.service.unlocked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), unlocked).await.unwrap();
}

#[tokio::test]
async fn a_body_in_pieces_is_put_together() {
    let running = Running::start(Permission::Change).await;
    let filler = " ".repeat(60_000);
    let whole = request("POST /v1/lock", &format!("{{{filler}}}"));
    let mut client = running.connect().await;
    for piece in whole.as_bytes().chunks(1000) {
        client.write_all(piece).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(talk(client, b"").await.starts_with("HTTP/1.1 200 "));
}
