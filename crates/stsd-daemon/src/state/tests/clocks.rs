//! A boot clock that stood still, a local date that jumped, and dates that are not STS's.

use std::time::Duration;

use stsd_protocol::Timestamp;
use stsd_protocol::control::SessionState;
use stsd_protocol::gateway::{FailureKind, Outcome};

use super::fixture::{ALICE, HOUR, Story, failed};
use crate::clock::Now;
use crate::state::{Finished, Job};

fn finish_at(story: &mut Story, job: &Job, outcome: Outcome, date: Timestamp) {
    let (kind, generation) = (job.kind.clone(), job.generation);
    let finished = Finished { kind, generation, outcome, sts_date: Some(date) };
    let now = story.now();
    story.state.finish(finished, now);
}

fn later(story: &Story, seconds: u64) -> Now {
    let now = story.now();
    Now { wall: now.wall + Duration::from_secs(seconds), ..now }
}

#[test]
fn a_pause_that_the_boot_clock_missed_ends_what_is_held() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    story.due();
    // Paused for thirteen hours: the date moves on, the boot clock does not.
    let jobs = story.state.due(later(&story, 13 * HOUR));
    assert_eq!(jobs.len(), 1, "STS is asked how late it is");
    let date = story.date().plus(Duration::from_secs(13 * HOUR));
    finish_at(&mut story, &jobs[0], failed(FailureKind::Denied, "ExpiredToken"), date);
    story.due();
    assert_eq!(story.session_state(ALICE), SessionState::Ended);
    assert!(!story.serves("prod") && !story.serves("default"));
}

#[test]
fn a_local_date_that_was_set_wrong_costs_one_call_and_no_credentials() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    story.due();
    let jobs = story.state.due(later(&story, 10 * 365 * 24 * HOUR));
    assert_eq!(jobs.len(), 1);
    let (outcome, date) = (story.issued(HOUR), story.date());
    finish_at(&mut story, &jobs[0], outcome, date);
    assert!(story.serves("prod") && story.serves("default"));
}

#[test]
fn the_date_of_whoever_is_not_sts_changes_nothing() {
    let mut story = Story::unlocked();
    let job = story.want("prod").unwrap();
    let portal = failed(FailureKind::Unavailable, "ResponseError");
    let date = story.date().plus(Duration::from_secs(100 * HOUR));
    finish_at(&mut story, &job, portal, date);
    assert!(story.serves("default"));
    assert_eq!(story.state.table().clock_offset(story.now()), 0);
}
