//! Unlocking, locking, and the end of a session.

use std::time::Duration;

use stsd_protocol::RefusalCode;
use stsd_protocol::control::{ChallengeRequest, SessionState, UnlockRequest};
use stsd_protocol::gateway::{FailureKind, GATEWAY_MISSING, Operation, Plan};
use stsd_secret::Secret;

use super::fixture::{ALICE, CI, HOUR, SERIAL, Story, failed, identity, plan};
use crate::clock::Now;
use crate::gateway::Reply;
use crate::state::Remembered;

#[test]
fn a_locked_identity_says_what_to_type() {
    let story = Story::begin();
    assert_eq!(story.session_state(ALICE), SessionState::Locked);
    for profile in ["default", "prod", "my-staging"] {
        assert_eq!(story.refusal(profile).one_line(), "stsd is locked - run `stsd unlock`");
    }
}

#[test]
fn the_command_names_the_identity_where_it_is_not_the_default_one() {
    let mut story = Story::begin();
    let mut other = plan();
    other.identities[1] = identity(CI, "it's me", Some(SERIAL));
    story.state.replan(other);
    let hint = story.refusal("deploy").hint;
    assert_eq!(hint, r"run `stsd unlock 'it'\''s me'`");
}

#[test]
fn the_short_command_is_the_configured_default_profiles() {
    let mut story = Story::with_default("deploy");
    story.state.lock(None, story.now()).unwrap();
    assert_eq!(story.refusal("ci").hint, "run `stsd unlock`");
    assert_eq!(story.refusal("prod").hint, "run `stsd unlock default`");
}

#[test]
fn one_code_opens_the_identitys_own_profile_and_its_roles() {
    let mut story = Story::unlocked();
    assert_eq!(story.session_state(ALICE), SessionState::Unlocked);
    assert!(story.serves("default"));
    story.fetch("prod", HOUR);
    assert!(story.serves("prod"));
    let report = &story.state.table().session_reports(story.now())[0];
    assert_eq!(report.account_id.as_deref(), Some("111122223333"));
    assert_eq!(report.remaining_seconds, Some(12 * HOUR));
}

#[test]
fn a_wrong_code_leaves_the_old_session() {
    let mut story = Story::unlocked();
    let job = story.begin_unlock("654321").unwrap();
    story.finish(&job, failed(FailureKind::WrongCode, "AccessDenied"));
    let refusal = story.state.unlocked(ALICE, story.now()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::WrongCode);
    assert!(story.serves("default"));
}

#[test]
fn no_code_is_sent_twice_whatever_came_of_it() {
    for outcome in [
        failed(FailureKind::WrongCode, "AccessDenied"),
        failed(FailureKind::Unavailable, "TimeoutError"),
        failed(FailureKind::Denied, "AccessDenied"),
    ] {
        let mut story = Story::begin();
        let job = story.begin_unlock("123456").unwrap();
        story.finish(&job, outcome);
        let refusal = story.begin_unlock("123456").unwrap_err();
        assert_eq!(refusal.code, RefusalCode::SpentCode);
        assert!(story.begin_unlock("123457").is_ok());
    }
}

#[test]
fn a_code_that_is_on_its_way_is_not_sent_again_after_a_lock() {
    let mut story = Story::begin();
    story.begin_unlock("123456").unwrap();
    story.state.lock(None, story.now()).unwrap();
    assert_eq!(story.begin_unlock("123456").unwrap_err().code, RefusalCode::SpentCode);
    assert!(story.begin_unlock("123457").is_ok());
}

#[test]
fn a_code_that_never_left_may_be_typed_again() {
    let mut story = Story::begin();
    let job = story.begin_unlock("123456").unwrap();
    let mut failure = super::fixture::failure(FailureKind::Unavailable, "ConnectError");
    failure.code_sent = false;
    story.finish(&job, stsd_protocol::gateway::Outcome::Failure(failure));
    let refusal = story.state.unlocked(ALICE, story.now()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Unavailable);
    assert!(story.begin_unlock("123456").is_ok());
}

#[test]
fn a_program_that_is_missing_is_not_called_an_outage_of_sts() {
    let mut story = Story::unlocked();
    let missing = || {
        let kind = FailureKind::Unavailable;
        let message = "cannot start /usr/bin/stsd-gateway".to_owned();
        Reply::failure(kind, GATEWAY_MISSING, message, false).outcome
    };
    let job = story.want("prod").unwrap();
    story.finish(&job, missing());
    let told = story.refusal("prod");
    assert!(told.message.starts_with("cannot start") && told.hint.contains("beside"), "{told:?}");
    let job = story.begin_unlock("654321").unwrap();
    story.finish(&job, missing());
    assert_eq!(story.state.unlocked(ALICE, story.now()).unwrap_err().hint, told.hint);
}

