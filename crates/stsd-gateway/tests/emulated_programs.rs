//! Programs against an STS that checks signatures, codes and trust policies.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

mod common;

use std::fs;

use common::script::{failure, issued};
use common::{Home, KEY_ID, SECRET, request};
use sts_emulator::Emulator;
use stsd_gateway::Gateway;
use stsd_protocol::gateway::{
    AssumeRequest, Base, FailureKind, Issued, Mfa, Operation, Outcome, Plan, PlanRequest,
    ProfileSource, Response, Settings, UnlockRequest, WhoamiRequest,
};

const DEVICE: &str = "arn:aws:iam::111122223333:mfa/alice";

struct Stage {
    emulator: Emulator,
    home: Home,
    gateway: Gateway,
    plan: Plan,
}

impl Stage {
    async fn new() -> Self {
        let emulator = Emulator::example().unwrap();
        let endpoint = format!("endpoint_url = {}\n", emulator.url());
        let config = format!(
            "[profile tool]\ncredential_process = cat said\nmfa_process = cat code\n\
             mfa_serial = {DEVICE}\n{endpoint}\
             [profile hub]\nrole_arn = arn:aws:iam::444455556666:role/hub\n\
             source_profile = tool\n{endpoint}"
        );
        let home = Home::new(&config, "");
        let said =
            format!(r#"{{"Version":1,"AccessKeyId":"{KEY_ID}","SecretAccessKey":"{SECRET}"}}"#);
        fs::write(home.0.path().join("said"), said).unwrap();
        fs::write(home.0.path().join("code"), emulator.code(DEVICE).unwrap()).unwrap();
        let gateway = Gateway::new(home.path());
        let mut stage = Self { emulator, home, gateway, plan: Plan::default() };
        let client_program = "/usr/bin/stsd".to_owned();
        match stage.ask(Operation::Plan(PlanRequest { client_program })).await.outcome {
            Outcome::Plan(plan) => stage.plan = plan,
            other => panic!("{other:?}"),
        }
        stage
    }

    async fn ask(&self, op: Operation) -> Response {
        let path = vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
        let allow_programs = vec!["tool".to_owned()];
        let settings =
            Settings { allow_programs, program_environment: path, ..Settings::default() };
        self.gateway.handle(request(settings, op)).await
    }

    /// As the plan has it, with the code that the program says.
    async fn unlock(&self) -> Response {
        let planned = &self.plan.identities[0];
        assert!(planned.mfa_process);
        let serial_number = planned.mfa_serial.clone().unwrap();
        self.ask(Operation::Unlock(UnlockRequest {
            keys: planned.keys.clone(),
            target: planned.target.clone(),
            mfa: Some(Mfa { serial_number, token_code: None }),
            duration_seconds: 3600,
            clock_offset: 0,
        }))
        .await
    }

    async fn assume(&self) -> Response {
        let hub = self.plan.profiles.iter().find(|profile| profile.name == "hub").unwrap();
        let ProfileSource::Role { hops, .. } = hub.source.clone() else { panic!("{hub:?}") };
        let base = Base::LongTerm(self.plan.identities[0].keys.clone());
        self.ask(Operation::Assume(AssumeRequest { base, hops, clock_offset: 0 })).await
    }
}

#[tokio::test]
async fn keys_and_code_of_programs_buy_a_session() {
    let stage = Stage::new().await;
    let issued = issued(stage.unlock().await);
    assert_eq!(issued.user.as_ref().unwrap().arn, "arn:aws:iam::111122223333:user/alice");
    // The same code once more: the device has no other yet.
    let again = failure(stage.unlock().await);
    assert!(again.kind == FailureKind::WrongCode && again.code_sent, "{again:?}");
    // Without the session's MFA the role is out of reach.
    assert_eq!(failure(stage.assume().await).kind, FailureKind::Denied);
}

#[tokio::test]
async fn temporary_credentials_of_a_program_feed_roles_and_are_the_session() {
    let stage = Stage::new().await;
    let first = issued(stage.unlock().await);
    fs::write(stage.home.0.path().join("said"), said(&first)).unwrap();
    stage.emulator.clear_journal();
    let second = issued(stage.unlock().await);
    assert_eq!(second.credentials.access_key_id, first.credentials.access_key_id);
    assert_eq!(second.credentials.expiration, first.credentials.expiration);
    assert_eq!(
        issued(stage.assume().await).assumed_role_arn.as_deref(),
        Some("arn:aws:sts::444455556666:assumed-role/hub/alice")
    );
    let keys = stage.plan.identities[0].keys.clone();
    let (base, target) = (Base::LongTerm(keys), stage.plan.identities[0].target.clone());
    let caller =
        stage.ask(Operation::Whoami(WhoamiRequest { base, target, clock_offset: 0 })).await;
    assert!(
        matches!(caller.outcome, Outcome::Caller(caller) if caller.arn.ends_with("user/alice"))
    );
    let journal = stage.emulator.journal();
    assert!(!journal.is_empty());
    assert!(journal.iter().all(|entry| entry.asked.action != "GetSessionToken"));
}

/// What a program would print that keeps a session by itself.
fn said(issued: &Issued) -> String {
    let given = &issued.credentials;
    serde_json::json!({
        "Version": 1,
        "AccessKeyId": given.access_key_id,
        "SecretAccessKey": given.secret_access_key.expose(),
        "SessionToken": given.session_token.expose(),
        "Expiration": given.expiration,
    })
    .to_string()
}
