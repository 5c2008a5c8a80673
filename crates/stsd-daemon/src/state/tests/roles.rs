//! Role credentials: single flight, renewal, refusals and outages.

use stsd_protocol::RefusalCode;
use stsd_protocol::control::{ProfileState, SessionState, UnlockRequest};
use stsd_protocol::gateway::{FailureKind, Operation};

use super::fixture::{ALICE, HOUR, Story, base_is_temporary, failed, of_a_file};
use crate::state::JobKind;

#[test]
fn one_call_for_however_many_who_want_it() {
    let mut story = Story::unlocked();
    assert_eq!(story.profile_state("prod"), ProfileState::Cold);
    let job = story.want("prod").unwrap();
    assert!(base_is_temporary(&job));
    assert_eq!(story.profile_state("prod"), ProfileState::Fetching);
    assert!(story.want("prod").is_none());
    assert!(story.want("my staging").is_some());
}

#[test]
fn a_role_session_bears_the_users_name() {
    let mut story = Story::unlocked();
    let job = story.want("prod").unwrap();
    let Operation::Assume(request) = job.operation else { panic!("not AssumeRole") };
    assert_eq!(request.hops[0].role_session_name.as_deref(), Some("alice"));
}

#[test]
fn a_role_of_keys_without_a_device_comes_from_the_keys_themselves() {
    let mut story = Story::begin();
    let job = story.want("deploy").unwrap();
    assert!(!base_is_temporary(&job));
}

#[test]
fn a_role_is_renewed_with_half_its_life_left_and_served_meanwhile() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    let jobs = story.nap_until_due(HOUR);
    assert!((27 * 60..=30 * 60).contains(&story.seconds), "{}", story.seconds);
    assert_eq!(jobs.len(), 1);
    assert!(story.serves("prod"));
    assert!(story.due().is_empty(), "one call at a time");
    let outcome = story.issued(HOUR);
    story.finish(&jobs[0], outcome);
    story.seconds += 50 * 60;
    assert!(story.serves("prod"));
}

#[test]
fn a_lock_during_a_refresh_wins() {
    let mut story = Story::unlocked();
    let job = story.want("prod").unwrap();
    story.state.lock(None, story.now()).unwrap();
    let late = story.issued(HOUR);
    story.finish(&job, late);
    assert_eq!(story.profile_state("prod"), ProfileState::Locked);
    story.unlock("654321", HOUR);
    assert_ne!(story.profile_state("prod"), ProfileState::Ready);
}

#[test]
fn a_new_session_renews_the_roles_in_use_without_a_gap() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    let crate::state::Answer::Ready(held) = story.answer("prod") else { panic!("not served") };
    held.serve(story.now());
    let followup = story.unlock("654321", 12 * HOUR);
    let renewed: Vec<_> = followup.jobs.iter().map(|job| &job.kind).collect();
    assert_eq!(renewed, [&JobKind::Role { profile: "prod".to_owned() }]);
    assert!(story.serves("prod"));
}

#[test]
fn roles_in_use_are_remembered_over_a_restart_and_assumed_at_unlock() {
    let mut story = Story::unlocked();
    story.fetch("my staging", HOUR);
    let mut story = Story::after_a_restart(story.state.remember());
    let followup = story.unlock("123456", HOUR);
    assert_eq!(followup.jobs.len(), 1);
}

#[test]
fn a_role_that_nobody_wanted_for_a_session_is_no_longer_in_use() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    story.fetch("my staging", HOUR);
    let crate::state::Answer::Ready(held) = story.answer("prod") else { panic!("not served") };
    held.serve(story.now());
    let followup = story.unlock("234567", 12 * HOUR);
    let renewed: Vec<_> = followup.jobs.iter().map(|job| &job.kind).collect();
    assert_eq!(renewed, [&JobKind::Role { profile: "prod".to_owned() }]);
    assert_eq!(story.state.remember().in_use, ["prod".to_owned()].into());
    assert!(story.serves("my staging"), "what is there is served all the same");
}

