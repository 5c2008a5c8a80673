//! A boot clock that stood still, a local date that jumped, and dates that are not STS's.

use std::time::Duration;

use stsd_protocol::control::SessionState;
use stsd_protocol::gateway::{FailureKind, Outcome, PlannedIdentity, ProfileSource};
use stsd_protocol::{RefusalCode, Timestamp};

use super::fixture::{
    ALICE, CI, HOUR, Story, failed, identity, plan, role_profile, session_profile,
};
use crate::clock::Now;
use crate::state::{Answer, Finished, Job, JobKind};

fn finish_at(story: &mut Story, job: &Job, outcome: Outcome, date: Timestamp) {
    let (kind, generation) = (job.kind.clone(), job.generation);
    let asked = job.asked.clone();
    let finished = Finished { kind, generation, asked, outcome, sts_date: Some(date) };
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
fn what_a_pause_may_have_ended_is_in_doubt_until_sts_was_asked() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    story.due();
    let in_doubt = |story: &Story, now: Now| {
        let table = story.state.table();
        ["prod", "default"].map(|profile| match table.answer(Some(profile), now) {
            Answer::Ready(held) => table.in_doubt(&held, now),
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(in_doubt(&story, later(&story, 0)), [false, false]);
    let now = later(&story, 3 * HOUR);
    assert_eq!(in_doubt(&story, now), [true, false], "before the owner has looked");
    let jobs = story.state.due(now);
    assert_eq!(in_doubt(&story, now), [true, false], "while STS is asked");
    let (outcome, date) = (story.issued(HOUR), story.date());
    finish_at(&mut story, &jobs[0], outcome, date);
    assert_eq!(in_doubt(&story, now), [false, false]);
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
fn a_date_of_ten_years_ago_makes_no_hour_longer_and_ends_nothing_when_the_right_one_is_back() {
    let ten_years = Duration::from_secs(10 * 365 * 24 * HOUR);
    let mut story = Story::begin();
    let session = story.begin_unlock("123456").unwrap();
    for (job, life) in [(Some(session), 12 * HOUR), (None, HOUR)] {
        let job = job.unwrap_or_else(|| story.want("prod").unwrap());
        let (outcome, date) = (story.issued(life), story.date());
        let wrong = Timestamp::from_unix(date.unix() - ten_years.as_secs());
        finish_at(&mut story, &job, outcome, wrong);
    }
    assert!(story.serves("prod") && story.serves("default"));
    let job = story.want("my staging").unwrap();
    let (outcome, date) = (story.issued(HOUR), story.date());
    finish_at(&mut story, &job, outcome, date);
    assert!(story.serves("prod") && story.serves("default"), "the right date took them for old");
    story.seconds += HOUR;
    assert!(!story.serves("prod"), "an hour lasted longer");
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

#[test]
fn an_answer_that_waited_for_a_sleeping_machine_is_not_younger_for_it() {
    let mut story = Story::unlocked();
    let (role, other) = (story.want("prod").unwrap(), story.want("my staging").unwrap());
    let (outcome, again) = (story.issued(HOUR), story.issued(HOUR));
    let date = story.date();
    story.seconds += 50 * 60;
    finish_at(&mut story, &role, outcome, date);
    assert!(story.serves("prod"), "ten minutes are left of them");
    story.seconds += 9 * 60 + 50;
    finish_at(&mut story, &other, again, date);
    assert!(!story.serves("prod"));
    assert_eq!(story.refusal("my staging").code, RefusalCode::Unavailable);
    assert!(story.serves("default"), "the clocks are not blamed for the delay");
    assert_eq!(story.state.table().clock_offset(story.now()), 0);
}

#[test]
fn an_answer_without_a_date_lasts_as_long_as_was_asked_for_whatever_the_local_date_is() {
    for wrong in [-10 * 365 * 24 * HOUR.cast_signed(), 0, 10 * 365 * 24 * HOUR.cast_signed()] {
        let mut story = Story::begin();
        let session = story.begin_unlock("123456").unwrap();
        finish_undated(&mut story, &session, 12 * HOUR, wrong);
        let role = story.want("prod").unwrap();
        finish_undated(&mut story, &role, HOUR, wrong);
        assert!(story.serves("prod") && story.serves("default"), "{wrong}");
        story.seconds += HOUR;
        assert!(!story.serves("prod"), "{wrong}");
        story.seconds += 10 * HOUR;
        assert!(story.serves("default"), "{wrong}");
        story.seconds += HOUR;
        assert!(!story.serves("default"), "{wrong}");
    }
}

#[test]
fn an_answer_without_a_date_is_dated_by_the_one_before_it() {
    let mut story = Story::unlocked();
    let role = story.want("prod").unwrap();
    // Half of its life was over when it came: what a program says can be older than the call.
    finish_undated(&mut story, &role, HOUR / 2, 365 * 24 * HOUR.cast_signed());
    story.seconds += HOUR / 2 - 60;
    assert!(story.serves("prod"));
    story.seconds += 60;
    assert!(!story.serves("prod"));
}

#[test]
fn an_answer_without_a_date_to_a_role_of_a_program_lasts_an_hour_whatever_was_asked_for() {
    const VENDOR: &str = "process:vendor";
    let (mut plan, mut role) = (plan(), role_profile("far", VENDOR, "far"));
    if let ProfileSource::Role { hops, .. } = &mut role.source {
        hops[0].duration_seconds = Some(7200);
    }
    let vendor = identity(VENDOR, "vendor", None);
    plan.identities.push(PlannedIdentity { program: Some(1), ..vendor });
    plan.profiles.extend([session_profile("vendor", VENDOR), role]);
    let mut story = Story::begin();
    story.state.replan(plan);
    let session = story.want("vendor").unwrap();
    finish_undated(&mut story, &session, 12 * HOUR, 0);
    let role = story.want("far").unwrap();
    finish_undated(&mut story, &role, HOUR, -365 * 24 * HOUR.cast_signed());
    assert!(story.serves("far"));
    story.seconds += HOUR;
    assert!(!story.serves("far"));
}

#[test]
fn an_answer_tells_the_time_unless_it_was_more_than_a_minute_under_way() {
    for (delay, offset) in [(60, 45), (61, 0)] {
        let mut story = Story::unlocked();
        let job = story.want("prod").unwrap();
        story.seconds += delay;
        let (outcome, date) = (story.issued(HOUR), story.date().plus(Duration::from_secs(45)));
        finish_at(&mut story, &job, outcome, date);
        assert_eq!(story.state.table().clock_offset(story.now()), offset, "{delay}");
    }
}

#[test]
fn a_local_date_that_is_wrong_by_less_than_half_a_minute_is_right() {
    for (wrong, offset) in [(0, 0), (29, 0), (30, 30), (3600, 3600)] {
        let mut story = Story::unlocked();
        let job = story.want("prod").unwrap();
        let (outcome, date) = (story.issued(HOUR), story.date().plus(Duration::from_secs(wrong)));
        finish_at(&mut story, &job, outcome, date);
        assert_eq!(story.state.table().clock_offset(story.now()), offset);
    }
}

#[test]
fn what_is_held_ages_by_more_than_a_minute_that_the_boot_clock_missed_and_by_no_less() {
    for (missed, serves) in [(60, true), (61, false)] {
        let mut story = Story::unlocked();
        let job = story.want("prod").unwrap();
        let (outcome, date) = (story.issued(HOUR), story.date().plus(Duration::from_secs(missed)));
        finish_at(&mut story, &job, outcome, date);
        // Half a minute before its last moment by the boot clock.
        story.seconds += 12 * HOUR - 45;
        assert_eq!(story.serves("default"), serves, "{missed}");
    }
}

#[test]
fn time_that_passes_is_no_jump() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    for _ in 0..20 {
        assert!(story.due().is_empty(), "after {} s", story.seconds);
        story.seconds += 61;
    }
}

#[test]
fn a_jump_asks_for_the_time_and_for_no_role() {
    let mut story = Story::unlocked();
    let job = story.want("prod").unwrap();
    story.finish(&job, failed(FailureKind::Denied, "AccessDenied"));
    story.due();
    let jobs = story.state.due(later(&story, 13 * HOUR));
    assert!(matches!(jobs[..], [Job { kind: JobKind::Time { .. }, .. }]), "{jobs:?}");
    let mut locked = Story::begin();
    locked.due();
    assert!(locked.state.due(later(&locked, 13 * HOUR)).is_empty(), "nothing is held");
}

#[test]
fn an_answer_without_a_date_to_keys_lasts_as_long_as_was_asked_for_unless_roles_are_chained() {
    for (hops, hours) in [(1, 2), (2, 1)] {
        let (mut plan, mut role) = (plan(), role_profile("far", CI, "far"));
        if let ProfileSource::Role { hops: chain, .. } = &mut role.source {
            chain[0].duration_seconds = Some(7200);
            *chain = vec![chain[0].clone(); hops];
        }
        plan.profiles.push(role);
        let mut story = Story::begin();
        story.state.replan(plan);
        let role = story.want("far").unwrap();
        finish_undated(&mut story, &role, hours * HOUR, -365 * 24 * HOUR.cast_signed());
        story.seconds += hours * HOUR - 60;
        assert!(story.serves("far"), "{hops}");
        story.seconds += 60;
        assert!(!story.serves("far"), "{hops}");
    }
}

#[test]
fn what_a_program_says_without_a_date_lasts_as_long_as_it_says() {
    const VENDOR: &str = "process:vendor";
    let mut plan = plan();
    let vendor = identity(VENDOR, "vendor", None);
    plan.identities.push(PlannedIdentity { program: Some(1), ..vendor });
    plan.profiles.push(session_profile("vendor", VENDOR));
    let mut story = Story::begin();
    story.state.replan(plan);
    let session = story.want("vendor").unwrap();
    finish_undated(&mut story, &session, HOUR, 0);
    story.seconds += HOUR - 60;
    assert!(story.serves("vendor"));
    story.seconds += 60;
    assert!(!story.serves("vendor"));
}

#[test]
fn a_date_that_went_back_makes_nothing_longer_that_a_program_says_without_one() {
    const VENDOR: &str = "process:vendor";
    let mut plan = plan();
    let vendor = identity(VENDOR, "vendor", None);
    plan.identities.push(PlannedIdentity { program: Some(1), ..vendor });
    plan.profiles.push(session_profile("vendor", VENDOR));
    let mut story = Story::unlocked();
    story.state.replan(plan);
    let job = story.want("prod").unwrap();
    let year_ago = Timestamp::from_unix(story.date().unix() - 365 * 24 * HOUR);
    finish_at(&mut story, &job, failed(FailureKind::Denied, "AccessDenied"), year_ago);
    let session = story.want("vendor").unwrap();
    finish_undated(&mut story, &session, HOUR, 0);
    assert!(story.serves("vendor"));
    story.seconds += HOUR;
    assert!(!story.serves("vendor"));
}

/// Credentials for so long by STS's date, while the local one is wrong by so much.
fn finish_undated(story: &mut Story, job: &Job, seconds: u64, wrong: i64) {
    let (kind, generation, asked) = (job.kind.clone(), job.generation, job.asked.clone());
    let outcome = story.issued(seconds);
    let finished = Finished { kind, generation, asked, outcome, sts_date: None };
    let now = story.now();
    let since = now.wall.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let wall = std::time::UNIX_EPOCH + Duration::from_secs(since.saturating_add_signed(wrong));
    story.state.finish(finished, Now { wall, ..now });
}
