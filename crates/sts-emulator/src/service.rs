//! One request, from its bytes to its answer: which service it is for, which faults strike it, what the
//! journal says of it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::{Request, Response};

use crate::fault::FaultKind;
use crate::journal::Asked;
use crate::reply::{self, ReplyBody, reply};
use crate::s3;
use crate::sigv4::Authorization;
use crate::state::State;
use crate::sts::{self, Parameters, Refusal};

/// The largest body taken: PutObject in tests, far more than STS needs.
const LARGEST_BODY: usize = 64 << 20;

/// A request that was read, and what strikes it.
struct Exchange<'a> {
    state: &'a State,
    request: &'a Request<Bytes>,
    parameters: &'a Parameters,
    is_s3: bool,
    request_id: &'a str,
}

/// How an exchange ended, for the journal.
struct Ended {
    principal: Option<String>,
    outcome: String,
    response: Response<ReplyBody>,
}

/// Reads a request whole.
pub(crate) async fn read(request: Request<Incoming>) -> Option<Request<Bytes>> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await.ok()?.to_bytes();
    Some(Request::from_parts(head, body))
}

/// Answers a request to STS or S3; nothing, when the connection is to be closed instead.
pub(crate) async fn answer(
    state: Arc<State>,
    request: Request<Bytes>,
) -> Option<Response<ReplyBody>> {
    let parameters = Parameters::of(&request);
    let asked = asked(&request, &parameters);
    let struck = state.faults().strike(&asked.action, asked.role_arn.as_deref());
    let is_s3 = asked.service == "s3";
    let sequence =
        state.journal.open(asked, struck.iter().map(FaultKind::name).collect(), state.clock.now());
    wait_out(&struck).await;
    if struck.contains(&FaultKind::HangUp) {
        return None;
    }
    let request_id = reply::request_id();
    let exchange = Exchange {
        state: &state,
        request: &request,
        parameters: &parameters,
        is_s3,
        request_id: &request_id,
    };
    let ended = exchange.run(&struck);
    let status = ended.response.status().as_u16();
    state.journal.close(sequence, ended.principal, &ended.outcome, status);
    Some(ended.response)
}

/// What the request says of itself, before anything is believed.
fn asked(request: &Request<Bytes>, parameters: &Parameters) -> Asked {
    let authorization = Authorization::of(request).ok();
    let scope = authorization.as_ref().map(|authorization| &authorization.scope);
    let is_s3 = match scope {
        Some(scope) => scope.service == "s3",
        None => parameters.action().is_empty() && request.method() != hyper::Method::POST,
    };
    let text = |name: &str| parameters.text(name).filter(|_| !is_s3).map(str::to_owned);
    let user_agent = request.headers().get("user-agent").and_then(|value| value.to_str().ok());
    Asked {
        service: if is_s3 { "s3" } else { "sts" }.to_owned(),
        action: if is_s3 { s3::action(request) } else { parameters.action() }.to_owned(),
        region: scope.map(|scope| scope.region.clone()),
        access_key_id: authorization.map(|authorization| authorization.access_key_id),
        role_arn: text("RoleArn"),
        role_session_name: text("RoleSessionName"),
        duration_seconds: text("DurationSeconds").and_then(|seconds| seconds.parse().ok()),
        serial_number: text("SerialNumber"),
        user_agent: user_agent.map(str::to_owned),
    }
}

/// Slow faults and hangs. Real time: they are about the client's patience, not about the emulator's clock.
async fn wait_out(struck: &[FaultKind]) {
    for fault in struck {
        match fault {
            FaultKind::Slow { milliseconds } => {
                tokio::time::sleep(Duration::from_millis(*milliseconds)).await
            }
            FaultKind::Hang => std::future::pending().await,
            _ => {}
        }
    }
}

impl Exchange<'_> {
    fn run(&self, struck: &[FaultKind]) -> Ended {
        let refused = struck.iter().find_map(|fault| self.refusal(fault));
        let mut ended = match refused {
            Some(refusal) => self.refuse(None, &refusal),
            None => self.judge(lifetime_override(struck)),
        };
        if struck.contains(&FaultKind::Garbage) {
            ended.response = reply(200, "text/html", GARBAGE, self.state.clock.now());
        }
        if struck.contains(&FaultKind::CutOff) {
            ended.response = reply::cut_off(ended.response);
        }
        if let Ok(id) = HeaderValue::from_str(self.request_id) {
            let name = if self.is_s3 { "x-amz-request-id" } else { "x-amzn-requestid" };
            ended.response.headers_mut().insert(name, id);
        }
        ended
    }

    fn judge(&self, lifetime_override: Option<Duration>) -> Ended {
        let now = self.state.clock.now();
        if self.is_s3 {
            let judged = s3::judge(self.state, self.request);
            return match judged.reply {
                Ok(answer) => success(judged.principal, s3_response(answer, now)),
                Err(refusal) => self.refuse(judged.principal, &refusal),
            };
        }
        let judged = sts::judge(
            self.state,
            self.request,
            self.parameters,
            self.request_id,
            lifetime_override,
        );
        match judged.reply {
            Ok(xml) => success(judged.principal, reply(200, "text/xml", xml.into_string(), now)),
            Err(refusal) => self.refuse(judged.principal, &refusal),
        }
    }

    fn refuse(&self, principal: Option<String>, refusal: &Refusal) -> Ended {
        let now = self.state.clock.now();
        let response = if self.is_s3 {
            reply(
                refusal.status,
                "application/xml",
                s3::error_document(refusal, self.request_id),
                now,
            )
        } else {
            reply(refusal.status, "text/xml", refusal.document(self.request_id).into_string(), now)
        };
        Ended { principal, outcome: refusal.code.clone(), response }
    }

    fn refusal(&self, fault: &FaultKind) -> Option<Refusal> {
        match fault {
            FaultKind::Throttle if self.is_s3 => {
                Some(Refusal::new(503, "SlowDown", "Please reduce your request rate."))
            }
            FaultKind::Throttle => Some(Refusal::throttling()),
            FaultKind::ServerError { status } => Some(Refusal::server_error(*status)),
            FaultKind::Refuse { status, code, message } => {
                Some(Refusal::new(*status, code, message.as_str()))
            }
            FaultKind::Deny => Some(Refusal::access_denied("Access denied on request")),
            _ => None,
        }
    }
}

fn lifetime_override(struck: &[FaultKind]) -> Option<Duration> {
    struck.iter().find_map(|fault| match fault {
        FaultKind::ShortLived { seconds } => Some(Duration::from_secs(*seconds)),
        _ => None,
    })
}

fn success(principal: Option<String>, response: Response<ReplyBody>) -> Ended {
    Ended { principal, outcome: "Success".to_owned(), response }
}

fn s3_response(answer: s3::Answer, now: std::time::SystemTime) -> Response<ReplyBody> {
    let (mut response, etag) = match answer {
        s3::Answer::Xml(xml) => return reply(200, "application/xml", xml.into_string(), now),
        s3::Answer::Object { content, etag } => {
            (reply(200, "binary/octet-stream", content, now), etag)
        }
        s3::Answer::Stored { etag } => (reply(200, "application/xml", Bytes::new(), now), etag),
    };
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert("etag", etag);
    }
    response
}

/// What a captive portal might say.
const GARBAGE: &str = "<html><body>Please sign in to the network</body>";