#[test]
fn roles_outlive_a_session_that_only_a_person_can_renew() {
    let mut story = Story::begin();
    story.unlock("123456", 2 * HOUR);
    story.fetch("prod", HOUR);
    while story.seconds < 2 * HOUR {
        for job in story.nap_until_due((2 * HOUR).saturating_sub(story.seconds)) {
            let outcome = story.issued(HOUR);
            story.finish(&job, outcome);
        }
    }
    story.due();
    assert_eq!(story.session_state(ALICE), SessionState::Ended);
    assert!(story.serves("prod"));
    let last = story.state.table().profile_reports(story.now())[1].remaining_seconds;
    assert!(last.is_some_and(|left| left >= HOUR - 180), "{last:?}");
    assert!(story.nap_until_due(HOUR / 2).is_empty(), "nothing is asked without a session");
    story.seconds = 3 * HOUR;
    assert_eq!(story.refusal("prod").code, RefusalCode::Locked);
}

#[test]
fn credentials_that_have_ended_when_they_come_are_an_outage() {
    let mut story = Story::unlocked();
    story.fetch("prod", 0);
    assert_eq!(story.refusal("prod").code, RefusalCode::Unavailable);
    assert!(story.want("prod").is_none(), "STS is asked again at once");
    assert_eq!(story.nap_until_due(60).len(), 1);
}

#[test]
fn a_file_that_is_not_there_at_a_renewal_is_no_refusal_and_needs_nobody_when_it_is_back() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    let job = story.nap_until_due(HOUR).remove(0);
    story.finish(&job, of_a_file());
    assert!(story.serves("prod"));
    let again = story.nap_until_due(10).remove(0);
    let outcome = story.issued(HOUR);
    story.finish(&again, outcome);
    story.seconds += 50 * 60;
    assert!(story.serves("prod"), "what came then is served");
    // Nothing is left of it: who asks hears what is wrong, and a little later it is looked at again.
    let mut story = Story::unlocked();
    let job = story.want("prod").unwrap();
    story.finish(&job, of_a_file());
    assert_eq!(story.refusal("prod").code, RefusalCode::Configuration);
    assert!(story.want("prod").is_none());
    story.seconds += 5;
    assert!(story.want("prod").is_some());
}

#[test]
fn an_outage_is_retried_while_the_old_credentials_are_served() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    let mut calls = 0;
    while story.seconds < HOUR - 90 {
        for job in story.nap_until_due(30) {
            calls += 1;
            story.finish(&job, failed(FailureKind::Unavailable, "TimeoutError"));
        }
        assert!(story.serves("prod"), "at {}", story.seconds);
    }
    assert!((6..60).contains(&calls), "{calls} calls in half an hour");
    story.seconds = HOUR;
    for job in story.due().into_iter().chain(story.want("prod")) {
        story.finish(&job, failed(FailureKind::Unavailable, "TimeoutError"));
    }
    assert_eq!(story.refusal("prod").code, RefusalCode::Unavailable);
    assert_eq!(story.profile_state("prod"), ProfileState::Unavailable);
}

#[test]
fn a_request_brings_the_next_try_forward_and_recovers() {
    let mut story = Story::unlocked();
    let job = story.want("prod").unwrap();
    story.finish(&job, failed(FailureKind::Unavailable, "TimeoutError"));
    assert_eq!(story.refusal("prod").code, RefusalCode::Unavailable);
    assert!(story.want("prod").is_none());
    story.seconds += 5;
    let again = story.want("prod").unwrap();
    let outcome = story.issued(HOUR);
    story.finish(&again, outcome);
    assert!(story.serves("prod"));
}

