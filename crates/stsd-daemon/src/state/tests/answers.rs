//! What is said of a profile, of a session and of what went wrong with it.

use stsd_protocol::RefusalCode;
use stsd_protocol::control::SessionState;
use stsd_protocol::gateway::{FailureKind, Outcome};

use super::fixture::{
    ALICE, CI, HOUR, Story, failed, failure, plan, role_profile, session_profile,
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
