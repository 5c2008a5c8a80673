//! Several STS, each with a clock of its own: what one of them says ends nothing that another one gave.

use std::time::Duration;

use stsd_protocol::Timestamp;
use stsd_protocol::control::{SessionState, UnlockRequest};
use stsd_protocol::gateway::{
    Base, Caller, FailureKind, Operation, Outcome, Plan, ProfileSource, StsTarget,
};

use stsd_secret::Secret;

use super::fixture::{ALICE, HOUR, Story, failed, failure, plan, role_profile};
use crate::clock::Now;
use crate::state::{Answer, Finished, Followup, Job, JobKind};

/// `far` is assumed at a host of its own, `chain` first at AWS and then there.
fn far_plan() -> Plan {
    let mut plan = plan();
    for (name, hosts) in [("far", &[true][..]), ("chain", &[false, true])] {
        let mut profile = role_profile(name, ALICE, name);
        let ProfileSource::Role { hops, .. } = &mut profile.source else { panic!("a role") };
        let hop = |far: &bool| {
            let mut hop = hops[0].clone();
            let url = far.then(|| "https://sts.example.com".to_owned());
            hop.target = StsTarget { endpoint_url: url, ..hop.target };
            hop
        };
        *hops = hosts.iter().map(hop).collect();
        plan.profiles.push(profile);
    }
    plan
}

fn unlocked() -> Story {
    let mut story = Story::begin();
    story.state.replan(far_plan());
    story.unlock("123456", 12 * HOUR);
    story
}

/// An answer of a host whose clock is ahead by so many seconds; nothing: it has no date.
fn finish(story: &mut Story, job: &Job, outcome: Outcome, ahead: Option<i64>) -> Followup {
    let date = story.date().unix();
    let sts_date = ahead.map(|ahead| Timestamp::from_unix(date.saturating_add_signed(ahead)));
    let (kind, generation, asked) = (job.kind.clone(), job.generation, job.asked.clone());
    let now = story.now();
    story.state.finish(Finished { kind, generation, asked, outcome, sts_date }, now)
}

/// Credentials for an hour by the clock of a host that is ahead by so much.
fn fetch(story: &mut Story, job: &Job, ahead: i64) -> Followup {
    let mut outcome = story.issued(HOUR);
    if let Outcome::Credentials(issued) = &mut outcome {
        let end = issued.credentials.expiration.unix().saturating_add_signed(ahead);
        issued.credentials.expiration = Timestamp::from_unix(end);
        issued.credentials.access_key_id = "ASIAI44QH8DHBEXAMPLE".to_owned();
    }
    finish(story, job, outcome, Some(ahead))
}

fn refreshed(story: &mut Story, profile: &str) -> Job {
    let now = story.now();
    story.state.refresh(Some(profile), now).unwrap().1.remove(0)
}

fn caller() -> Outcome {
    Outcome::Caller(Caller {
        user_id: "AIDACKCEVSQ6C2EXAMPLE".to_owned(),
        account: "111122223333".to_owned(),
        arn: "arn:aws:iam::111122223333:user/alice".to_owned(),
    })
}

fn in_doubt(story: &Story, profile: &str) -> bool {
    let (table, now) = (story.state.table(), story.now());
    match table.answer(Some(profile), now) {
        Answer::Ready(held) => table.in_doubt(&held, now),
        other => panic!("{profile}: {other:?}"),
    }
}

/// The one question for the time.
fn question(followup: &Followup) -> &Job {
    let [job] = &followup.jobs[..] else { panic!("{:?}", followup.jobs) };
    assert!(matches!(&job.kind, JobKind::Time { .. }), "{job:?}");
    job
}

#[test]
fn a_host_whose_clock_jumps_ends_what_it_gave_and_nothing_else() {
    let mut story = unlocked();
    story.fetch("prod", HOUR);
    let job = story.want("far").unwrap();
    assert!(fetch(&mut story, &job, 0).jobs.is_empty());
    story.seconds += 60;
    let job = refreshed(&mut story, "far");
    let followup = finish(
        &mut story,
        &job,
        failed(FailureKind::Denied, "AccessDenied"),
        Some(20 * HOUR.cast_signed()),
    );
    assert!(!story.serves("far"), "by its own clock that has ended");
    assert!(story.serves("prod") && story.serves("default"));
    assert!(in_doubt(&story, "prod") && in_doubt(&story, "default"), "until AWS was asked");
    let asked = question(&followup);
    let Operation::Whoami(request) = &asked.operation else { panic!("{asked:?}") };
    assert!(matches!(&request.base, Base::Temporary(_)) && request.target.endpoint_url.is_none());
    assert!(finish(&mut story, asked, caller(), Some(0)).jobs.is_empty());
    assert!(!in_doubt(&story, "prod") && !in_doubt(&story, "default"));
    assert_eq!(story.state.table().clock_offset(story.now()), 0, "the local date is right");
}