#[test]
fn an_answer_that_was_lost_is_not_called_a_refusal() {
    let mut story = Story::begin();
    let job = story.begin_unlock("123456").unwrap();
    story.finish(&job, failed(FailureKind::Unavailable, "GatewayLost"));
    let refusal = story.state.unlocked(ALICE, story.now()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::OutcomeUnknown);
}

#[test]
fn three_wrong_codes_in_a_row_slow_down_and_a_right_one_forgives() {
    let mut story = Story::begin();
    for code in ["000001", "000002", "000003"] {
        let job = story.begin_unlock(code).unwrap();
        story.finish(&job, failed(FailureKind::WrongCode, "AccessDenied"));
    }
    assert_eq!(story.begin_unlock("123456").unwrap_err().code, RefusalCode::SlowDown);
    story.seconds += 30;
    story.unlock("123456", HOUR);
    let job = story.begin_unlock("000004").unwrap();
    story.finish(&job, failed(FailureKind::WrongCode, "AccessDenied"));
    assert!(story.begin_unlock("000005").is_ok());
}

#[test]
fn who_must_wait_after_three_wrong_codes_hears_so_before_a_code_is_asked_for() {
    let mut story = Story::begin();
    let all = ChallengeRequest { all: true, ..ChallengeRequest::default() };
    let resting = |story: &Story| {
        let challenges = story.state.table().challenge(&all, story.now()).unwrap();
        assert!(challenges[1].resting.is_none(), "the codes of another identity");
        challenges[0].resting.clone()
    };
    for code in ["000001", "000002", "000003"] {
        assert_eq!(resting(&story), None);
        let job = story.begin_unlock(code).unwrap();
        story.finish(&job, failed(FailureKind::WrongCode, "AccessDenied"));
    }
    let third = story.state.unlocked(ALICE, story.now()).unwrap_err();
    assert_eq!(third.code, RefusalCode::WrongCode);
    let hint = "check which device the account has, and run `stsd unlock` in 30 seconds";
    assert_eq!(third.hint, hint);
    let kept = story.state.table().session_reports(story.now())[0].last_error.clone().unwrap();
    assert_eq!(kept.hint, "check the device and run `stsd unlock` with its next code");
    story.seconds += 12;
    let told = resting(&story).unwrap();
    assert!(told.hint.ends_with("run `stsd unlock` in 18 seconds"), "{told:?}");
    assert_eq!(story.begin_unlock("123456").unwrap_err(), told);
    story.seconds += 18;
    let now = story.now();
    let nearly = Now { boot: now.boot - Duration::from_nanos(1), ..now };
    let told = story.state.table().challenge(&all, nearly).unwrap()[0].resting.clone().unwrap();
    assert!(told.hint.ends_with("in 1 seconds"), "not in none: {told:?}");
    assert_eq!(resting(&story), None);
    assert_eq!(story.state.unlocked(ALICE, story.now()).unwrap_err(), kept);
}

#[test]
fn a_lock_while_sts_is_asked_wins() {
    let mut story = Story::begin();
    let job = story.begin_unlock("123456").unwrap();
    assert_eq!(story.session_state(ALICE), SessionState::Unlocking);
    story.state.lock(None, story.now()).unwrap();
    let late = story.issued(HOUR);
    story.finish(&job, late);
    assert_eq!(story.session_state(ALICE), SessionState::Locked);
    assert!(story.state.unlocked(ALICE, story.now()).is_err());
    assert_eq!(story.begin_unlock("123456").unwrap_err().code, RefusalCode::SpentCode);
}

#[test]
fn a_second_unlock_while_one_is_under_way_spends_no_code() {
    let mut story = Story::begin();
    let first = story.begin_unlock("123456").unwrap();
    assert_eq!(story.begin_unlock("123457").unwrap_err().code, RefusalCode::Pending);
    let outcome = story.issued(HOUR);
    story.finish(&first, outcome);
    assert!(story.serves("default"));
}

