//! What goes wrong on request, and what the journal says of it.

mod common;

use std::time::{Duration, Instant, SystemTime};

use aws_sdk_sts::error::SdkError;
use bytes::Bytes;
use common::{
    ALICE, ALICE_MFA, ByHand, CI, DEPLOY, PROD, assumed, client, keys, session_with_mfa, words,
};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use sts_emulator::{Emulator, Entry, Fault};
use tokio::net::TcpStream;

async fn who_am_i(emulator: &Emulator) -> Result<(), String> {
    client(emulator, keys(CI))
        .get_caller_identity()
        .send()
        .await
        .map(drop)
        .map_err(|error| words(&error))
}

#[tokio::test]
async fn refusals_on_request_end_after_their_number() {
    let emulator = Emulator::example().expect("a free port");
    for (fault, refusal) in [
        (Fault::throttle(), "Throttling: Rate exceeded"),
        (Fault::server_error(503), "ServiceUnavailable: "),
        (Fault::server_error(500), "InternalFailure: "),
        (Fault::deny(), "AccessDenied: "),
        (
            Fault::refuse(403, "RegionDisabledException", "Not here <&>"),
            "RegionDisabledException: Not here <&>",
        ),
    ] {
        emulator.fault(fault.times(2));
        for _ in 0..2 {
            let error = who_am_i(&emulator).await.expect_err(refusal);
            assert!(error.starts_with(refusal), "{error}");
        }
        assert_eq!(who_am_i(&emulator).await, Ok(()));
    }
}

#[tokio::test]
async fn a_fault_for_one_role_leaves_the_others_alone() {
    let emulator = Emulator::example().expect("a free port");
    emulator.fault(Fault::deny().on("AssumeRole").for_role(PROD));
    assumed(&emulator, keys(CI), DEPLOY).await;
    let session = session_with_mfa(&emulator).await;
    let call =
        client(&emulator, session.clone()).assume_role().role_arn(PROD).role_session_name("alice");
    assert!(call.send().await.is_err());
    emulator.clear_faults();
    assumed(&emulator, session, PROD).await;
}

#[tokio::test]
async fn a_hanging_request_is_in_the_journal_and_stays_there() {
    let emulator = Emulator::example().expect("a free port");
    emulator.fault(Fault::hang().on("GetCallerIdentity").times(1));
    let hanging = client(&emulator, keys(CI)).get_caller_identity();
    let hanging = tokio::spawn(hanging.send());
    let journal = emulator.journal_when(|entries| !entries.is_empty()).await;
    assert_eq!(
        (journal[0].outcome.as_deref(), journal[0].faults.join(",").as_str()),
        (None, "hang")
    );
    // The next one is not behind it.
    assert_eq!(who_am_i(&emulator).await, Ok(()));
    assert!(!hanging.is_finished());
    hanging.abort();
}