#[test]
fn a_pause_that_one_host_tells_of_ends_what_aws_gave_when_aws_says_so_too() {
    let mut story = unlocked();
    let job = story.want("far").unwrap();
    fetch(&mut story, &job, 0);
    let job = refreshed(&mut story, "far");
    let paused = Some(13 * HOUR.cast_signed());
    let followup = finish(&mut story, &job, failed(FailureKind::Denied, "AccessDenied"), paused);
    let ended = failed(FailureKind::Denied, "ExpiredToken");
    finish(&mut story, question(&followup), ended, paused);
    story.due();
    assert_eq!(story.session_state(ALICE), SessionState::Ended);
}

#[test]
fn a_clock_that_was_always_wrong_ages_nothing_and_signs_what_goes_there_alone() {
    let ten_years = 10 * 365 * 24 * HOUR.cast_signed();
    for ahead in [ten_years, -ten_years] {
        let mut story = unlocked();
        let job = story.want("far").unwrap();
        assert!(fetch(&mut story, &job, ahead).jobs.is_empty());
        assert!(["default", "far"].iter().all(|profile| story.serves(profile)));
        assert_eq!(story.state.table().clock_offset(story.now()), 0);
        let offset = |job: &Job| match &job.operation {
            Operation::Assume(request) => request.clock_offset,
            other => panic!("{other:?}"),
        };
        assert_eq!(offset(&refreshed(&mut story, "far")), ahead);
        assert_eq!(offset(&story.want("prod").unwrap()), 0);
        story.seconds += HOUR;
        assert!(!story.serves("far"), "an hour is an hour by any clock");
        assert!(story.serves("default"));
    }
}

#[test]
fn a_session_that_another_host_calls_ended_is_asked_of_the_one_that_gave_it() {
    for ended in [false, true] {
        let mut story = unlocked();
        let job = story.want("far").unwrap();
        let ahead = Some(20 * HOUR.cast_signed());
        let says = failed(FailureKind::Denied, "ExpiredToken");
        let followup = finish(&mut story, &job, says, ahead);
        assert!(story.serves("default") && !in_doubt(&story, "default"), "nobody waits for it");
        // A proxy takes the date off.
        let says = if ended { failed(FailureKind::Denied, "ExpiredToken") } else { caller() };
        finish(&mut story, question(&followup), says, None);
        assert_eq!(story.serves("default"), !ended);
    }
}

#[test]
fn of_a_chain_over_two_hosts_nobody_knows_which_one_has_refused() {
    let mut story = unlocked();
    let job = story.want("far").unwrap();
    fetch(&mut story, &job, 0);
    let job = story.want("chain").unwrap();
    let says = failed(FailureKind::Denied, "AccessDenied");
    finish(&mut story, &job, says, Some(20 * HOUR.cast_signed()));
    assert!(story.serves("far") && story.serves("default"));
    let job = refreshed(&mut story, "chain");
    let says = failed(FailureKind::Denied, "ExpiredToken");
    let followup = finish(&mut story, &job, says, Some(0));
    assert!(story.serves("default") && !in_doubt(&story, "default"), "nobody waits for it");
    assert!(finish(&mut story, question(&followup), caller(), Some(0)).jobs.is_empty());
}

#[test]
fn one_question_for_the_time_is_under_way_and_what_came_up_meanwhile_is_asked_after_it() {
    let mut story = unlocked();
    let job = story.want("far").unwrap();
    fetch(&mut story, &job, 0);
    let refused = || failed(FailureKind::Denied, "AccessDenied");
    let job = refreshed(&mut story, "far");
    let first = finish(&mut story, &job, refused(), Some(20 * HOUR.cast_signed()));
    story.seconds += 5;
    let job = refreshed(&mut story, "far");
    let second = finish(&mut story, &job, refused(), Some(40 * HOUR.cast_signed()));
    assert!(second.jobs.is_empty(), "{:?}", second.jobs);
    let third = finish(&mut story, question(&first), caller(), Some(0));
    assert!(in_doubt(&story, "default"), "it was asked before the second jump");
    assert!(finish(&mut story, question(&third), caller(), Some(0)).jobs.is_empty());
    assert!(!in_doubt(&story, "default"));
}