#[test]
fn lock_says_until_when_what_was_handed_out_stays_valid() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    assert_eq!(story.state.lock(None, story.now()).unwrap().handed_out_until, None);
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    let crate::state::Answer::Ready(held) = story.answer("prod") else { panic!("not served") };
    held.serve(story.now());
    let locked = story.state.lock(Some("prod"), story.now()).unwrap();
    assert_eq!(locked.locked, [ALICE]);
    assert_eq!(locked.handed_out_until, Some(held.expiration()));
    let again = story.state.lock(None, story.now()).unwrap();
    assert_eq!(again.handed_out_until, Some(held.expiration()), "a second lock still knows");
    // By AWS's date and not by the local one, which may be wrong.
    let (now, day) = (story.now(), Duration::from_secs(24 * HOUR));
    for wall in [now.wall + day, now.wall - day] {
        let again = story.state.lock(None, Now { wall, ..now }).unwrap();
        assert_eq!(again.handed_out_until, Some(held.expiration()), "at {wall:?}");
    }
    story.seconds = 2 * HOUR;
    let now = story.now();
    for wall in [now.wall, now.wall - day] {
        let again = story.state.lock(None, Now { wall, ..now }).unwrap();
        assert_eq!(again.handed_out_until, None, "at {wall:?}");
    }
    assert_eq!(story.refusal("default").code, RefusalCode::Locked);
}

#[test]
fn a_session_expires_for_half_an_hour_and_then_has_ended() {
    let mut story = Story::unlocked();
    story.seconds = 12 * HOUR - 30 * 60;
    assert_eq!(story.session_state(ALICE), SessionState::Unlocked);
    story.seconds += 1;
    assert_eq!(story.session_state(ALICE), SessionState::Expiring);
    story.seconds = 12 * HOUR;
    assert_eq!(story.session_state(ALICE), SessionState::Ended);
    story.due();
    assert_eq!(story.session_state(ALICE), SessionState::Ended);
    let refusal = story.refusal("default");
    assert_eq!(refusal.one_line(), "the session has ended - run `stsd unlock`");
    assert_eq!(refusal.code, RefusalCode::Locked);
}

#[test]
fn keys_without_a_device_need_no_person_until_they_are_locked_by_hand() {
    let mut story = Story::begin();
    assert_eq!(story.session_state(CI), SessionState::Unlocked);
    story.fetch("ci", HOUR);
    assert!(story.serves("ci"));
    story.state.lock(Some("ci"), story.now()).unwrap();
    assert_eq!(story.refusal("ci").hint, "run `stsd unlock ci`");
    assert!(story.want("deploy").is_none());
    let remembered = story.state.remember();
    assert_eq!(Story::after_a_restart(remembered).session_state(CI), SessionState::Locked);
    let request = UnlockRequest { profile: Some("ci".to_owned()), ..UnlockRequest::default() };
    let job = story.state.begin_unlock(request, story.now()).unwrap();
    let outcome = story.issued(HOUR);
    story.finish(&job, outcome);
    assert!(story.serves("ci"));
    assert_eq!(story.state.remember().locked, Remembered::default().locked);
}

#[test]
fn a_lock_of_everything_takes_what_the_files_show_later_along() {
    let mut story = Story::begin();
    story.state.replan(Plan::default());
    story.state.lock(None, story.now()).unwrap();
    let mut story = Story::after_a_restart(story.state.remember());
    assert_eq!(story.session_state(CI), SessionState::Locked);
    story.unlock("123456", HOUR);
    assert_eq!(story.session_state(CI), SessionState::Locked, "an unlock is for its identity");
    let mut other = plan();
    other.identities.push(identity("AKIAIOSFODNN8EXAMPLE", "new", None));
    story.state.replan(other);
    assert_eq!(story.session_state("AKIAIOSFODNN8EXAMPLE"), SessionState::Unlocked);
}

#[test]
fn a_session_without_a_device_is_renewed_by_itself() {
    let mut story = Story::begin();
    story.fetch("ci", 12 * HOUR);
    let jobs = story.nap_until_due(12 * HOUR);
    assert!(matches!(jobs[..], [ref job] if matches!(job.operation, Operation::Unlock(_))));
    assert!((9 * HOUR..=11 * HOUR).contains(&story.seconds), "{}", story.seconds);
}

#[test]
fn a_wrong_code_for_a_named_device_does_not_stop_keys_that_need_none() {
    let mut story = Story::begin();
    story.fetch("ci", 12 * HOUR);
    let request = UnlockRequest {
        profile: Some("ci".to_owned()),
        token_code: Some(Secret::new("123456")),
        mfa_serial: Some(SERIAL.to_owned()),
        ..UnlockRequest::default()
    };
    let job = story.state.begin_unlock(request, story.now()).unwrap();
    story.finish(&job, failed(FailureKind::WrongCode, "AccessDenied"));
    let told = story.state.unlocked(CI, story.now()).unwrap_err();
    assert_eq!(told.code, RefusalCode::WrongCode);
    assert_eq!(story.nap_until_due(12 * HOUR).len(), 1, "it is renewed all the same");
}

