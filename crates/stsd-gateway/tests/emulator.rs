//! The library against an STS that checks signatures, codes, trust policies and durations.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use common::script::{failure, issued, wrapped};
use common::{Home, KEYS, request, target};
use sts_emulator::{Emulator, Fault, World};
use stsd_gateway::Gateway;
use stsd_protocol::gateway::{
    AssumeRequest, Base, Caller, FailureKind, Mfa, Operation, Outcome, ProfileSource, Response,
    Settings, StsTarget, UnlockRequest, WhoamiRequest,
};
use stsd_secret::Secret;

const DEVICE: &str = "arn:aws:iam::111122223333:mfa/alice";

const CONFIG: &str = "\
[default]
mfa_serial = arn:aws:iam::111122223333:mfa/alice
[profile hub]
role_arn = arn:aws:iam::444455556666:role/hub
source_profile = default
[profile audit]
role_arn = arn:aws:iam::777788889999:role/audit
source_profile = hub
external_id = audit-2026-EXAMPLE
[profile deep]
role_arn = arn:aws:iam::777788889999:role/deep
source_profile = audit
duration_seconds = 7200
";

struct Stage {
    emulator: Emulator,
    home: Home,
    gateway: Gateway,
    target: StsTarget,
}

impl Stage {
    fn new() -> Self {
        Self::with(Emulator::example().unwrap())
    }

    fn with(emulator: Emulator) -> Self {
        let home = Home::new(CONFIG, &format!("[default]\n{KEYS}"));
        let gateway = Gateway::new(home.path());
        let target = target(Some(&emulator.url()));
        Self { emulator, home, gateway, target }
    }

    async fn ask(&self, op: Operation) -> Response {
        self.gateway.handle(request(Settings::default(), op)).await
    }

    async fn unlock(&self, code: &str) -> Response {
        let mfa =
            Some(Mfa { serial_number: DEVICE.to_owned(), token_code: Some(Secret::new(code)) });
        let (keys, target) = (common::keys(), self.target.clone());
        self.ask(Operation::Unlock(UnlockRequest {
            keys,
            target,
            mfa,
            duration_seconds: 3600,
            clock_offset: 0,
        }))
        .await
    }

    async fn whoami(&self, base: Base, target: StsTarget) -> Response {
        self.ask(Operation::Whoami(WhoamiRequest { base, target, clock_offset: 0 })).await
    }

    fn code(&self) -> String {
        self.emulator.code(DEVICE).unwrap()
    }
}

