//! Identities whose keys a `credential_process` says. What it gives may live for minutes.

use std::time::Duration;

use stsd_protocol::RefusalCode;
use stsd_protocol::control::{ProfileState, SessionState, UnlockRequest};
use stsd_protocol::gateway::{
    Base, Failure, FailureKind, Operation, Outcome, PROGRAM_ERROR, Plan, PlannedIdentity,
};

use super::fixture::{
    HOUR, SERIAL, Story, failed, failure, identity, plan, role_profile, session_profile,
};
use crate::clock::Now;
use crate::state::{Finished, Followup, Job, JobKind};

const VENDOR: &str = "process:vendor";

fn begin(serial: Option<&str>) -> Story {
    let mut story = Story::begin();
    story.state.replan(with_vendor(serial, 1));
    story
}

/// A plan with the program that is told from others by this number.
fn with_vendor(serial: Option<&str>, program: u64) -> Plan {
    let mut plan = plan();
    let vendor = identity(VENDOR, "vendor", serial);
    plan.identities.push(PlannedIdentity { program: Some(program), ..vendor });
    plan.profiles.push(session_profile("vendor", VENDOR));
    plan.profiles.push(role_profile("far", VENDOR, "far"));
    plan
}

fn key(job: &Job) -> &str {
    match &job.operation {
        Operation::Unlock(request) => &request.keys.identity,
        Operation::Assume(request) => match &request.base {
            Base::LongTerm(keys) => &keys.identity,
            Base::Temporary(_) => "a session",
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn nobody_need_unlock_what_a_program_says() {
    let mut story = begin(None);
    story.fetch("vendor", 3600);
    assert!(story.serves("vendor"));
}

#[test]
fn a_program_runs_once_a_session_and_not_for_each_role() {
    let mut story = begin(None);
    let job = story.want("far").unwrap();
    assert_eq!((key(&job), story.profile_state("far")), (VENDOR, ProfileState::Fetching));
    assert!(story.want("far").is_none(), "it runs already");
    let issued = story.issued(12 * HOUR);
    let roles = story.finish(&job, issued).jobs;
    assert_eq!(roles.iter().map(key).collect::<Vec<_>>(), ["a session"]);
    let issued = story.issued(HOUR);
    story.finish(&roles[0], issued);
    assert!(story.serves("far") && story.serves("vendor"));
    while story.seconds < 8 * HOUR {
        for job in story.nap_until_due(HOUR) {
            assert_eq!(key(&job), "a session");
            let issued = story.issued(HOUR);
            story.finish(&job, issued);
        }
    }
}

#[test]
fn a_role_says_why_its_program_has_failed_and_is_tried_again() {
    let mut story = begin(None);
    let job = story.want("far").unwrap();
    let failure =
        Failure { http_status: None, ..failure(FailureKind::Configuration, PROGRAM_ERROR) };
    story.finish(&job, Outcome::Failure(failure.clone()));
    assert_eq!(story.refusal("far").message, failure.message);
    let (_, jobs) = story.state.refresh(Some("far"), story.now()).unwrap();
    assert_eq!(key(&jobs[0]), VENDOR);
    let issued = story.issued(HOUR);
    assert_eq!(story.finish(&jobs[0], issued).jobs.len(), 1);
}

#[test]
fn where_sts_finds_its_session_ended_the_program_is_run_again() {
    let mut story = begin(None);
    story.fetch("vendor", HOUR);
    let job = story.want("far").unwrap();
    story.finish(&job, failed(FailureKind::Denied, "ExpiredToken"));
    let jobs = story.nap_until_due(60);
    assert_eq!(key(&jobs[0]), VENDOR);
    let issued = story.issued(HOUR);
    story.finish(&jobs[0], issued);
    assert_eq!(key(&story.nap_until_due(60)[0]), "a session");
}

#[test]
fn what_lives_for_minutes_is_renewed_at_half_its_life_and_served_nearly_to_its_end() {
    for life in [20, 60, 300, 899, 901] {
        let mut story = begin(None);
        story.fetch("vendor", life);
        let jobs = story.nap_until_due(life);
        assert_eq!((jobs.len(), key(&jobs[0])), (1, VENDOR), "{life} s");
        let (earliest, latest) = (life * 9 / 20, life.div_ceil(2));
        assert!((earliest..=latest).contains(&story.seconds), "{life} s: {}", story.seconds);
        story.seconds = life - life / 60 - 1;
        assert!(story.serves("vendor"), "{life} s");
        story.seconds = life;
        assert!(!story.serves("vendor"), "{life} s");
    }
}

#[test]
fn a_program_that_says_the_same_again_is_not_run_without_a_pause() {
    let mut story = begin(None);
    let end = 3600;
    story.fetch("vendor", end);
    let mut runs = 0;
    while story.seconds < end {
        for job in story.nap_until_due(end - story.seconds) {
            runs += 1;
            let issued = story.issued(end.saturating_sub(story.seconds));
            story.finish(&job, issued);
        }
    }
    assert!(runs < 20, "{runs}");
}

#[test]
fn a_lock_holds_for_programs_too() {
    let mut story = begin(None);
    story.fetch("vendor", 600);
    story.state.lock(None, story.now()).unwrap();
    let refusal = story.refusal("far");
    assert_eq!(
        (refusal.code, refusal.hint.as_str()),
        (RefusalCode::Locked, "run `stsd unlock vendor`")
    );
    let request = UnlockRequest { profile: Some("vendor".to_owned()), ..UnlockRequest::default() };
    let job = story.state.begin_unlock(request, story.now()).unwrap();
    let issued = story.issued(600);
    story.finish(&job, issued);
    assert!(story.serves("vendor"));
}

#[test]
fn long_term_keys_of_a_program_may_have_a_device() {
    let mut story = begin(Some(SERIAL));
    assert_eq!(story.session_state(VENDOR), SessionState::Locked);
    assert!(story.want("far").is_none());
}

#[test]
fn another_program_is_another_identity_under_the_same_name() {
    let mut story = begin(None);
    for profile in ["vendor", "far"] {
        story.fetch(profile, 3600);
    }
    story.state.replan(with_vendor(None, 1));
    assert!(story.serves("vendor") && story.serves("far"));
    story.state.replan(with_vendor(None, 2));
    assert!(!story.serves("vendor") && !story.serves("far"));
    // What the old one says yet is not taken for the new one's.
    let job = story.want("vendor").unwrap();
    story.state.replan(with_vendor(None, 3));
    let issued = story.issued(3600);
    story.finish(&job, issued);
    assert!(!story.serves("vendor"));
    story.fetch("vendor", 3600);
    assert!(story.serves("vendor"));
}

#[test]
fn another_program_opens_no_lock() {
    let mut story = begin(None);
    story.fetch("vendor", 3600);
    story.state.lock(Some("vendor"), story.now()).unwrap();
    story.state.replan(with_vendor(None, 2));
    assert_eq!(story.refusal("vendor").code, RefusalCode::Locked);
}

#[test]
fn a_program_that_fails_is_not_run_all_night() {
    let no = || {
        Outcome::Failure(Failure {
            http_status: None,
            ..failure(FailureKind::Unavailable, PROGRAM_ERROR)
        })
    };
    let mut story = begin(None);
    story.fetch("vendor", 12 * HOUR);
    let (mut runs, mut last) = (0, 0);
    while story.seconds < 12 * HOUR {
        for job in story.nap_until_due(12 * HOUR - story.seconds) {
            runs += 1;
            assert!(runs == 1 || story.seconds - last >= 30, "{last}");
            last = story.seconds;
            story.finish(&job, no());
        }
    }
    assert!((3..=5).contains(&runs), "{runs}");
    let job = story.want("vendor").expect("who asks has it tried again");
    let issued = story.issued(HOUR);
    story.finish(&job, issued);
    assert_eq!(story.nap_until_due(HOUR).len(), 1);
}

#[test]
fn keys_of_a_program_are_not_looked_for_in_a_file() {
    let mut story = begin(None);
    let job = story.want("vendor").unwrap();
    let refused = failure(FailureKind::Denied, "InvalidClientTokenId");
    story.finish(&job, Outcome::Failure(Failure { code_sent: false, ..refused }));
    let hint = "run its credential_process by hand to see why, then `stsd refresh vendor`";
    assert_eq!(story.refusal("vendor").hint, hint);
}

/// What programs say, each for so many hours, under a key of its own.
fn said(story: &mut Story, profile: &str, key: &str, hours: u64) -> Followup {
    let job = story.want(profile).unwrap();
    let mut outcome = story.issued(hours * HOUR);
    if let Outcome::Credentials(issued) = &mut outcome {
        issued.credentials.access_key_id = key.to_owned();
    }
    story.finish(&job, outcome)
}

/// The questions for the time after the machine was paused for thirteen hours.
fn paused(story: &mut Story) -> Vec<Job> {
    let now = story.now();
    story.state.due(Now { wall: now.wall + Duration::from_secs(13 * HOUR), ..now })
}

/// With whose credentials the one question for the time is asked.
fn witness(jobs: &[Job]) -> &str {
    match jobs {
        [Job { kind: JobKind::Time { access_key_id }, .. }] => access_key_id,
        jobs => panic!("{jobs:?}"),
    }
}

/// STS calls what it was asked with ended; a proxy has taken the date off.
fn ended(story: &mut Story, job: &Job) -> Vec<Job> {
    let (kind, generation, asked) = (job.kind.clone(), job.generation, job.asked.clone());
    let outcome = failed(FailureKind::Denied, "ExpiredToken");
    let now = story.now();
    story.state.finish(Finished { kind, generation, asked, outcome, sts_date: None }, now).jobs
}

#[test]
fn what_a_program_says_of_its_end_is_no_measure_of_what_sts_gave() {
    let mut story = begin(None);
    said(&mut story, "vendor", "ASIAI44QH8DHBEXAMPLE", 36);
    story.unlock("123456", 12 * HOUR);
    story.due();
    let jobs = paused(&mut story);
    assert_eq!(witness(&jobs), "ASIAIOSFODNN7EXAMPLE", "which STS gave");
    assert!(ended(&mut story, &jobs[0]).is_empty());
    assert!(!story.serves("default") && story.serves("vendor"));
}

#[test]
fn a_program_whose_credentials_have_ended_ends_no_other_programs() {
    const OTHER: &str = "process:other";
    let mut story = Story::begin();
    let mut plan = with_vendor(None, 1);
    let other = identity(OTHER, "other", None);
    plan.identities.push(PlannedIdentity { program: Some(2), ..other });
    plan.profiles.push(session_profile("other", OTHER));
    story.state.replan(plan);
    said(&mut story, "vendor", "ASIAI44QH8DHBEXAMPLE", 36);
    said(&mut story, "other", "ASIAIOSFODNN7EXAMPLE", 12);
    story.due();
    let jobs = paused(&mut story);
    assert_eq!(witness(&jobs), "ASIAI44QH8DHBEXAMPLE", "there is nothing else");
    let next = ended(&mut story, &jobs[0]);
    assert!(!story.serves("vendor") && story.serves("other"));
    assert_eq!(witness(&next), "ASIAIOSFODNN7EXAMPLE", "it is asked with what is left");
    assert!(ended(&mut story, &next[0]).is_empty());
    assert!(!story.serves("other"));
}

#[test]
fn a_role_that_was_asked_for_with_the_session_before_does_not_end_the_new_one() {
    for again in [false, true] {
        let mut story = begin(None);
        said(&mut story, "vendor", "ASIAIOSFODNN7EXAMPLE", 1);
        let mut role = story.want("far").unwrap();
        story.seconds += 1;
        let now = story.now();
        let session = story.state.refresh(Some("vendor"), now).unwrap().1.remove(0);
        story.seconds += 1;
        let issued = story.issued(HOUR);
        story.finish(&session, issued);
        if again {
            story.finish(&role, failed(FailureKind::Unavailable, "ConnectError"));
            story.seconds += 5;
            role = story.want("far").unwrap();
        }
        story.finish(&role, failed(FailureKind::Denied, "ExpiredToken"));
        assert_eq!(story.serves("vendor"), !again);
        assert_ne!(story.profile_state("far"), ProfileState::Denied);
    }
}