#[test]
fn a_device_can_be_named_for_one_unlock() {
    let mut story = Story::begin();
    let request = UnlockRequest {
        profile: Some("deploy".to_owned()),
        token_code: Some(Secret::new("123456")),
        mfa_serial: Some("arn:aws:iam::111122223333:mfa/phone".to_owned()),
        duration_seconds: Some(900),
    };
    let job = story.state.begin_unlock(request, story.now()).unwrap();
    let Operation::Unlock(asked) = &job.operation else { panic!("not GetSessionToken") };
    assert_eq!(asked.duration_seconds, 900);
    assert!(asked.mfa.as_ref().is_some_and(|mfa| mfa.serial_number.ends_with("mfa/phone")));
    let outcome = story.issued(900);
    story.finish(&job, outcome);
    let role = story.want("deploy").unwrap();
    assert!(super::fixture::base_is_temporary(&role));
}

#[test]
fn what_cannot_work_is_refused_before_a_code_is_spent() {
    let mut story = Story::begin();
    let request = |change: fn(&mut UnlockRequest)| {
        let token_code = Some(Secret::new("123456"));
        let mut request = UnlockRequest { token_code, ..UnlockRequest::default() };
        change(&mut request);
        request
    };
    type Change = fn(&mut UnlockRequest);
    let cases: [(Change, RefusalCode); 9] = [
        (|r| r.profile = Some("nope".into()), RefusalCode::UnknownProfile),
        (|r| r.profile = Some("sso".into()), RefusalCode::UnsupportedProfile),
        (|r| r.profile = Some("loop".into()), RefusalCode::InvalidProfile),
        (|r| r.profile = Some("ci".into()), RefusalCode::BadRequest),
        (|r| r.token_code = None, RefusalCode::CodeRequired),
        (|r| r.token_code = Some(Secret::new("12345")), RefusalCode::BadRequest),
        (|r| r.token_code = Some(Secret::new("12345x")), RefusalCode::BadRequest),
        (|r| r.duration_seconds = Some(899), RefusalCode::BadRequest),
        (
            |r| r.mfa_serial = Some("arn:aws:iam::111122223333:u2f/user/alice/key".into()),
            RefusalCode::UnsupportedProfile,
        ),
    ];
    for (number, (change, code)) in cases.into_iter().enumerate() {
        let refusal = story.state.begin_unlock(request(change), story.now()).unwrap_err();
        assert_eq!(refusal.code, code, "case {number}");
    }
    assert!(story.begin_unlock("123456").is_ok());
}

#[test]
fn a_challenge_names_device_and_account_of_every_identity() {
    let story = Story::begin();
    let all = ChallengeRequest { all: true, ..ChallengeRequest::default() };
    let challenges = story.state.table().challenge(&all, story.now()).unwrap();
    assert_eq!(challenges.len(), 2);
    assert_eq!(challenges[0].mfa_serial.as_deref(), Some(SERIAL));
    assert_eq!(challenges[0].account_id.as_deref(), Some("111122223333"));
    assert_eq!(challenges[1].mfa_serial, None);
    assert!(challenges.iter().all(|challenge| challenge.prompt));
}

#[test]
fn a_program_says_the_codes_of_the_configured_device_alone() {
    let mut story = Story::begin();
    let mut plan = super::test_plan();
    plan.identities[0].mfa_process = true;
    story.state.replan(plan);
    for (serial, by_program) in [(None, true), (Some(SERIAL), true), (Some("GAHT12345678"), false)]
    {
        let mfa_serial = serial.map(str::to_owned);
        let request = ChallengeRequest { mfa_serial, ..ChallengeRequest::default() };
        let challenges = story.state.table().challenge(&request, story.now()).unwrap();
        assert_eq!(challenges[0].mfa_process, by_program, "{serial:?}");
    }
}

#[test]
fn refused_keys_are_shown_until_they_work() {
    let mut story = Story::begin();
    let job = story.begin_unlock("123456").unwrap();
    let mut failure = super::fixture::failure(FailureKind::Denied, "InvalidClientTokenId");
    failure.code_sent = false;
    story.finish(&job, stsd_protocol::gateway::Outcome::Failure(failure));
    assert_eq!(story.session_state(ALICE), SessionState::Refused);
    assert_eq!(story.refusal("prod").code, RefusalCode::Denied);
    story.unlock("123456", HOUR);
    assert_eq!(story.session_state(ALICE), SessionState::Unlocked);
}