fn caller(response: Response) -> Caller {
    match response.outcome {
        Outcome::Caller(caller) => caller,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_code_feeds_a_chain_of_three() {
    let stage = Stage::new();
    let session = issued(stage.unlock(&stage.code()).await);
    assert_eq!(session.user.unwrap().arn, "arn:aws:iam::111122223333:user/alice");
    let plan = stage.home.plan();
    let ProfileSource::Role { hops, .. } = common::profile(&plan, "deep").source.clone() else {
        panic!("{plan:?}")
    };
    let mut hops = hops;
    hops.iter_mut().for_each(|hop| hop.target = stage.target.clone());
    let base = Base::Temporary(session.credentials);
    let deep =
        issued(stage.ask(Operation::Assume(AssumeRequest { base, hops, clock_offset: 0 })).await);
    let arn = "arn:aws:sts::777788889999:assumed-role/deep/alice";
    assert_eq!(deep.assumed_role_arn.as_deref(), Some(arn));
    let caller =
        caller(stage.whoami(Base::Temporary(deep.credentials), stage.target.clone()).await);
    assert_eq!((caller.arn.as_str(), caller.account.as_str()), (arn, "777788889999"));
    let journal = stage.emulator.journal();
    let tokens = journal.iter().filter(|entry| entry.asked.action == "GetSessionToken").count();
    assert_eq!(tokens, 1);
}

#[tokio::test]
async fn a_wrong_and_a_spent_code_are_wrong_codes() {
    let stage = Stage::new();
    let code = stage.code();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let told = failure(stage.unlock(wrong).await);
    assert_eq!(
        (told.kind, told.code.as_str(), told.code_sent),
        (FailureKind::WrongCode, "AccessDenied", true)
    );
    issued(stage.unlock(&code).await);
    assert_eq!(failure(stage.unlock(&code).await).kind, FailureKind::WrongCode);
}

#[tokio::test]
async fn a_clock_that_is_an_hour_wrong_costs_one_call_more() {
    let stage = Stage::new();
    stage.emulator.advance(Duration::from_secs(3600));
    issued(stage.unlock(&stage.code()).await);
    let asked: Vec<String> =
        stage.emulator.journal().into_iter().map(|entry| entry.asked.action).collect();
    assert_eq!(asked, ["GetCallerIdentity", "GetCallerIdentity", "GetSessionToken"]);
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_code_leaves_it_in_doubt() {
    for fault in [Fault::hang_up(), Fault::cut_off(), Fault::garbage()] {
        let stage = Stage::new();
        stage.emulator.fault(fault.on("GetSessionToken"));
        let told = failure(stage.unlock(&stage.code()).await);
        assert_eq!(
            (told.kind, told.code_sent, told.retryable),
            (FailureKind::Unavailable, true, true),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn an_sts_that_is_not_there_is_told_in_plain_words() {
    let stage = Stage::new();
    stage.emulator.stop_listening().unwrap();
    let code = stage.code();
    let told = failure(stage.unlock(&code).await);
    let url = stage.emulator.url();
    assert_eq!(told.message, format!("could not connect to {url} (connection refused)"));
    assert_eq!(
        (told.kind, told.code.as_str(), told.code_sent),
        (FailureKind::Unavailable, "ConnectError", false)
    );
    stage.emulator.resume_listening().unwrap();
    issued(stage.unlock(&code).await);
}

#[tokio::test]
async fn a_code_that_certainly_never_left_is_not_spent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sts = std::thread::spawn(move || answer_once_and_vanish(listener));
    let stage = Stage { target: target(Some(&url)), ..Stage::new() };
    let told = failure(stage.unlock("123456").await);
    sts.join().unwrap();
    assert_eq!((told.code.as_str(), told.code_sent), ("ConnectError", false), "{told:?}");
}

/// Says who it is, but only once: the listener is gone before the answer goes out.
fn answer_once_and_vanish(listener: TcpListener) {
    let (mut connection, _) = listener.accept().unwrap();
    drop(listener);
    let mut request = Vec::new();
    while !request.ends_with(b"Version=2011-06-15") {
        let mut byte = [0];
        connection.read_exact(&mut byte).unwrap();
        request.push(byte[0]);
    }
    let arn = "<Arn>arn:aws:iam::111122223333:user/alice</Arn><UserId>U</UserId><Account>111122223333</Account>";
    let body = wrapped("GetCallerIdentity", arn);
    let head =
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    connection.write_all((head + &body).as_bytes()).unwrap();
}

#[tokio::test]
async fn roots_come_from_the_bundle_and_from_nowhere_else() {
    let emulator = Emulator::builder().world(World::example()).tls().start().unwrap();
    let stage = Stage::with(emulator);
    let bundle = stage.home.file("ca.pem").to_str().unwrap().to_owned();
    std::fs::write(&bundle, stage.emulator.ca_certificate().unwrap()).unwrap();
    let trusted = StsTarget { ca_bundle: Some(bundle), ..stage.target.clone() };
    let base = || Base::LongTerm(common::keys());
    assert_eq!(caller(stage.whoami(base(), trusted).await).account, "111122223333");
    let told = failure(stage.whoami(base(), stage.target.clone()).await);
    assert_eq!((told.kind, told.code.as_str()), (FailureKind::Unavailable, "ConnectError"));
    assert!(told.message.contains("an authority that is not trusted here"), "{told:?}");
}
