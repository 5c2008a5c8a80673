//! The body of each request of the control API. The first byte chooses the route.

use stsd_protocol::VERSION;
use stsd_protocol::control::{
    CHALLENGE, CREATE_TOKEN, CREDENTIALS, ENVIRONMENT, EXEC_TOKEN, LOCK, PROBLEMS, REFRESH,
    REVOKE_TOKENS, STATUS, TOKENS, UNLOCK, VERSION_HEADER, WHOAMI,
};

use super::exchanged::{answer, exchanged};
use crate::control::{Control, Permission};
use crate::wire::testing::FakeService;

/// Sends the bytes as a body, and looks at the answer.
pub fn control(bytes: &[u8]) {
    let Some((choice, body)) = bytes.split_first() else { return };
    let path = PATHS[usize::from(*choice) % PATHS.len()];
    let method = if [STATUS, PROBLEMS, TOKENS].contains(&path) { "GET" } else { "POST" };
    let length = body.len();
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nHost: stsd\r\n{VERSION_HEADER}: {VERSION}\r\n\
         Content-Length: {length}\r\n\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    let service = FakeService::new();
    service.release(1);
    let written = exchanged(&Control::new(Permission::Change, service), &request, usize::MAX);
    let (status, said) = answer(&written).expect("the owner gets an answer");
    serde_json::from_str::<serde_json::Value>(said).expect("each answer is JSON");
    match status {
        400 => assert!(!quotes_a_code(body, said), "the answer repeats what was sent: {said}"),
        200 => assert!(path != UNLOCK || holds_the_code(body), "unlocked without the code"),
        _ => assert!([403, 404, 503].contains(&status), "{status}: {said}"),
    }
}

/// Whether six digits of the request stand in the answer to it.
fn quotes_a_code(body: &[u8], said: &str) -> bool {
    let codes = said.as_bytes().windows(6).filter(|window| window.iter().all(u8::is_ascii_digit));
    codes.into_iter().any(|code| body.windows(6).any(|window| window == code))
}

/// As another reader of JSON sees it.
fn holds_the_code(body: &[u8]) -> bool {
    let value: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    value.is_some_and(|value| match value {
        serde_json::Value::Array(fields) => fields.iter().any(|field| field == "123456"),
        value => value.get("token_code").is_some_and(|code| code == "123456"),
    })
}

const PATHS: [&str; 13] = [
    STATUS,
    PROBLEMS,
    CHALLENGE,
    UNLOCK,
    LOCK,
    REFRESH,
    CREDENTIALS,
    WHOAMI,
    ENVIRONMENT,
    TOKENS,
    CREATE_TOKEN,
    REVOKE_TOKENS,
    EXEC_TOKEN,
];