#[tokio::test]
async fn a_slow_answer_is_late_and_good() {
    let emulator = Emulator::example().expect("a free port");
    emulator.fault(Fault::slow(Duration::from_millis(300)));
    let before = Instant::now();
    assert_eq!(who_am_i(&emulator).await, Ok(()));
    assert!(before.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn hanging_up_leaves_no_answer_at_all() {
    let emulator = Emulator::example().expect("a free port");
    emulator.fault(Fault::hang_up().times(1));
    let error =
        client(&emulator, keys(CI)).get_caller_identity().send().await.expect_err("no answer");
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error}");
    assert_eq!(who_am_i(&emulator).await, Ok(()));
}

#[tokio::test]
async fn an_answer_cut_off_began_well_and_its_request_was_done() {
    let emulator = Emulator::example().expect("a free port");
    emulator.fault(Fault::cut_off().times(1));
    let stream = TcpStream::connect(emulator.address()).await.expect("the emulator listens");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP/1.1");
    let exchange = async move {
        let request = ByHand::to_sts(&emulator).signed().map(Full::new);
        let (head, mut body) = sender.send_request(request).await.expect("a head").into_parts();
        let first = body
            .frame()
            .await
            .expect("a frame")
            .expect("the first half")
            .into_data()
            .expect("data");
        (head, first, body.collect().await, emulator.journal())
    };
    let ((head, first, rest, journal), _): ((_, Bytes, _, Vec<Entry>), _) =
        tokio::join!(exchange, connection);
    assert_eq!(head.status, 200);
    let announced: usize =
        head.headers["content-length"].to_str().expect("text").parse().expect("a number");
    assert_eq!(first.len(), announced / 2);
    assert!(rest.is_err());
    assert_eq!(journal[0].outcome.as_deref(), Some("Success"));
}

#[tokio::test]
async fn garbage_is_a_200_that_spent_the_code() {
    let emulator = Emulator::example().expect("a free port");
    emulator.fault(Fault::garbage().times(1));
    let code = emulator.code(ALICE_MFA).expect("a fresh code");
    let ask = || {
        client(&emulator, keys(ALICE))
            .get_session_token()
            .serial_number(ALICE_MFA)
            .token_code(&code)
    };
    let error = ask().send().await.expect_err("no XML of STS's");
    assert_eq!(error.raw_response().expect("an answer came").status().as_u16(), 200);
    assert!(
        words(&ask().send().await.expect_err("spent")).contains("invalid MFA one time pass code")
    );
}

#[tokio::test]
async fn short_lifetimes_hold_whatever_was_asked() {
    let emulator = Emulator::example().expect("a free port");
    emulator.fault(Fault::short_lived(Duration::from_secs(20)).on("AssumeRole"));
    let call = client(&emulator, keys(CI))
        .assume_role()
        .role_arn(DEPLOY)
        .role_session_name("ci")
        .duration_seconds(3600);
    let output = call.send().await.expect("a role");
    let issued = output.credentials().expect("credentials");
    let expiration = SystemTime::try_from(*issued.expiration()).expect("a time");
    assert!(expiration <= emulator.now() + Duration::from_secs(20));
    let credentials = common::temporary(issued);
    emulator.advance(Duration::from_secs(21));
    let error =
        client(&emulator, credentials).get_caller_identity().send().await.expect_err("over");
    assert!(words(&error).starts_with("ExpiredToken"));
}

#[tokio::test]
async fn while_it_does_not_listen_connections_are_refused_and_afterwards_the_port_is_the_same() {
    let emulator = Emulator::example().expect("a free port");
    let (address, kept) = (emulator.address(), client(&emulator, keys(CI)));
    assert!(kept.get_caller_identity().send().await.is_ok());
    for _ in 0..3 {
        emulator.stop_listening().expect("the port is ours");
        let error = TcpStream::connect(address).await.expect_err("refused");
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
        assert!(
            kept.get_caller_identity().send().await.is_err(),
            "a connection that was open is closed"
        );
        emulator.resume_listening().expect("the port is ours");
        assert_eq!(who_am_i(&emulator).await, Ok(()));
    }
    assert_eq!(emulator.address(), address);
}

#[tokio::test]
async fn the_journal_says_who_asked_what_and_keeps_no_secret() {
    let emulator = Emulator::example().expect("a free port");
    let code = emulator.code(ALICE_MFA).expect("a fresh code");
    let session = session_with_mfa(&emulator).await;
    assumed(&emulator, session.clone(), PROD).await;
    let journal = emulator.journal();
    let [unlock, assume] = journal.as_slice() else { panic!("two entries") };
    assert_eq!((unlock.sequence, unlock.asked.action.as_str()), (1, "GetSessionToken"));
    assert_eq!(unlock.asked.access_key_id.as_deref(), Some(ALICE.0));
    assert_eq!(unlock.asked.serial_number.as_deref(), Some(ALICE_MFA));
    assert_eq!(unlock.principal.as_deref(), Some("arn:aws:iam::111122223333:user/alice"));
    assert_eq!((unlock.outcome.as_deref(), unlock.status), (Some("Success"), Some(200)));
    assert_eq!(assume.asked.role_arn.as_deref(), Some(PROD));
    assert_eq!(assume.asked.access_key_id.as_deref(), Some(session.access_key_id()));
    assert_eq!(assume.asked.region.as_deref(), Some("eu-central-1"));
    assert!(assume.asked.user_agent.as_deref().is_some_and(|agent| agent.contains("aws-sdk-rust")));
    let text = format!("{journal:?}{}", serde_json::to_string(&journal).expect("JSON"));
    let mut secrets = emulator.issued_secrets();
    secrets.extend([ALICE.1.to_owned(), code]);
    assert!(secrets.iter().all(|secret| !text.contains(secret.as_str())));
    emulator.clear_journal();
    assert!(emulator.journal().is_empty());
}

#[test]
fn serves_a_test_that_blocks_its_own_thread() {
    let emulator = Emulator::example().expect("a free port");
    let mut stream = std::net::TcpStream::connect(emulator.address()).expect("it listens");
    std::io::Write::write_all(&mut stream, b"GET /_emulator/clock HTTP/1.0\r\n\r\n").expect("sent");
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).expect("answered");
    assert!(answer.starts_with("HTTP/1.0 200") && answer.contains("\"now\""), "{answer}");
}
