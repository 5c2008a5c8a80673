//! What is said of a profile, of a session and of what went wrong with it.

use stsd_protocol::RefusalCode;
use stsd_protocol::control::{SessionState, UnlockRequest};
use stsd_protocol::gateway::{
    Failure, FailureKind, GATEWAY_LOST, GATEWAY_MISSING, GATEWAY_NOT_STARTED, Operation, Outcome,
    PROGRAM_ERROR,
};
use stsd_secret::Secret;

use super::fixture::{
    ALICE, CI, HOUR, SERIAL, Story, failed, failure, plan, role_profile, session_profile,
};
use crate::state::Answer;

#[test]
fn credentials_are_served_until_fifteen_seconds_before_their_end() {
    let mut story = Story::unlocked();
    story.seconds += 12 * HOUR - 16;
    assert!(story.serves("default"));
    story.seconds += 1;
    assert!(!story.serves("default"));
}

#[test]
fn who_asks_while_sts_is_asked_waits_for_that_answer() {
    let mut story = Story::unlocked();
    assert!(matches!(story.answer("prod"), Answer::Cold));
    story.want("prod").unwrap();
    assert!(matches!(story.answer("prod"), Answer::Fetching));
}

#[test]
fn a_profile_that_cannot_be_served_says_why_and_what_to_do() {
    let mut plan = plan();
    let gone = "AKIAIOSFODNN9EXAMPLE";
    plan.profiles
        .extend([session_profile("gone", gone), role_profile("role of gone", gone, "far")]);
    let mut story = Story::begin();
    story.state.replan(plan);
    for (profile, code, message, hint) in [
        ("loop", RefusalCode::InvalidProfile, "profile loop leads back to itself", true),
        ("sso", RefusalCode::UnsupportedProfile, "profile sso uses IAM Identity Center", true),
        ("gone", RefusalCode::InvalidProfile, "profile gone has lost its keys", false),
        (
            "role of gone",
            RefusalCode::InvalidProfile,
            "profile 'role of gone' has lost its keys",
            false,
        ),
    ] {
        let refusal = story.refusal(profile);
        assert_eq!((refusal.code, refusal.message.as_str()), (code, message));
        let own = ["correct source_profile in ~/.aws/config", "use `aws sso login`"];
        let said = own.contains(&refusal.hint.as_str());
        assert_eq!(said, hint, "{profile}");
    }
}

#[test]
fn what_sts_denies_is_said_of_the_keys_before_the_code_and_of_the_session_after_it() {
    for (code_sent, says) in
        [(false, "STS refused the keys of profile default"), (true, "STS refused the session")]
    {
        let mut story = Story::begin();
        let job = story.begin_unlock("123456").unwrap();
        let mut denied = failure(FailureKind::Denied, "AccessDenied");
        denied.code_sent = code_sent;
        story.finish(&job, Outcome::Failure(denied));
        let refusal = story.state.unlocked(ALICE, story.now()).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::Denied);
        assert_eq!(refusal.message, format!("{says}: AccessDenied: as STS says it"));
    }
}

#[test]
fn status_names_the_access_key_that_is_in_use() {
    let story = Story::unlocked();
    let reports = story.state.table().session_reports(story.now());
    assert_eq!(reports[0].access_key_id.as_deref(), Some("ASIAIOSFODNN7EXAMPLE"));
    assert_eq!(reports[1].access_key_id, None);
}

#[test]
fn status_says_what_went_wrong_until_something_goes_right() {
    let mut story = Story::unlocked();
    let error = |story: &Story| {
        let reports = story.state.table().profile_reports(story.now());
        let report = reports.into_iter().find(|report| report.profile == "prod").unwrap();
        report.last_error.map(|refusal| refusal.code)
    };
    assert_eq!(error(&story), None);
    let job = story.want("prod").unwrap();
    story.finish(&job, failed(FailureKind::Denied, "AccessDenied"));
    assert_eq!(error(&story), Some(RefusalCode::Denied));
    let (_, jobs) = story.state.refresh(Some("prod"), story.now()).unwrap();
    let credentials = story.issued(HOUR);
    story.finish(&jobs[0], credentials);
    assert_eq!(error(&story), None);
}

#[test]
fn a_refresh_forgets_what_was_said_of_the_keys_until_there_is_an_answer() {
    let mut story = Story::begin();
    let job = story.want("ci").unwrap();
    story.finish(&job, failed(FailureKind::Denied, "InvalidClientTokenId"));
    let error =
        |story: &Story| story.state.table().session_reports(story.now())[1].last_error.clone();
    assert_eq!(error(&story).map(|refusal| refusal.code), Some(RefusalCode::Denied));
    assert_eq!(story.session_state(CI), SessionState::Refused);
    story.state.refresh(Some("ci"), story.now()).unwrap();
    assert_eq!(error(&story), None);
}

#[test]
fn status_names_the_device_whose_code_was_typed() {
    const OTHER: &str = "arn:aws:iam::111122223333:mfa/other";
    let mut story = Story::begin();
    let request = UnlockRequest {
        token_code: Some(Secret::new("123456")),
        mfa_serial: Some(OTHER.to_owned()),
        ..UnlockRequest::default()
    };
    let serial = |story: &Story| {
        story.state.table().session_reports(story.now())[0].mfa_serial.clone().unwrap()
    };
    let job = story.state.begin_unlock(request, story.now()).unwrap();
    assert_eq!(serial(&story), SERIAL);
    let session = story.issued(12 * HOUR);
    story.finish(&job, session);
    assert_eq!(serial(&story), OTHER);
}

