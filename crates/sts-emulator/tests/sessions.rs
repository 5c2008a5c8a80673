//! GetSessionToken and GetCallerIdentity, asked by AWS's own client.

mod common;

use std::time::{Duration, SystemTime};

use aws_sdk_sts::config::Credentials;
use common::{ALICE, ALICE_MFA, CI, client, keys, session_with_mfa, temporary, words};
use sts_emulator::{Emulator, World};

const BOBS_PHONE: &str = "arn:aws:iam::123456789012:mfa/bobs-phone";

struct Asked<'a> {
    serial_number: Option<&'a str>,
    token_code: Option<&'a str>,
    seconds: Option<i32>,
}

const PLAIN: Asked<'static> = Asked { serial_number: None, token_code: None, seconds: None };

async fn session(
    emulator: &Emulator,
    credentials: Credentials,
    asked: Asked<'_>,
) -> Result<(Credentials, u64), String> {
    let before = emulator.now();
    let output = client(emulator, credentials)
        .get_session_token()
        .set_serial_number(asked.serial_number.map(str::to_owned))
        .set_token_code(asked.token_code.map(str::to_owned))
        .set_duration_seconds(asked.seconds)
        .send()
        .await
        .map_err(|error| words(&error))?;
    let issued = output.credentials().expect("credentials");
    let expiration = SystemTime::try_from(*issued.expiration()).expect("a time");
    // Expirations carry whole seconds: what the cut leaves is made up for.
    let lifetime =
        expiration.duration_since(before).expect("in the future") + Duration::from_secs(1);
    Ok((temporary(issued), lifetime.as_secs()))
}

#[tokio::test]
async fn lives_as_long_as_was_asked_within_the_limits() {
    let emulator = Emulator::example().expect("a free port");
    let asked = |seconds| Asked { seconds, ..PLAIN };
    for (seconds, lifetime) in [(None, 43_200), (Some(900), 900), (Some(129_600), 129_600)] {
        let (_, lived) =
            session(&emulator, keys(ALICE), asked(seconds)).await.expect("within the limits");
        assert!((lifetime..=lifetime + 5).contains(&lived), "{seconds:?} gave {lived}");
    }
    for (seconds, violation) in [
        (
            899,
            "Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
        ),
        (
            129_601,
            "Value '129601' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 129600",
        ),
    ] {
        let error =
            session(&emulator, keys(ALICE), asked(Some(seconds))).await.expect_err("outside");
        assert_eq!(error, format!("ValidationError: 1 validation error detected: {violation}"));
    }
}

#[tokio::test]
async fn gives_the_root_user_an_hour_at_most() {
    let root = ("AKIAIOSFODNNREXAMPLE", "root/secretEXAMPLE");
    let world = Emulator::builder().account("111122223333", |account| {
        account.root(|root_user| root_user.access_key(root.0, root.1))
    });
    let emulator = world.start().expect("a free port");
    let twelve_hours = Asked { seconds: Some(43_200), ..PLAIN };
    for asked in [PLAIN, twelve_hours] {
        let (_, lifetime) = session(&emulator, keys(root), asked).await.expect("a session");
        assert!((3600..=3605).contains(&lifetime), "{lifetime}");
    }
    let (credentials, _) = session(&emulator, keys(root), PLAIN).await.expect("a session");
    let identity =
        client(&emulator, credentials).get_caller_identity().send().await.expect("an identity");
    assert_eq!(identity.arn(), Some("arn:aws:iam::111122223333:root"));
    assert_eq!(identity.user_id(), Some("111122223333"));
}

#[tokio::test]
async fn takes_a_token_code_once() {
    let emulator = Emulator::example().expect("a free port");
    let code = emulator.code(ALICE_MFA).expect("a fresh code");
    let asked = || Asked { serial_number: Some(ALICE_MFA), token_code: Some(&code), seconds: None };
    assert!(session(&emulator, keys(ALICE), asked()).await.is_ok());
    let again = session(&emulator, keys(ALICE), asked()).await.expect_err("spent");
    assert_eq!(
        again,
        "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code."
    );
    assert_ne!(emulator.code(ALICE_MFA), Ok(code));
}

#[tokio::test]
async fn refuses_a_second_factor_that_is_not_the_users() {
    let emulator =
        Emulator::builder().world(World::example()).clock_frozen().start().expect("a free port");
    let bobs = emulator.code(BOBS_PHONE).expect("a fresh code");
    let unable = "AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA \
                  serial number is valid and associated with this user.";
    let both = "AccessDenied: MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
    let table = [
        (Some(BOBS_PHONE), Some(bobs.as_str()), unable),
        (Some("arn:aws:iam::111122223333:mfa/nobody"), Some("123456"), unable),
        (Some(ALICE_MFA), None, both),
        (None, Some("123456"), both),
        (
            Some(ALICE_MFA),
            Some("12345x7"),
            "ValidationError: 2 validation errors detected: Value '12345x7' at 'tokenCode' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\d]*; Value '12345x7' at 'tokenCode' failed to satisfy \
             constraint: Member must have length less than or equal to 6",
        ),
    ];
    for (serial_number, token_code, refusal) in table {
        let asked = Asked { serial_number, token_code, seconds: None };
        assert_eq!(session(&emulator, keys(ALICE), asked).await.expect_err("refused"), refusal);
    }
    assert_eq!(
        emulator.code(BOBS_PHONE),
        Ok(bobs),
        "a code that was shown for the wrong user is not spent"
    );
}

#[tokio::test]
async fn codes_follow_the_clock() {
    let emulator = Emulator::example().expect("a free port");
    let old = emulator.code(ALICE_MFA).expect("a fresh code");
    emulator.advance(Duration::from_secs(3600));
    let asked =
        |code| Asked { serial_number: Some(ALICE_MFA), token_code: Some(code), seconds: None };
    assert!(session(&emulator, keys(ALICE), asked(&old)).await.is_err());
    let new = emulator.code(ALICE_MFA).expect("a fresh code");
    assert!(session(&emulator, keys(ALICE), asked(&new)).await.is_ok());
}

#[tokio::test]
async fn cannot_be_called_with_temporary_credentials() {
    let emulator = Emulator::example().expect("a free port");
    let with_mfa = session_with_mfa(&emulator).await;
    let error = session(&emulator, with_mfa, PLAIN).await.expect_err("refused");
    assert_eq!(error, "AccessDenied: Cannot call GetSessionToken with session credentials");
}

#[tokio::test]
async fn a_session_is_its_user_until_it_ends() {
    let emulator = Emulator::example().expect("a free port");
    let (credentials, _) =
        session(&emulator, keys(CI), Asked { seconds: Some(900), ..PLAIN }).await.expect("no MFA");
    let identity = client(&emulator, credentials.clone())
        .get_caller_identity()
        .send()
        .await
        .expect("an identity");
    assert_eq!(identity.arn(), Some("arn:aws:iam::123456789012:user/ci"));
    assert_eq!(identity.account(), Some("123456789012"));
    assert!(identity.user_id().is_some_and(|id| id.starts_with("AIDA")));
    emulator.advance(Duration::from_secs(901));
    let error =
        client(&emulator, credentials).get_caller_identity().send().await.expect_err("over");
    assert_eq!(
        words(&error),
        "ExpiredToken: The security token included in the request is expired"
    );
}
