//! What raises a doubt about the time, who is asked about it and with what, and what dispels it.

use std::time::Duration;

use stsd_protocol::gateway::{FailureKind, Operation, Outcome, Plan, ProfileSource, StsTarget};

use super::fixture::{ALICE, HOUR, Story, failed, plan, role_profile};
use crate::clock::Now;
use crate::state::{Answer, Finished, Job, StsClock};

/// The local date has gone so much further on than the boot clock, or back.
fn jumped(story: &Story, seconds: i64) -> Now {
    let now = story.now();
    let by = Duration::from_secs(seconds.unsigned_abs());
    Now { wall: if seconds < 0 { now.wall - by } else { now.wall + by }, ..now }
}

/// Where STS is called for a question of the time: the host that the files name, if they name one.
fn asked_at(job: &Job) -> Option<&str> {
    match &job.operation {
        Operation::Whoami(request) => request.target.endpoint_url.as_deref(),
        other => panic!("not a question for the time but {other:?}"),
    }
}

fn elsewhere(target: &StsTarget) -> StsTarget {
    let endpoint_url = Some("https://sts.example.com".to_owned());
    StsTarget { endpoint_url, ..target.clone() }
}

/// With a role that is assumed at a host of its own.
fn far_plan() -> Plan {
    let (mut plan, mut far) = (plan(), role_profile("far", ALICE, "far"));
    if let ProfileSource::Role { hops, .. } = &mut far.source {
        hops[0].target = elsewhere(&hops[0].target);
    }
    plan.profiles.push(far);
    plan
}

#[test]
fn a_jump_of_more_than_a_minute_raises_a_doubt_and_a_smaller_one_does_not() {
    for (jump, questions) in [(60, 0), (61, 1), (-3600, 0)] {
        let mut story = Story::unlocked();
        story.due();
        let jobs = story.state.due(jumped(&story, jump));
        assert_eq!(jobs.len(), questions, "{jump} s");
    }
}

#[test]
fn readers_are_told_of_a_local_date_that_has_moved_by_more_than_ten_seconds() {
    for (jump, told) in [(0, false), (10, false), (-10, false), (11, true), (-11, true)] {
        let mut story = Story::unlocked();
        story.due();
        let (version, shown) = (story.state.version(), story.state.table().wall_minus_boot);
        story.state.due(jumped(&story, jump));
        let moved = story.state.table().wall_minus_boot.unwrap() - shown.unwrap();
        assert_eq!(moved, if told { jump } else { 0 }, "{jump} s");
        assert_eq!(story.state.version() > version, told, "{jump} s");
    }
}

#[test]
fn after_a_jump_each_host_is_asked_about_what_it_gave() {
    let mut story = Story::begin();
    story.state.replan(far_plan());
    story.unlock("123456", 12 * HOUR);
    story.fetch("far", HOUR);
    story.due();
    let jobs = story.state.due(jumped(&story, 13 * HOUR.cast_signed()));
    let hosts: Vec<_> = jobs.iter().map(asked_at).collect();
    assert_eq!(hosts, [None, Some("https://sts.example.com")]);
}

#[test]
fn what_one_host_gave_is_never_shown_to_another_to_ask_it_for_the_time() {
    let mut story = Story::unlocked();
    story.due();
    let mut plan = plan();
    plan.identities[0].target = elsewhere(&plan.identities[0].target);
    story.state.replan(plan);
    assert!(story.serves("default"), "the files name another host for the same keys");
    let jobs = story.state.due(jumped(&story, 13 * HOUR.cast_signed()));
    assert!(jobs.is_empty(), "{jobs:?}");
    let doubted = story.state.table().clocks.doubted(&StsClock::default());
    assert_eq!(doubted, None, "nobody can be asked about it");
}

#[test]
fn a_doubt_is_dispelled_by_what_sts_dates_and_by_credentials_that_have_no_date() {
    for (credentials, dated, dispels) in
        [(false, false, false), (false, true, true), (true, false, true), (true, true, true)]
    {
        let mut story = Story::unlocked();
        story.due();
        let now = jumped(&story, 13 * HOUR.cast_signed());
        story.state.due(now);
        let job = story.state.want(1, now).expect("a role is asked for");
        let outcome: Outcome = match credentials {
            true => story.issued(HOUR),
            false => failed(FailureKind::Denied, "AccessDenied"),
        };
        let sts_date = dated.then(|| story.date());
        let (kind, generation, asked) = (job.kind, job.generation, job.asked);
        story.state.finish(Finished { kind, generation, asked, outcome, sts_date }, now);
        let table = story.state.table();
        let Answer::Ready(held) = table.answer(Some("default"), now) else { panic!("not served") };
        let believed = table.served_for(&held, now) > Duration::from_secs(60);
        assert_eq!(believed, dispels, "credentials: {credentials}, with a date: {dated}");
    }
}

#[test]
fn before_the_owner_has_looked_a_jump_of_more_than_a_minute_is_doubt_enough() {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    story.seconds = HOUR - 50;
    story.due();
    let Answer::Ready(held) = story.answer("prod") else { panic!("50 s are left") };
    for (jump, in_doubt) in [(0, false), (60, false), (61, true)] {
        let now = jumped(&story, jump);
        assert_eq!(story.state.table().in_doubt(&held, now), in_doubt, "{jump} s");
    }
}

#[test]
fn each_host_is_called_by_its_own_clock() {
    let mut story = Story::begin();
    story.state.replan(far_plan());
    story.unlock("123456", 12 * HOUR);
    let job = story.want("far").unwrap();
    let sts_date = Some(story.date().plus(Duration::from_secs(400)));
    let outcome = failed(FailureKind::Denied, "AccessDenied");
    let (kind, generation, asked) = (job.kind, job.generation, job.asked);
    let now = story.now();
    story.state.finish(Finished { kind, generation, asked, outcome, sts_date }, now);
    let here = StsTarget::default();
    for (target, offset) in [(elsewhere(&here), 400), (here, 0)] {
        assert_eq!(story.state.table().clock_offset_at(&target, now), offset, "{target:?}");
    }
}