#[test]
fn a_profile_that_cannot_be_unlocked_says_why() {
    let mut story = Story::begin();
    for (profile, code) in
        [("loop", RefusalCode::InvalidProfile), ("sso", RefusalCode::UnsupportedProfile)]
    {
        let refusal = story.state.begin_unlock(of(profile), story.now()).unwrap_err();
        assert_eq!((refusal.code, refusal.message), (code, story.refusal(profile).message));
    }
}

#[test]
fn an_unlock_that_fails_takes_nothing_away_and_does_not_blame_the_keys_for_a_code() {
    for (kind, code_sent, state) in [
        (FailureKind::Denied, false, SessionState::Refused),
        (FailureKind::Denied, true, SessionState::Locked),
        (FailureKind::WrongCode, true, SessionState::Locked),
        (FailureKind::Unavailable, false, SessionState::Locked),
    ] {
        let failure = Failure { code_sent, ..failure(kind, "AsStsSaysIt") };
        let mut story = Story::begin();
        let job = story.begin_unlock("123456").unwrap();
        story.finish(&job, Outcome::Failure(failure.clone()));
        assert_eq!(story.session_state(ALICE), state, "{kind:?} {code_sent}");
        let mut story = Story::unlocked();
        let job = story.begin_unlock("234567").unwrap();
        story.finish(&job, Outcome::Failure(failure));
        assert!(story.serves("default"));
        assert_eq!(story.session_state(ALICE), SessionState::Unlocked);
    }
}

#[test]
fn a_code_that_was_typed_wrong_does_not_stop_keys_that_need_none() {
    let mut story = Story::begin();
    let request = UnlockRequest {
        token_code: Some(Secret::new("123456")),
        mfa_serial: Some(SERIAL.to_owned()),
        ..of("ci")
    };
    let job = story.state.begin_unlock(request, story.now()).unwrap();
    story.finish(&job, failed(FailureKind::WrongCode, "AccessDenied"));
    story.fetch("ci", HOUR);
    assert!(story.serves("ci"));
}

#[test]
fn keys_that_were_locked_by_hand_assume_the_roles_in_use_once_they_are_unlocked() {
    let mut story = Story::begin();
    story.fetch("deploy", HOUR);
    let Answer::Ready(held) = story.answer("deploy") else { panic!("it was fetched") };
    held.serve(story.now());
    story.state.lock(None, story.now()).unwrap();
    let job = story.state.begin_unlock(of("ci"), story.now()).unwrap();
    let Operation::Unlock(request) = &job.operation else { panic!("not an unlock") };
    assert_eq!(u64::from(request.duration_seconds), 12 * HOUR);
    let session = story.issued(12 * HOUR);
    assert_eq!(story.finish(&job, session).jobs.len(), 1);
}

#[test]
fn a_session_that_needs_no_person_lasts_as_long_as_the_configuration_says() {
    let job = Story::begin().want("ci").unwrap();
    let Operation::Unlock(request) = &job.operation else { panic!("not a session") };
    assert_eq!(u64::from(request.duration_seconds), 12 * HOUR);
}

fn of(profile: &str) -> UnlockRequest {
    UnlockRequest { profile: Some(profile.to_owned()), ..UnlockRequest::default() }
}

#[test]
fn what_this_machine_lacks_is_said_with_what_to_do_about_it() {
    for (code, hint) in [
        (GATEWAY_MISSING, "put stsd-gateway"),
        (GATEWAY_NOT_STARTED, "close what you can spare"),
        (GATEWAY_LOST, "try again"),
        (PROGRAM_ERROR, "run the program by hand"),
    ] {
        let mut story = Story::unlocked();
        let job = story.want("prod").unwrap();
        story.finish(&job, failed(FailureKind::Unavailable, code));
        let refusal = story.refusal("prod");
        assert!(refusal.hint.starts_with(hint), "{code}: {refusal:?}");
        assert_eq!(refusal.message, "as STS says it", "and no STS is named");
    }
}

#[test]
fn a_lock_says_until_when_what_was_handed_out_is_good_and_not_when_it_has_ended() {
    for (seconds, good) in [(12 * HOUR - 1, true), (12 * HOUR, false)] {
        let mut story = Story::unlocked();
        let Answer::Ready(held) = story.answer("default") else { panic!("it is unlocked") };
        held.serve(story.now());
        story.seconds = seconds;
        let locked = story.state.lock(None, story.now()).unwrap();
        assert_eq!(locked.handed_out_until.is_some(), good, "{seconds} s");
    }
}

#[test]
fn what_a_person_began_has_ended_at_its_end_and_no_lock_is_an_end() {
    let mut story = Story::unlocked();
    story.fetch("ci", HOUR);
    let ended = |story: &Story| {
        [ALICE, CI].map(|identity| story.state.table().session(identity).unwrap().has_ended())
    };
    assert_eq!(ended(&story), [false, false]);
    story.seconds = 12 * HOUR;
    story.due();
    assert_eq!(ended(&story), [true, false], "the keys alone give another one");
    story.state.lock(None, story.now()).unwrap();
    assert_eq!(ended(&story), [false, false]);
}
