//! The answers of STS, or of whatever stands in its place: bytes under a status, through the SDK's parser
//! to an outcome. The first byte chooses the call; then come the answers, parted by NUL, each with a byte
//! for its status and one for its `Date`. The last one is given again and again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use stsd_protocol::Timestamp;
use stsd_protocol::VERSION;
use stsd_protocol::gateway::{
    AssumeRequest, Base, Hop, LongTermKeys, Mfa, Operation, Outcome, Request, Response, Settings,
    StsTarget, TemporaryCredentials, UnlockRequest, WhoamiRequest,
};
use stsd_secret::Secret;

use crate::Gateway;

/// Makes one call, and looks at what came of it.
pub fn sts(bytes: &[u8]) {
    let Some((choice, answers)) = bytes.split_first() else { return };
    let request = Request {
        v: VERSION.to_owned(),
        id: 1,
        settings: Settings { aws_credentials_file: Some(KEYS.to_owned()), ..Settings::default() },
        op: operation(*choice),
    };
    let stand_in =
        StandIn(Arc::new(Mutex::new(answers.split(|byte| *byte == 0).map(Vec::from).collect())));
    let connector = SharedHttpConnector::new(stand_in);
    let gateway = Gateway::with_http_and_clock(
        Some("/nonexistent".into()),
        http_client_fn(move |_, _| connector.clone()),
        SharedTimeSource::new(Noon),
    );
    let response = waited(gateway.handle(request));
    match &response.outcome {
        Outcome::Credentials(issued) => usable(&issued.credentials),
        Outcome::Caller(_) => assert!(choice % 3 == 0),
        Outcome::Failure(failure) => {
            assert!(failure.message.len() < 4200 && failure.code.len() < 4200);
            let printable = |text: &str| !text.contains(char::is_control);
            assert!(printable(&failure.message) && printable(&failure.code), "{failure:?}");
            discreet(answers, &response);
        }
        other => panic!("{other:?}"),
    }
}

/// Credentials that an SDK can sign with, and that fit into an answer of the endpoint.
fn usable(credentials: &TemporaryCredentials) {
    let TemporaryCredentials { access_key_id, secret_access_key, session_token, expiration } =
        credentials;
    for text in [access_key_id, secret_access_key.expose(), session_token.expose()] {
        assert!(!text.is_empty() && text.len() < 8192, "{} bytes", text.len());
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
    }
    assert!(*expiration > Timestamp::from_unix(0));
}

/// A failure repeats no secret of the answer.
fn discreet(answers: &[u8], response: &Response) {
    let text = String::from_utf8_lossy(answers);
    let shown = format!("{response:?}");
    for name in ["SecretAccessKey", "SessionToken"] {
        let Some((_, rest)) = text.split_once(&format!("<{name}>")) else { continue };
        let Some((secret, _)) = rest.split_once("</") else { continue };
        // One that stands in the message too is STS's to keep.
        if secret.len() >= 16 && text.matches(secret).count() == 1 {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

fn operation(choice: u8) -> Operation {
    let target = StsTarget { region: "eu-central-1".to_owned(), ..StsTarget::default() };
    let temporary = || {
        Base::Temporary(TemporaryCredentials {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: Secret::new("fake-secret-of-the-session"),
            session_token: Secret::new("fake-session-token"),
            expiration: Timestamp::from_unix(1_800_000_000),
        })
    };
    let hop = |role: &str| Hop {
        role_arn: format!("arn:aws:iam::444455556666:role/{role}"),
        external_id: None,
        role_session_name: None,
        duration_seconds: Some(3600),
        target: target.clone(),
    };
    match choice % 3 {
        0 => Operation::Whoami(WhoamiRequest { base: temporary(), target, clock_offset: 0 }),
        1 => Operation::Assume(AssumeRequest {
            base: temporary(),
            hops: vec![hop("hub"), hop("audit")],
            clock_offset: 0,
        }),
        _ => Operation::Unlock(UnlockRequest {
            keys: LongTermKeys {
                source_profile: "default".to_owned(),
                identity: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            },
            target,
            mfa: Some(Mfa {
                serial_number: "arn:aws:iam::111122223333:mfa/alice".to_owned(),
                token_code: Some(Secret::new("123456")),
            }),
            duration_seconds: 43_200,
            clock_offset: 0,
        }),
    }
}

fn waited<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("no descriptor is needed");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}

#[derive(Clone, Debug)]
struct StandIn(Arc<Mutex<VecDeque<Vec<u8>>>>);

impl HttpConnector for StandIn {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        let answer = answer.unwrap_or_default();
        let choose = |at: usize, most: usize| usize::from(*answer.get(at).unwrap_or(&0)) % most;
        let status = STATUSES[choose(0, STATUSES.len())];
        let body = answer.get(2..).unwrap_or_default().to_vec();
        let mut response = HttpResponse::new(status.try_into().expect("a status"), body.into());
        response.headers_mut().insert("date", DATES[choose(1, DATES.len())]);
        HttpConnectorFuture::ready(Ok(response))
    }
}

#[derive(Debug)]
struct Noon;

impl TimeSource for Noon {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_790_000_000)
    }
}

const STATUSES: [u16; 8] = [200, 400, 403, 500, 503, 302, 204, 429];
const DATES: [&str; 5] = [
    "Mon, 21 Sep 2026 14:13:20 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "yesterday",
    "",
];

/// AWS's documented example.
const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/fixtures/credentials");
