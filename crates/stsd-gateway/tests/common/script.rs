//! An STS without a socket: each call gets the next answer of a script, and is remembered.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_sts::config::SharedHttpClient;
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use stsd_gateway::Gateway;
use stsd_protocol::gateway::{Operation, Outcome, Response, Settings};

use super::{Home, request};

pub(crate) enum Answer {
    /// Status and body.
    Gives(u16, String),
    /// The same, by a clock so many seconds ahead.
    Ahead(i64, u16, String),
    /// The same as another, so much later.
    Late(Duration, Box<Answer>),
    /// Never.
    Hangs,
}

/// What one call was.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) form: HashMap<String, String>,
    pub(crate) url: String,
    pub(crate) amz_date: String,
    pub(crate) authorization: String,
    pub(crate) session_token: Option<String>,
}

impl Call {
    pub(crate) fn action(&self) -> &str {
        &self.form["Action"]
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.form.get(name).map(String::as_str)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Script(Arc<Mutex<State>>, Clock);

#[derive(Default)]
struct State {
    answers: VecDeque<Answer>,
    calls: Vec<Call>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("State")
    }
}

impl Script {
    /// Must be made inside of the runtime whose clock it follows.
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers = answers.into_iter().collect();
        Self(Arc::new(Mutex::new(State { answers, calls: Vec::new() })), Clock::default())
    }

    /// A gateway that gets these answers.
    pub(crate) fn gateway(&self, home: &Home) -> Gateway {
        let connector = SharedHttpConnector::new(self.clone());
        let http: SharedHttpClient = http_client_fn(move |_, _| connector.clone());
        let clock = SharedTimeSource::new(self.1.clone());
        Gateway::with_http_and_clock(home.path(), http, clock)
    }

    /// Has a gateway do something; all answers must be used up by it.
    pub(crate) async fn run(&self, home: &Home, op: Operation) -> (Response, Vec<Call>) {
        self.run_with(home, Settings::default(), op).await
    }

    /// The same, by other settings.
    pub(crate) async fn run_with(
        &self,
        home: &Home,
        settings: Settings,
        op: Operation,
    ) -> (Response, Vec<Call>) {
        let response = self.gateway(home).handle(request(settings, op)).await;
        let state = self.0.lock().unwrap();
        assert_eq!(state.answers.len(), 0, "calls that were not made, after {response:?}");
        (response, state.calls.clone())
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut state = self.0.lock().unwrap();
        state.calls.push(read(&request));
        let now = self.1.now();
        let mut answer = state.answers.pop_front().expect("a call too many");
        let mut late = Duration::ZERO;
        while let Answer::Late(by, other) = answer {
            (late, answer) = (late + by, *other);
        }
        let (ahead, status, body) = match answer {
            Answer::Late(..) => unreachable!("taken apart above"),
            Answer::Gives(status, body) => (0, status, body),
            Answer::Ahead(seconds, status, body) => (seconds, status, body),
            Answer::Hangs => return HttpConnectorFuture::new(std::future::pending()),
        };
        let date = now.checked_add_signed(ahead);
        let mut response = HttpResponse::new(status.try_into().unwrap(), body.into());
        response.headers_mut().insert("date", httpdate::fmt_http_date(date));
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(late).await;
            Ok(response)
        })
    }
}

trait Shift {
    fn checked_add_signed(self, seconds: i64) -> SystemTime;
}

impl Shift for SystemTime {
    fn checked_add_signed(self, seconds: i64) -> SystemTime {
        let by = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { self - by } else { self + by }
    }
}

fn read(request: &HttpRequest) -> Call {
    let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
    let pairs = body.split('&').map(|pair| pair.split_once('=').unwrap());
    let header = |name| request.headers().get(name).map(str::to_owned);
    Call {
        form: pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect(),
        url: request.uri().to_owned(),
        amz_date: header("x-amz-date").unwrap(),
        authorization: header("authorization").unwrap(),
        session_token: header("x-amz-security-token"),
    }
}

fn decoded(value: &str) -> String {
    let mut parts = value.split('%');
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text.push(char::from(u8::from_str_radix(&part[..2], 16).unwrap()));
        text.push_str(&part[2..]);
    }
    text
}

/// 2027-01-15T08:00:00Z when it is made, then as tokio's clock goes.
#[derive(Clone, Debug)]
struct Clock(tokio::time::Instant);

impl Default for Clock {
    fn default() -> Self {
        Self(tokio::time::Instant::now())
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000) + self.0.elapsed()
    }
}

pub(crate) fn is(arn: &str) -> Answer {
    let result =
        format!("<Arn>{arn}</Arn><UserId>AIDAEXAMPLE</UserId><Account>111122223333</Account>");
    Answer::Gives(200, wrapped("GetCallerIdentity", &result))
}

pub(crate) fn alice() -> Answer {
    is("arn:aws:iam::111122223333:user/team/alice")
}

pub(crate) fn session(name: &str) -> Answer {
    Answer::Gives(200, wrapped("GetSessionToken", &credentials(name)))
}

pub(crate) fn role(name: &str) -> Answer {
    let user = format!(
        "<AssumedRoleUser><Arn>arn:aws:sts::444455556666:assumed-role/{name}/s</Arn><AssumedRoleId>AROA:s</AssumedRoleId></AssumedRoleUser>"
    );
    Answer::Gives(200, wrapped("AssumeRole", &(credentials(name) + &user)))
}

pub(crate) fn error(status: u16, code: &str, message: &str) -> Answer {
    Answer::Gives(status, error_text(code, message))
}

pub(crate) fn error_text(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
}

pub(crate) fn credentials(name: &str) -> String {
    format!(
        "<Credentials><AccessKeyId>ASIA{name}</AccessKeyId><SecretAccessKey>secret-of-{name}</SecretAccessKey><SessionToken>token-of-{name}</SessionToken><Expiration>2027-01-15T20:00:00Z</Expiration></Credentials>"
    )
}

pub(crate) fn wrapped(action: &str, result: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
    )
}

/// The failure that a response is.
pub(crate) fn failure(response: Response) -> stsd_protocol::gateway::Failure {
    match response.outcome {
        Outcome::Failure(failure) => failure,
        other => panic!("{other:?}"),
    }
}

/// The credentials that a response brings.
pub(crate) fn issued(response: Response) -> stsd_protocol::gateway::Issued {
    match response.outcome {
        Outcome::Credentials(issued) => issued,
        other => panic!("{other:?}"),
    }
}
