//! GetSessionToken: what is asked before the code is sent, and what is known of the code afterwards.

mod common;

use std::time::Duration;

use common::script::{
    Answer, Call, Script, alice, error, error_text, failure, is, issued, session,
};
use common::{Home, KEY_ID, KEYS, SECRET, keys, target};
use stsd_protocol::gateway::{Failure, FailureKind, Mfa, Operation, UnlockRequest};
use stsd_secret::Secret;

const MFA: &str = "arn:aws:iam::111122223333:mfa/alice";

fn home() -> Home {
    Home::new("", &format!("[default]\n{KEYS}"))
}

fn unlock(code: Option<&str>) -> UnlockRequest {
    let mfa =
        code.map(|code| Mfa { serial_number: MFA.to_owned(), token_code: Some(Secret::new(code)) });
    UnlockRequest {
        keys: keys(),
        target: target(None),
        mfa,
        duration_seconds: 43_200,
        clock_offset: 0,
    }
}

async fn fails(answers: Vec<Answer>) -> (Failure, Vec<Call>) {
    let (response, calls) =
        Script::new(answers).run(&home(), Operation::Unlock(unlock(Some("123456")))).await;
    (failure(response), calls)
}

fn garbled(body: &str) -> Answer {
    Answer::Gives(200, body.to_owned())
}

#[tokio::test(start_paused = true)]
async fn asks_who_it_is_and_then_sends_the_code_once() {
    let script = Script::new([alice(), session("1")]);
    let (response, calls) = script.run(&home(), Operation::Unlock(unlock(Some("123456")))).await;
    assert_eq!(response.id, 7);
    assert_eq!(response.sts_date.unwrap().unix(), 1_800_000_000);
    let issued = issued(response);
    assert_eq!(issued.credentials.secret_access_key.expose(), "secret-of-1");
    assert_eq!(issued.credentials.session_token.expose(), "token-of-1");
    assert_eq!(issued.credentials.expiration.to_string(), "2027-01-15T20:00:00Z");
    assert_eq!(issued.user.unwrap().arn, "arn:aws:iam::111122223333:user/team/alice");
    let actions: Vec<&str> = calls.iter().map(Call::action).collect();
    assert_eq!(actions, ["GetCallerIdentity", "GetSessionToken"]);
    let call = &calls[1];
    assert_eq!(call.url, "https://sts.eu-central-1.amazonaws.com/");
    assert_eq!(call.value("SerialNumber"), Some(MFA));
    assert_eq!(call.value("TokenCode"), Some("123456"));
    assert_eq!(call.value("DurationSeconds"), Some("43200"));
    assert!(
        call.authorization.contains(&format!("Credential={KEY_ID}/20270115/eu-central-1/sts/"))
    );
    assert_eq!(call.session_token, None);
}

