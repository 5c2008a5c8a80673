//! Signatures that are wrong in every way, made by AWS's own signer.

mod common;

use std::time::Duration;

use aws_sdk_sts::config::Credentials;
use bytes::Bytes;
use common::{ALICE, ByHand, keys, send, session_with_mfa};
use hyper::Request;
use sts_emulator::Emulator;

type Spoil = Box<dyn Fn(&Emulator) -> Request<Bytes>>;

/// A request that is changed before it is signed.
fn before(change: impl Fn(&mut ByHand) + 'static) -> Spoil {
    Box::new(move |emulator| {
        let mut request = ByHand::to_sts(emulator);
        change(&mut request);
        request.signed()
    })
}

/// A request that is changed after it was signed.
fn after(change: impl Fn(&mut Request<Bytes>) + 'static) -> Spoil {
    Box::new(move |emulator| {
        let mut request = ByHand::to_sts(emulator).signed();
        change(&mut request);
        request
    })
}

/// Changes the text of the Authorization header.
fn authorization(from: &'static str, to: &'static str) -> Spoil {
    after(move |request| {
        let value = request.headers()["authorization"].to_str().expect("ours").replace(from, to);
        request.headers_mut().insert("authorization", value.parse().expect("a header value"));
    })
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
                        Secret Access Key and signing method. Consult the service documentation for details.";
const INVALID: &str = "The security token included in the request is invalid.";

fn table() -> Vec<(&'static str, Spoil, u16, &'static str, &'static str)> {
    let minutes = |count: u64| Duration::from_secs(count * 60);
    vec![
        ("nothing", before(|_| {}), 200, "", ""),
        ("skew back", before(move |by_hand| by_hand.time -= minutes(4)), 200, "", ""),
        ("skew ahead", before(move |by_hand| by_hand.time += minutes(4)), 200, "", ""),
        (
            "old",
            before(move |by_hand| by_hand.time -= minutes(6)),
            403,
            "SignatureDoesNotMatch",
            "Signature expired: ",
        ),
        (
            "new",
            before(move |by_hand| by_hand.time += minutes(6)),
            403,
            "SignatureDoesNotMatch",
            "Signature not yet current: ",
        ),
        (
            "secret",
            before(|by_hand| by_hand.credentials = keys((ALICE.0, "another"))),
            403,
            "SignatureDoesNotMatch",
            MISMATCH,
        ),
        (
            "key",
            before(|by_hand| by_hand.credentials = keys(("AKIANOBODY", ALICE.1))),
            403,
            "InvalidClientTokenId",
            INVALID,
        ),
        (
            "long-term key with a session token",
            before(|by_hand| {
                by_hand.credentials =
                    Credentials::new(ALICE.0, ALICE.1, Some("token".into()), None, "test");
            }),
            403,
            "InvalidClientTokenId",
            INVALID,
        ),
        (
            "region",
            before(|by_hand| by_hand.region = "aws-global"),
            403,
            "SignatureDoesNotMatch",
            "Credential should be scoped to a valid region. ",
        ),
        (
            "service",
            before(|by_hand| by_hand.service = "iam"),
            403,
            "SignatureDoesNotMatch",
            "Credential should be scoped to correct service: &#39;sts&#39;. ",
        ),
        (
            "body",
            after(|request| {
                *request.body_mut() = Bytes::from("Action=GetSessionToken&Version=2011-06-15")
            }),
            403,
            "SignatureDoesNotMatch",
            MISMATCH,
        ),
        (
            "query",
            after(|request| *request.uri_mut() = "/?a=b".parse().expect("a path")),
            403,
            "SignatureDoesNotMatch",
            MISMATCH,
        ),
        (
            "method",
            after(|request| *request.method_mut() = hyper::Method::PUT),
            403,
            "SignatureDoesNotMatch",
            MISMATCH,
        ),
        (
            "host",
            after(|request| {
                drop(
                    request
                        .headers_mut()
                        .insert("host", "sts.amazonaws.com".parse().expect("a host")),
                )
            }),
            403,
            "SignatureDoesNotMatch",
            MISMATCH,
        ),
        (
            "date",
            after(|request| drop(request.headers_mut().remove("x-amz-date"))),
            400,
            "IncompleteSignature",
            "Authorization header requires existence of either",
        ),
        (
            "no signature",
            after(|request| drop(request.headers_mut().remove("authorization"))),
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ),
        (
            "signature",
            authorization("Signature=", "Signature=0"),
            403,
            "SignatureDoesNotMatch",
            MISMATCH,
        ),
        (
            "parts",
            authorization("Signature=", "Sig="),
            400,
            "IncompleteSignature",
            "Authorization header requires &#39;Signature&#39; parameter.",
        ),
        (
            "credential",
            authorization("/aws4_request", ""),
            400,
            "IncompleteSignature",
            "Credential must have exactly 5",
        ),
        (
            "unsigned host",
            authorization("host;", ""),
            403,
            "SignatureDoesNotMatch",
            "&#39;Host&#39; or &#39;:authority&#39; must be a &#39;SignedHeader&#39;",
        ),
        (
            "unsigned date",
            authorization(";x-amz-date", ""),
            403,
            "SignatureDoesNotMatch",
            "&#39;X-Amz-Date&#39; must be a &#39;SignedHeader&#39;",
        ),
        (
            "scope's date",
            authorization("/20", "/19"),
            403,
            "SignatureDoesNotMatch",
            "Date in Credential scope does not match YYYYMMDD",
        ),
    ]
}

#[tokio::test]
async fn is_refused_in_awss_words_for_whatever_is_wrong_with_it() {
    let emulator = Emulator::example().expect("a free port");
    for (what, spoil, status, code, message) in table() {
        let answer = send(&emulator, spoil(&emulator)).await;
        let found = (answer.status, answer.element("Code"));
        assert_eq!(found, (status, code), "{what}: {}", answer.body);
        assert!(answer.element("Message").starts_with(message), "{what}: {}", answer.body);
    }
}

#[tokio::test]
async fn the_session_token_belongs_to_the_key() {
    let emulator = Emulator::example().expect("a free port");
    let (one, other) = (session_with_mfa(&emulator).await, session_with_mfa(&emulator).await);
    for (token, code) in [
        (one.session_token(), ""),
        (other.session_token(), "InvalidClientTokenId"),
        (None, "InvalidClientTokenId"),
    ] {
        let mut request = ByHand::to_sts(&emulator);
        let token = token.map(str::to_owned);
        request.credentials =
            Credentials::new(one.access_key_id(), one.secret_access_key(), token, None, "test");
        let answer = send(&emulator, request.signed()).await;
        assert_eq!(answer.element("Code"), code, "{}", answer.body);
    }
}

#[tokio::test]
async fn answers_carry_a_request_id_and_the_emulators_own_time() {
    let emulator = Emulator::example().expect("a free port");
    emulator.advance(Duration::from_secs(86_400));
    let answer = send(&emulator, ByHand::to_sts(&emulator).signed()).await;
    assert_eq!(answer.headers["x-amzn-requestid"], answer.element("RequestId"));
    assert_eq!(answer.headers["content-type"], "text/xml");
    let date =
        httpdate::parse_http_date(answer.headers["date"].to_str().expect("text")).expect("a date");
    let behind = emulator.now().duration_since(date).expect("the past");
    assert!(behind < Duration::from_secs(60), "{behind:?}");
}

#[tokio::test]
async fn s3_verifies_the_same_signatures_in_words_of_its_own() {
    let emulator = Emulator::example().expect("a free port");
    let minutes = |count: u64| Duration::from_secs(count * 60);
    let signed = |change: &dyn Fn(&mut ByHand)| {
        let mut request = ByHand::to_s3(&emulator);
        change(&mut request);
        request.signed()
    };
    let mut unsigned_header = signed(&|_| {});
    unsigned_header.headers_mut().insert("x-amz-acl", "private".parse().expect("a value"));
    let mut other_body = signed(&|_| {});
    *other_body.body_mut() = Bytes::from("other");
    let table = [
        (signed(&|_| {}), 200, ""),
        (signed(&|by_hand| by_hand.time -= minutes(14)), 200, ""),
        (signed(&|by_hand| by_hand.time -= minutes(16)), 403, "RequestTimeTooSkewed"),
        (
            signed(&|by_hand| by_hand.credentials = keys((ALICE.0, "another"))),
            403,
            "SignatureDoesNotMatch",
        ),
        (
            signed(&|by_hand| by_hand.credentials = keys(("AKIANOBODY", ALICE.1))),
            403,
            "InvalidAccessKeyId",
        ),
        (unsigned_header, 403, "AccessDenied"),
        (other_body, 400, "XAmzContentSHA256Mismatch"),
        (ByHand::to_s3(&emulator).request, 403, "AccessDenied"),
    ];
    for (request, status, code) in table {
        let answer = send(&emulator, request).await;
        assert_eq!((answer.status, answer.element("Code")), (status, code), "{}", answer.body);
    }
}

#[tokio::test]
async fn s3_lists_the_buckets_of_the_callers_account() {
    let emulator = Emulator::example().expect("a free port");
    let answer = send(&emulator, ByHand::to_s3(&emulator).signed()).await;
    assert!(
        answer.body.contains("<Name>alice-notes</Name>") && !answer.body.contains("prod-backups"),
        "{}",
        answer.body
    );
    assert!(answer.headers.contains_key("x-amz-request-id"));
}
