//! Frames: what the gateway, which has parsed STS's answers, sends to the daemon, and what the daemon
//! sends to the gateway. The first byte chooses the direction.

use std::fmt::Debug;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde::Serialize;
use serde::de::DeserializeOwned;
use stsd_protocol::frame::{HEADER, REQUEST_LIMIT, RESPONSE_LIMIT, header, length};
use stsd_protocol::gateway::{Base, Operation, Outcome, Request, Response};
use stsd_secret::Secret;

/// Reads the bytes as frames, or as the text of one.
pub fn frames(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    match choice % 3 {
        0 => stream(bytes),
        1 => {
            if let Some(text) = again::<Response>(bytes) {
                stream(&text);
            }
        }
        _ => {
            again::<Request>(bytes);
        }
    }
}

/// Reads until it ends or breaks, as the daemon does.
fn stream(mut bytes: &[u8]) {
    // The room that a header asks for costs milliseconds, and shows nothing.
    let announces = |bytes: &[u8]| {
        let head = bytes.get(..HEADER)?.try_into().ok()?;
        assert!(length(head, REQUEST_LIMIT).is_none() || length(head, RESPONSE_LIMIT).is_some());
        length(head, RESPONSE_LIMIT)
    };
    while announces(bytes).is_some_and(|length| length < 1 << 16) {
        let left = bytes.len();
        let read =
            pin!(super::frames::read(&mut bytes)).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(read) = read else { panic!("bytes in memory are there") };
        let Ok(response) = read else { return };
        assert!(bytes.len() < left);
        if let Some(response) = response {
            discreet(&response, &secrets_of_answer(&response));
        }
    }
}

/// What can be read can be written, and says the same when it is read again.
fn again<T: DeserializeOwned + Serialize + Debug>(text: &[u8]) -> Option<Vec<u8>> {
    let first: T = serde_json::from_slice(text).ok()?;
    let written = serde_json::to_vec(&first).expect("what was JSON becomes JSON");
    let second: T = serde_json::from_slice(&written).expect("what was written is read");
    assert_eq!(serde_json::to_vec(&second).expect("as before"), written);
    if let Ok(request) = serde_json::from_slice::<Request>(&written) {
        discreet(&request, &secrets_of_question(&request));
    }
    let head = header(written.len(), RESPONSE_LIMIT).expect("inputs are short");
    Some([&head[..], &written].concat())
}

fn secrets_of_answer(response: &Response) -> Vec<&Secret> {
    match &response.outcome {
        Outcome::Credentials(issued) => {
            vec![&issued.credentials.secret_access_key, &issued.credentials.session_token]
        }
        _ => Vec::new(),
    }
}

fn secrets_of_question(request: &Request) -> Vec<&Secret> {
    match &request.op {
        Operation::Assume(assume) => secrets_of_base(&assume.base),
        Operation::Whoami(whoami) => secrets_of_base(&whoami.base),
        Operation::Unlock(unlock) => {
            unlock.mfa.iter().filter_map(|mfa| mfa.token_code.as_ref()).collect()
        }
        _ => Vec::new(),
    }
}

fn secrets_of_base(base: &Base) -> Vec<&Secret> {
    match base {
        Base::Temporary(held) => vec![&held.secret_access_key, &held.session_token],
        Base::LongTerm(_) => Vec::new(),
    }
}

/// No log shows a secret, whatever stands beside it.
fn discreet<T: Debug + Serialize>(message: &T, secrets: &[&Secret]) {
    let wire = serde_json::to_string(message).expect("a message is JSON");
    let shown = format!("{message:?}");
    // One that stands in another field too, or that is too short to be one, may be shown.
    let only_there = |secret: &&&Secret| {
        let text = secret.expose();
        text.len() >= 24 && wire.matches(text).count() == 1
    };
    for secret in secrets.iter().filter(only_there) {
        assert!(!shown.contains(secret.expose()), "a secret is shown");
    }
}
