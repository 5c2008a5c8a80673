//! When the owner looks again, and what counts as in use.

use std::time::Duration;

use super::fixture::{HOUR, Story, base_is_temporary, plan};
use crate::state::{Answer, Remembered};

#[test]
fn a_nap_ends_when_something_is_due_and_in_half_a_minute_at_most() {
    let half_a_minute = Duration::from_secs(30);
    assert_eq!(Story::begin().state.nap(Story::begin().now()), half_a_minute);
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    let due = story.state.next_moment(story.now()).unwrap();
    assert!((27 * 60..=30 * 60).contains(&due.as_secs()), "{due:?}");
    assert_eq!(story.state.nap(story.now()), half_a_minute);
    story.seconds = due.as_secs() - 7;
    assert_eq!(story.state.nap(story.now()).as_secs(), 7);
}

#[test]
fn a_moment_that_has_come_is_not_the_next_one() {
    let mut story = Story::unlocked();
    story.seconds = 12 * HOUR - 7;
    assert_eq!(story.state.next_moment(story.now()), Some(Duration::from_secs(7)));
    story.seconds = 12 * HOUR;
    assert_eq!(story.state.next_moment(story.now()), None);
}

#[test]
fn a_profile_comes_into_use_once_and_one_that_has_no_identity_never_does() {
    let mut story = Story::unlocked();
    story.want("prod").unwrap();
    let version = story.state.version();
    for profile in ["prod", "sso", "loop"] {
        assert!(story.want(profile).is_none());
    }
    assert_eq!(story.state.version(), version);
    assert_eq!(Vec::from_iter(story.state.remember().in_use), ["prod"]);
}

#[test]
fn a_role_that_was_in_use_is_so_after_a_restart_that_has_lost_the_names() {
    let mut before = Story::unlocked();
    before.fetch("prod", HOUR);
    let mut story = Story::before_its_plan(Remembered::default());
    story.state.expect(before.state.survivors().unwrap());
    story.state.replan(plan());
    assert_eq!(story.state.restore(story.now()).roles, 1);
    assert_eq!(Vec::from_iter(story.state.remember().in_use), ["prod"]);
    assert_eq!(story.nap_until_due(HOUR).len(), 1, "it is renewed ahead of its end");
}

#[test]
fn the_roles_of_another_identity_stay_in_use_when_a_session_begins() {
    let mut story = Story::begin();
    story.fetch("deploy", HOUR);
    assert!(story.unlock("123456", 12 * HOUR).jobs.is_empty());
    assert_eq!(Vec::from_iter(story.state.remember().in_use), ["deploy"]);
    assert!(story.serves("deploy"));
}

#[test]
fn a_role_that_was_handed_out_and_renewed_since_is_assumed_again_with_the_next_session() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    let Answer::Ready(held) = story.answer("prod") else { panic!("it was fetched") };
    held.serve(story.now());
    let (_, jobs) = story.state.refresh(Some("prod"), story.now()).unwrap();
    let renewed = story.issued(HOUR);
    story.finish(&jobs[0], renewed);
    let (_, jobs) = story.state.refresh(Some("prod"), story.now()).unwrap();
    let renewed_again = story.issued(HOUR);
    story.finish(&jobs[0], renewed_again);
    assert_eq!(story.unlock("654321", 12 * HOUR).jobs.len(), 1);
}

#[test]
fn the_end_of_a_role_is_a_moment_while_its_renewal_is_under_way() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    story.seconds = HOUR / 2;
    assert_eq!(story.due().len(), 1);
    assert_eq!(story.state.next_moment(story.now()), Some(Duration::from_secs(HOUR / 2)));
}

#[test]
fn what_nobody_wanted_under_the_last_session_is_not_renewed_under_this_one() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    assert!(story.unlock("654321", 12 * HOUR).jobs.is_empty());
    assert!(story.serves("prod"));
    story.seconds = 40 * 60;
    assert!(story.due().is_empty());
}

#[test]
fn no_two_calls_that_are_made_at_once_have_the_same_number() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    story.fetch("my staging", HOUR);
    story.seconds = HOUR / 2;
    let jobs = story.due();
    assert_eq!(jobs.len(), 2);
    assert_ne!(jobs[0].generation, jobs[1].generation);
}

#[test]
fn a_session_of_keys_alone_feeds_no_role_since_the_keys_get_longer_ones() {
    let mut story = Story::begin();
    story.fetch("ci", 12 * HOUR);
    let job = story.want("deploy").unwrap();
    assert!(!base_is_temporary(&job));
}
