//! AssumeRole, asked by AWS's own client.

mod common;

use aws_sdk_sts::config::Credentials;
use common::{ALICE, ALICE_MFA, AUDIT, CI, DEEP, DEPLOY, EXTERNAL_ID, HUB, PROD, STAGING};
use common::{assumed, client, keys, session_with_mfa, words};
use sts_emulator::Emulator;

async fn refusal(
    emulator: &Emulator,
    from: Credentials,
    role: &str,
    seconds: Option<i32>,
) -> String {
    let call = client(emulator, from).assume_role().role_arn(role).role_session_name("alice");
    words(&call.set_duration_seconds(seconds).send().await.expect_err(role))
}

fn not_authorized(who: &str, role: &str) -> String {
    format!(
        "AccessDenied: User: {who} is not authorized to perform: sts:AssumeRole on resource: {role}"
    )
}

#[tokio::test]
async fn a_session_with_mfa_opens_the_roles_that_require_it() {
    let emulator = Emulator::example().expect("a free port");
    let session = session_with_mfa(&emulator).await;
    for role in [PROD, STAGING, HUB] {
        let credentials = assumed(&emulator, session.clone(), role).await;
        let identity =
            client(&emulator, credentials).get_caller_identity().send().await.expect("an identity");
        let name = role.rsplit('/').next().expect("a name");
        assert_eq!(
            identity.arn(),
            Some(format!("arn:aws:sts::444455556666:assumed-role/{name}/alice").as_str())
        );
        assert!(
            identity.user_id().is_some_and(|id| id.starts_with("AROA") && id.ends_with(":alice"))
        );
    }
}

#[tokio::test]
async fn without_mfa_such_a_role_is_denied() {
    let emulator = Emulator::example().expect("a free port");
    let alice = "arn:aws:iam::111122223333:user/alice";
    assert_eq!(refusal(&emulator, keys(ALICE), PROD, None).await, not_authorized(alice, PROD));
}

#[tokio::test]
async fn a_role_that_asks_for_nothing_more_still_opens_to_whom_it_trusts_alone() {
    let emulator = Emulator::example().expect("a free port");
    let ci = "arn:aws:iam::123456789012:user/ci";
    assert_eq!(refusal(&emulator, keys(CI), DEEP, None).await, not_authorized(ci, DEEP));
}

#[tokio::test]
async fn a_code_on_the_call_itself_opens_it_for_as_long_as_the_role_allows() {
    let emulator = Emulator::example().expect("a free port");
    let code = emulator.code(ALICE_MFA).expect("a fresh code");
    let call =
        client(&emulator, keys(ALICE)).assume_role().role_arn(PROD).role_session_name("alice");
    let call = call.serial_number(ALICE_MFA).token_code(code).duration_seconds(43_200);
    assert!(call.send().await.is_ok());
}

#[tokio::test]
async fn a_chain_of_three_needs_each_link_and_the_external_id() {
    let emulator = Emulator::example().expect("a free port");
    let session = session_with_mfa(&emulator).await;
    let alice = "arn:aws:iam::111122223333:user/alice";
    assert_eq!(
        refusal(&emulator, session.clone(), AUDIT, None).await,
        not_authorized(alice, AUDIT)
    );
    let hub = assumed(&emulator, session, HUB).await;
    let as_hub = "arn:aws:sts::444455556666:assumed-role/hub/alice";
    assert_eq!(
        refusal(&emulator, hub.clone(), AUDIT, None).await,
        not_authorized(as_hub, AUDIT),
        "no {EXTERNAL_ID}"
    );
    let audit = assumed(&emulator, hub, AUDIT).await;
    let deep = assumed(&emulator, audit, DEEP).await;
    let identity = client(&emulator, deep).get_caller_identity().send().await.expect("an identity");
    assert_eq!(identity.arn(), Some("arn:aws:sts::777788889999:assumed-role/deep/alice"));
}

#[tokio::test]
async fn mfa_does_not_survive_into_an_assumed_role() {
    let world = Emulator::builder()
        .account("111122223333", |account| {
            account.user("alice", |user| user.access_key(ALICE.0, ALICE.1).mfa(ALICE_MFA))
        })
        .account("444455556666", |account| {
            let hub =
                account.role("hub", |role| role.trusts_account("111122223333").requires_mfa());
            hub.role("prod", |role| role.trusts(HUB).requires_mfa())
        });
    let emulator = world.start().expect("a free port");
    let session = session_with_mfa(&emulator).await;
    let hub = assumed(&emulator, session, HUB).await;
    let as_hub = "arn:aws:sts::444455556666:assumed-role/hub/alice";
    assert_eq!(refusal(&emulator, hub, PROD, None).await, not_authorized(as_hub, PROD));
}

#[tokio::test]
async fn refuses_more_than_the_role_or_the_chain_allows() {
    let emulator = Emulator::example().expect("a free port");
    let session = session_with_mfa(&emulator).await;
    assert_eq!(
        refusal(&emulator, session, PROD, Some(3601)).await,
        "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    );
    assert_eq!(
        refusal(&emulator, keys(CI), DEPLOY, Some(3601)).await,
        "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    );
    assert!(
        refusal(&emulator, keys(CI), DEPLOY, Some(899))
            .await
            .contains("greater than or equal to 900")
    );
    assert!(
        refusal(&emulator, keys(CI), DEPLOY, Some(43_201))
            .await
            .contains("less than or equal to 43200")
    );
}

#[tokio::test]
async fn an_unknown_role_is_denied_like_a_closed_one_and_a_broken_arn_is_not() {
    let emulator = Emulator::example().expect("a free port");
    let ghost = "arn:aws:iam::444455556666:role/ghost";
    let ci = "arn:aws:iam::123456789012:user/ci";
    assert_eq!(refusal(&emulator, keys(CI), ghost, None).await, not_authorized(ci, ghost));
    let broken = "garbage-that-is-long-enough";
    assert_eq!(
        refusal(&emulator, keys(CI), broken, None).await,
        "ValidationError: Request ARN is invalid"
    );
}

#[tokio::test]
async fn refuses_a_role_session_name_that_aws_would_refuse() {
    let emulator = Emulator::example().expect("a free port");
    for (name, violation) in [
        (
            "a b",
            r"Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*",
        ),
        (
            "a",
            "Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2",
        ),
    ] {
        let call =
            client(&emulator, keys(CI)).assume_role().role_arn(DEPLOY).role_session_name(name);
        let error = words(&call.send().await.expect_err(name));
        assert_eq!(error, format!("ValidationError: 1 validation error detected: {violation}"));
    }
}

#[tokio::test]
async fn the_root_user_assumes_no_role() {
    let root = ("AKIAIOSFODNNREXAMPLE", "root/secretEXAMPLE");
    let world = Emulator::builder().account("123456789012", |account| {
        account
            .root(|login| login.access_key(root.0, root.1))
            .role("deploy", |role| role.trusts_account("123456789012"))
    });
    let emulator = world.start().expect("a free port");
    let error = refusal(&emulator, keys(root), DEPLOY, None).await;
    assert_eq!(error, "AccessDenied: Roles may not be assumed by root accounts.");
}

#[tokio::test]
async fn every_call_gives_fresh_credentials() {
    let emulator = Emulator::example().expect("a free port");
    let one = assumed(&emulator, keys(CI), DEPLOY).await;
    let other = assumed(&emulator, keys(CI), DEPLOY).await;
    assert_ne!(one.access_key_id(), other.access_key_id());
    assert!(emulator.issued_secrets().iter().any(|secret| secret == other.secret_access_key()));
}