#[test]
fn a_refusal_stops_until_a_person_does_something() {
    let mut story = Story::unlocked();
    let job = story.want("prod").unwrap();
    story.finish(&job, failed(FailureKind::Denied, "AccessDenied"));
    let line = story.refusal("prod").one_line();
    assert!(line.starts_with("STS denied profile prod - "), "{line}");
    assert!(!line.contains(": "), "{line}");
    assert!(story.nap_until_due(2 * HOUR).is_empty());
    assert!(story.want("prod").is_none());
    let (_, jobs) = story.state.refresh(Some("prod"), story.now()).unwrap();
    assert_eq!(jobs.len(), 1);
}

#[test]
fn a_role_that_worked_and_is_denied_later_is_told_to_renew_the_mfa() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    let jobs = story.nap_until_due(HOUR);
    story.finish(&jobs[0], failed(FailureKind::Denied, "AccessDenied"));
    assert!(story.serves("prod"), "what is good stays");
    story.seconds = HOUR;
    let refusal = story.refusal("prod");
    assert!(refusal.message.contains("MFA may be too old"), "{}", refusal.message);
    assert!(refusal.hint.contains("stsd unlock"));
}

#[test]
fn sts_knows_better_than_our_clock_when_a_session_has_ended() {
    let mut story = Story::unlocked();
    story.fetch("my staging", HOUR);
    let job = story.want("prod").unwrap();
    story.finish(&job, failed(FailureKind::Denied, "ExpiredToken"));
    assert_eq!(story.session_state(ALICE), SessionState::Ended);
    assert_eq!(story.refusal("prod").one_line(), "the session has ended - run `stsd unlock`");
    assert!(story.serves("my staging"), "what was given stays good");
}

#[test]
fn a_session_that_sts_ended_does_not_take_the_unlock_after_it_along() {
    let mut story = Story::unlocked();
    let role = story.want("prod").unwrap();
    let unlock = story.begin_unlock("654321").unwrap();
    story.finish(&role, failed(FailureKind::Denied, "ExpiredTokenException"));
    assert!(!story.serves("default"));
    let outcome = story.issued(12 * HOUR);
    story.finish(&unlock, outcome);
    assert!(story.serves("default"));
}

#[test]
fn refresh_takes_everything_in_use_and_nothing_locked() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    let (places, jobs) = story.state.refresh(None, story.now()).unwrap();
    assert_eq!((places.len(), jobs.len()), (1, 1));
    story.state.lock(None, story.now()).unwrap();
    let refusal = story.state.refresh(Some("prod"), story.now()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Locked);
    assert!(story.state.refresh(None, story.now()).unwrap().1.is_empty());
}

#[test]
fn a_wrong_local_date_is_corrected_for_the_next_call() {
    let mut story = Story::begin();
    let job = story.begin_unlock("123456").unwrap();
    let outcome = story.issued(HOUR);
    let finished = crate::state::Finished {
        kind: job.kind.clone(),
        generation: job.generation,
        asked: job.asked,
        outcome,
        sts_date: Some(story.date().plus(std::time::Duration::from_secs(600))),
    };
    story.state.finish(finished, story.now());
    story.seconds += 60;
    let Operation::Assume(request) = story.want("prod").unwrap().operation else {
        panic!("not AssumeRole")
    };
    assert_eq!(request.clock_offset, 600);
}

#[test]
fn refresh_asks_again_for_a_session_that_was_refused_before_anybody_used_its_profile() {
    let mut story = Story::begin();
    let request = UnlockRequest { profile: Some("ci".to_owned()), ..UnlockRequest::default() };
    let job = story.state.begin_unlock(request, story.now()).unwrap();
    let outcome = story.issued(12 * HOUR);
    story.finish(&job, outcome);
    let renewal = story.nap_until_due(12 * HOUR).remove(0);
    story.finish(&renewal, failed(FailureKind::Denied, "AccessDenied"));
    assert!(story.nap_until_due(HOUR).is_empty(), "a refusal stops");
    let (_, jobs) = story.state.refresh(None, story.now()).unwrap();
    assert_eq!(jobs.len(), 1);
}
