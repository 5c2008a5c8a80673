//! What the tests share: AWS's own client and signer, pointed at an emulator.

#![expect(dead_code, reason = "each test program uses its part of this")]

use std::time::SystemTime;

use aws_sdk_sts::Client;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_async::time::StaticTimeSource;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use sts_emulator::Emulator;
use tokio::net::TcpStream;

pub(crate) const ALICE: (&str, &str) =
    ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
pub(crate) const ALICE_MFA: &str = "arn:aws:iam::111122223333:mfa/alice";
pub(crate) const CI: (&str, &str) =
    ("AKIAIOSFODNN8EXAMPLE", "ci8MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY");
pub(crate) const HUB: &str = "arn:aws:iam::444455556666:role/hub";
pub(crate) const PROD: &str = "arn:aws:iam::444455556666:role/prod";
pub(crate) const STAGING: &str = "arn:aws:iam::444455556666:role/staging";
pub(crate) const AUDIT: &str = "arn:aws:iam::777788889999:role/audit";
pub(crate) const DEEP: &str = "arn:aws:iam::777788889999:role/deep";
pub(crate) const DEPLOY: &str = "arn:aws:iam::123456789012:role/deploy";
pub(crate) const EXTERNAL_ID: &str = "audit-2026-EXAMPLE";

/// Long-term credentials.
pub(crate) fn keys((id, secret): (&str, &str)) -> Credentials {
    Credentials::new(id, secret, None, None, "test")
}

/// What STS issued.
pub(crate) fn temporary(issued: &aws_sdk_sts::types::Credentials) -> Credentials {
    let token = Some(issued.session_token().to_owned());
    Credentials::new(issued.access_key_id(), issued.secret_access_key(), token, None, "test")
}

/// AWS's client, without retries, by the emulator's time of this moment.
pub(crate) fn client(emulator: &Emulator, credentials: Credentials) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(emulator.url())
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .time_source(StaticTimeSource::new(emulator.now()))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// A session of alice with MFA.
pub(crate) async fn session_with_mfa(emulator: &Emulator) -> Credentials {
    let code = emulator.code(ALICE_MFA).expect("a code is left");
    let call =
        client(emulator, keys(ALICE)).get_session_token().serial_number(ALICE_MFA).token_code(code);
    let output = call.send().await.expect("a right code gives a session");
    temporary(output.credentials().expect("a session has credentials"))
}

/// Assumes a role, and returns its credentials.
pub(crate) async fn assumed(emulator: &Emulator, from: Credentials, role: &str) -> Credentials {
    let call = client(emulator, from)
        .assume_role()
        .role_arn(role)
        .role_session_name("alice")
        .external_id(EXTERNAL_ID);
    let output = call.send().await.expect("the role trusts the caller");
    temporary(output.credentials().expect("a role has credentials"))
}

/// `Code: message` of an error.
pub(crate) fn words(error: &impl ProvideErrorMetadata) -> String {
    format!("{}: {}", error.code().unwrap_or_default(), error.message().unwrap_or_default())
}

/// A request to be signed by hand.
pub(crate) struct ByHand {
    pub(crate) credentials: Credentials,
    pub(crate) service: &'static str,
    pub(crate) region: &'static str,
    pub(crate) time: SystemTime,
    pub(crate) request: Request<Bytes>,
}

impl ByHand {
    /// GetCallerIdentity as alice, now.
    pub(crate) fn to_sts(emulator: &Emulator) -> Self {
        let body = Bytes::from_static(b"Action=GetCallerIdentity&Version=2011-06-15");
        let request = Request::post("/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        Self::new(emulator, "sts", request.expect("a request"))
    }

    /// ListBuckets as alice, now.
    pub(crate) fn to_s3(emulator: &Emulator) -> Self {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let request = Request::get("/").header("x-amz-content-sha256", empty).body(Bytes::new());
        Self::new(emulator, "s3", request.expect("a request"))
    }

    fn new(emulator: &Emulator, service: &'static str, mut request: Request<Bytes>) -> Self {
        let host = emulator.address().to_string().parse().expect("an address is a header value");
        request.headers_mut().insert("host", host);
        Self {
            credentials: keys(ALICE),
            service,
            region: "us-east-1",
            time: emulator.now(),
            request,
        }
    }

    /// Signs it with AWS's signer.
    pub(crate) fn signed(mut self) -> Request<Bytes> {
        let identity = self.credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.time)
            .settings(SigningSettings::default())
            .build()
            .expect("all of them are set")
            .into();
        let host = self.request.headers()["host"].to_str().expect("ours").to_owned();
        let url = format!("http://{host}{}", self.request.uri());
        let headers = self
            .request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().expect("ours")));
        let body = SignableBody::Bytes(self.request.body());
        let signable = SignableRequest::new(self.request.method().as_str(), url, headers, body)
            .expect("signable");
        let (instructions, _) = sign(signable, &parameters).expect("signed").into_parts();
        instructions.apply_to_request_http1x(&mut self.request);
        self.request
    }
}

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The text of the first element of this name.
    pub(crate) fn element(&self, name: &str) -> &str {
        let rest = self.body.split_once(&format!("<{name}>")).map_or("", |(_, rest)| rest);
        rest.split_once(&format!("</{name}>")).map_or("", |(text, _)| text)
    }
}

/// Sends a request as it is.
pub(crate) async fn send(emulator: &Emulator, request: Request<Bytes>) -> Answer {
    let stream = TcpStream::connect(emulator.address()).await.expect("the emulator listens");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP/1.1");
    let exchange = async move {
        let (head, body) =
            sender.send_request(request.map(Full::new)).await.expect("an answer").into_parts();
        (head, body.collect().await.expect("a whole body").to_bytes())
    };
    let ((head, body), _) = tokio::join!(exchange, connection);
    let body = String::from_utf8(body.to_vec()).expect("text");
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}