#[tokio::test(start_paused = true)]
async fn without_a_device_no_code_is_sent() {
    let (response, calls) =
        Script::new([alice(), session("1")]).run(&home(), Operation::Unlock(unlock(None))).await;
    issued(response);
    assert_eq!(calls[1].value("SerialNumber"), None);
    assert_eq!(calls[1].value("TokenCode"), None);
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_none_is_not_sent() {
    for code in ["12345", "1234567", "12345a", "", "１２３４５６"] {
        let (response, calls) =
            Script::new([]).run(&home(), Operation::Unlock(unlock(Some(code)))).await;
        let failure = failure(response);
        assert_eq!((failure.kind, failure.code_sent), (FailureKind::WrongCode, false));
        assert!(calls.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_not_the_planned_ones_sign_nothing() {
    let mut request = unlock(Some("123456"));
    request.keys.identity = "AKIAOTHER".to_owned();
    let (response, _) = Script::new([]).run(&home(), Operation::Unlock(request)).await;
    assert_eq!(failure(response).kind, FailureKind::Changed);
    let broken = Home::new("nonsense", "");
    let (response, _) =
        Script::new([]).run(&broken, Operation::Unlock(unlock(Some("123456")))).await;
    let failure = failure(response);
    assert_eq!(failure.kind, FailureKind::Configuration);
    assert!(
        failure.message.ends_with("a section such as `[default]` must come first (line 1)"),
        "{failure:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_root_user_is_refused_before_the_code_is_sent() {
    let (failure, _) = fails(vec![is("arn:aws:iam::111122223333:root")]).await;
    assert_eq!((failure.kind, failure.code_sent), (FailureKind::Unsupported, false));
    assert!(failure.message.contains("root user"));
}

#[tokio::test(start_paused = true)]
async fn a_user_who_may_not_even_ask_who_it_is_still_gets_a_session() {
    let answers =
        [error(403, "AccessDenied", "explicit deny in a service control policy"), session("1")];
    let (response, _) =
        Script::new(answers).run(&home(), Operation::Unlock(unlock(Some("123456")))).await;
    assert_eq!(issued(response).user, None);
}

#[tokio::test(start_paused = true)]
async fn bad_keys_are_found_before_the_code_is_sent() {
    for code in ["InvalidClientTokenId", "SignatureDoesNotMatch", "RegionDisabledException"] {
        let (failure, _) = fails(vec![error(403, code, "No.")]).await;
        assert_eq!(
            (failure.kind, failure.code.as_str(), failure.message.as_str(), failure.code_sent),
            (FailureKind::Denied, code, "No.", false)
        );
        assert_eq!((failure.http_status, failure.retryable), (Some(403), false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_corrected_once_by_the_date_of_sts() {
    for (ahead, says, signed) in [
        (7200, "Signature expired: x is now earlier than y", "20270115T100000Z"),
        (-3600, "Signature not yet current: x is still later than y", "20270115T070000Z"),
    ] {
        let refused = Answer::Ahead(ahead, 403, error_text("SignatureDoesNotMatch", says));
        let script = Script::new([refused, alice(), session("1")]);
        let (response, calls) =
            script.run(&home(), Operation::Unlock(unlock(Some("123456")))).await;
        issued(response);
        let dates: Vec<&str> = calls.iter().map(|call| call.amz_date.as_str()).collect();
        assert_eq!(dates, ["20270115T080000Z", signed, signed]);
    }
    let stubborn = || error(403, "RequestExpired", "Request has expired");
    assert_eq!(fails(vec![stubborn(), stubborn()]).await.0.code, "RequestExpired");
}

#[tokio::test(start_paused = true)]
async fn the_daemons_offset_moves_the_clock_from_the_first_call_on() {
    let mut request = unlock(None);
    request.clock_offset = -60;
    let (_, calls) =
        Script::new([alice(), session("1")]).run(&home(), Operation::Unlock(request)).await;
    assert_eq!(calls[0].amz_date, "20270115T075900Z");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_code_is_told_from_a_wrong_device() {
    let wrong = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
    let (failure, _) = fails(vec![alice(), error(403, "AccessDenied", wrong)]).await;
    assert_eq!((failure.kind, failure.code_sent), (FailureKind::WrongCode, true));
    let device = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.";
    let (failure, _) = fails(vec![alice(), error(403, "AccessDenied", device)]).await;
    assert_eq!((failure.kind, failure.code_sent), (FailureKind::Denied, true));
}

#[tokio::test(start_paused = true)]
async fn an_outage_can_be_retried_and_the_code_counts_as_sent_once_it_may_have_been() {
    let outages = || {
        [
            (Answer::Hangs, "TimeoutError"),
            (error(400, "Throttling", "Rate exceeded"), "Throttling"),
            (error(503, "ServiceUnavailable", ""), "ServiceUnavailable"),
            (error(500, "InternalFailure", ""), "InternalFailure"),
            (Answer::Gives(500, "<html>oops</html>".to_owned()), "ResponseError"),
            (Answer::Gives(403, "Forbidden by proxy".to_owned()), "ResponseError"),
            (garbled(""), "ResponseError"),
            (garbled("<html>log in to the hotel</html>"), "ResponseError"),
            (
                garbled(
                    "<GetSessionTokenResponse><GetSessionTokenResult/></GetSessionTokenResponse>",
                ),
                "ResponseError",
            ),
        ]
    };
    for (index, (before, code)) in outages().into_iter().enumerate() {
        let (failure, _) = fails(vec![before]).await;
        assert_eq!(
            (failure.kind, failure.code.as_str()),
            (FailureKind::Unavailable, code),
            "{index}"
        );
        assert_eq!((failure.retryable, failure.code_sent), (true, false), "{index}");
    }
    for (index, (after, code)) in outages().into_iter().enumerate() {
        let (failure, _) = fails(vec![alice(), after]).await;
        assert_eq!(
            (failure.kind, failure.code.as_str()),
            (FailureKind::Unavailable, code),
            "{index}"
        );
        assert_eq!((failure.retryable, failure.code_sent), (true, true), "{index}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_given_up_after_fifteen_seconds() {
    let start = tokio::time::Instant::now();
    let (failure, _) = fails(vec![Answer::Hangs]).await;
    assert_eq!(start.elapsed().as_secs(), 15);
    assert_eq!(failure.message, "https://sts.eu-central-1.amazonaws.com did not answer in time");
}

#[tokio::test(start_paused = true)]
async fn all_calls_of_an_unlock_together_take_seventeen_seconds_at_most() {
    let start = tokio::time::Instant::now();
    let late = Answer::Late(Duration::from_secs(10), Box::new(alice()));
    let (failure, _) = fails(vec![late, Answer::Hangs]).await;
    assert_eq!(start.elapsed().as_secs(), 17);
    assert_eq!((failure.kind, failure.code_sent), (FailureKind::Unavailable, true));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_is_never_shown() {
    let secret =
        "<SecretAccessKey>wJalrXUtnFEMI</SecretAccessKey><SessionToken>token-of-x</SessionToken>";
    for body in [
        format!(
            "<GetSessionTokenResponse><GetSessionTokenResult><Credentials>{secret}<Expiration>soon</Expiration></Credentials></GetSessionTokenResult></GetSessionTokenResponse>"
        ),
        format!(
            "<GetSessionTokenResponse><GetSessionTokenResult><Credentials>{secret}</Credentials></GetSessionTokenResult></GetSessionTokenResponse>"
        ),
        format!("<GetSessionTokenResponse><Credentials>{secret}"),
    ] {
        let (failure, _) = fails(vec![alice(), garbled(&body)]).await;
        let shown = format!("{failure:?}");
        assert!(!shown.contains("wJalr") && !shown.contains("token-of"), "{shown}");
        assert_eq!(failure.code, "ResponseError");
        assert!(!shown.contains(SECRET) && !shown.contains("123456"));
    }
}