#[test]
fn where_sts_does_not_answer_a_question_for_the_time_it_is_asked_until_it_does() {
    for ended in [false, true] {
        let mut story = unlocked();
        story.due();
        let pause = Duration::from_secs(13 * HOUR);
        let paused = |now: Now| Now { wall: now.wall + pause, ..now };
        let held_back = |story: &Story| {
            let (table, now) = (story.state.table(), paused(story.now()));
            let Answer::Ready(held) = table.answer(Some("default"), now) else {
                panic!("not served")
            };
            table.in_doubt(&held, now)
        };
        let longest = |story: &Story| {
            let (table, now) = (story.state.table(), paused(story.now()));
            let Answer::Ready(held) = table.answer(Some("default"), now) else {
                panic!("not served")
            };
            table.served_for(&held, now)
        };
        let mut jobs = story.state.due(paused(story.now()));
        for code in ["ConnectError", "GatewayNotStarted", "GatewayLost", "Throttling"] {
            let [job] = &jobs[..] else { panic!("{jobs:?}") };
            assert!(held_back(&story) == (code == "ConnectError"), "whoever waits, waits once");
            let mut lost = failure(FailureKind::Unavailable, code);
            lost.code_sent = false;
            assert!(finish(&mut story, job, Outcome::Failure(lost), None).jobs.is_empty());
            assert!(!held_back(&story));
            assert_eq!(longest(&story), Duration::from_secs(60), "they may have ended");
            assert!(story.state.due(paused(story.now())).is_empty(), "not at once");
            let next = story.state.next_moment(paused(story.now())).unwrap();
            assert!(next <= Duration::from_secs(16), "{next:?}");
            story.seconds += next.as_secs() + 1;
            jobs = story.state.due(paused(story.now()));
        }
        let says = if ended { failed(FailureKind::Denied, "ExpiredToken") } else { caller() };
        finish(&mut story, &jobs[0], says, None);
        assert_eq!(story.serves("default"), !ended, "what STS calls ended, has");
        assert!(ended || longest(&story) == Duration::from_secs(3600));
        story.seconds += 600;
        assert!(story.state.due(paused(story.now())).is_empty(), "it has been told");
    }
}

#[test]
fn an_answer_that_a_sleeping_machine_heard_late_does_not_say_what_time_it_is() {
    let mut story = unlocked();
    story.due();
    let paused = |now: Now| Now { wall: now.wall + Duration::from_secs(13 * HOUR), ..now };
    let jobs = story.state.due(paused(story.now()));
    story.seconds += 61;
    assert!(finish(&mut story, &jobs[0], caller(), Some(0)).jobs.is_empty());
    story.seconds += 3;
    assert_eq!(story.state.due(paused(story.now())).len(), 1, "it is asked again");
}

#[test]
fn a_lock_leaves_nothing_to_ask_the_time_with() {
    let mut story = unlocked();
    let job = story.want("far").unwrap();
    fetch(&mut story, &job, 0);
    let job = refreshed(&mut story, "far");
    let now = story.now();
    story.state.lock(None, now).unwrap();
    let says = failed(FailureKind::Denied, "AccessDenied");
    assert!(finish(&mut story, &job, says, Some(20 * HOUR.cast_signed())).jobs.is_empty());
}

#[test]
fn an_answer_without_a_date_is_not_dated_by_another_hosts_clock() {
    for ahead in [-400 * 24 * HOUR.cast_signed(), 400 * 24 * HOUR.cast_signed()] {
        let mut story = unlocked();
        let job = story.want("far").unwrap();
        let mut outcome = story.issued(HOUR);
        if let Outcome::Credentials(issued) = &mut outcome {
            let end = issued.credentials.expiration.unix().saturating_add_signed(ahead);
            issued.credentials.expiration = Timestamp::from_unix(end);
        }
        finish(&mut story, &job, outcome, None);
        assert!(story.serves("far"), "{ahead}");
        story.seconds += HOUR;
        assert!(!story.serves("far"), "{ahead}");
    }
}

#[test]
fn an_answer_to_what_was_asked_for_longer_than_the_next_call_ages_nothing() {
    let mut story = Story::begin();
    let mut plan = far_plan();
    plan.identities[0].mfa_process = true;
    story.state.replan(plan);
    story.unlock("123456", 12 * HOUR);
    story.fetch("ci", 12 * HOUR);
    story.seconds += 60;
    let unlock = |story: &mut Story, code: Option<&str>, seconds| {
        let request = UnlockRequest {
            token_code: code.map(Secret::new),
            duration_seconds: Some(seconds),
            ..UnlockRequest::default()
        };
        let now = story.now();
        story.state.begin_unlock(request, now).unwrap()
    };
    let by_program = unlock(&mut story, None, 129_600);
    // A person need not wait for the program.
    unlock(&mut story, Some("654321"), 900);
    let outcome = story.issued(36 * HOUR);
    story.finish(&by_program, outcome);
    assert!(story.serves("default") && story.serves("ci"), "the clocks agree");
}

#[test]
fn a_date_that_was_too_far_ahead_once_spoils_no_signature_for_ever() {
    let mut story = unlocked();
    let refused = || failed(FailureKind::Denied, "AccessDenied");
    let day = Some(20 * HOUR.cast_signed());
    let dated = |story: &mut Story, ahead| {
        let job = refreshed(story, "prod");
        finish(story, &job, refused(), ahead);
    };
    story.fetch("prod", HOUR);
    dated(&mut story, day);
    story.due();
    assert_eq!(story.session_state(ALICE), SessionState::Ended);
    story.unlock("234567", 12 * HOUR);
    dated(&mut story, Some(0));
    assert_eq!(story.state.table().clock_offset(story.now()), 0, "as the last answer says");
    dated(&mut story, day);
    assert!(story.serves("default"), "it has aged by that before");
    dated(&mut story, Some(21 * HOUR.cast_signed()));
    story.seconds += 11 * HOUR;
    assert!(!story.serves("default"), "by one hour more");
}
