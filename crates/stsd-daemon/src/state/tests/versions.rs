//! The numbers of the changes: a reader looks again when it sees another one, and a call is known by
//! the one that it was made under.

use std::time::Duration;

use stsd_protocol::gateway::{FailureKind, Plan};
use stsd_protocol::{Refusal, RefusalCode};

use super::fixture::{HOUR, Story, failed, plan};
use crate::clock::Now;
use crate::state::Finished;

#[test]
fn each_change_has_a_number_that_no_earlier_one_had() {
    let mut story = Story::begin();
    let mut highest = story.state.version();
    let mut changed = |story: &Story, by: &str| {
        let version = story.state.version();
        assert!(version > highest, "{by} is {version} after {highest}");
        highest = version;
    };
    let unlock = story.begin_unlock("123456").unwrap();
    changed(&story, "an unlock that begins");
    let session = story.issued(12 * HOUR);
    story.finish(&unlock, session);
    changed(&story, "a session");
    let role = story.want("prod").unwrap();
    changed(&story, "a call");
    story.want("prod");
    let credentials = story.issued(HOUR);
    story.finish(&role, credentials);
    changed(&story, "an answer");
    let (_, jobs) = story.state.refresh(Some("prod"), story.now()).unwrap();
    changed(&story, "a refresh");
    story.finish(&jobs[0], failed(FailureKind::Denied, "AccessDenied"));
    changed(&story, "a refusal");
    story.seconds += HOUR;
    story.due();
    changed(&story, "the end of a role");
    story.seconds += 11 * HOUR;
    story.due();
    changed(&story, "the end of a session");
    story.state.lock(None, story.now()).unwrap();
    changed(&story, "a lock");
    story.state.lock(Some("prod"), story.now()).unwrap();
    changed(&story, "a lock of one profile");
    story.state.replan(plan());
    changed(&story, "a plan");
    story.state.plan_failed(Refusal::new(RefusalCode::Configuration, "the files are gone"));
    changed(&story, "no plan");
    // Locked, and so without a call: that it is in use is what has changed.
    story.want("my staging");
    changed(&story, "a profile that comes into use");
}

#[test]
fn files_are_read_again_only_where_they_have_changed_under_a_call() {
    for (kind, again) in [(FailureKind::Changed, true), (FailureKind::Denied, false)] {
        let mut story = Story::unlocked();
        let role = story.want("prod").unwrap();
        assert_eq!(story.finish(&role, failed(kind, "Failure")).replan, again, "{kind:?}");
        let session = story.want("ci").unwrap();
        assert_eq!(story.finish(&session, failed(kind, "Failure")).replan, again, "{kind:?}");
    }
}

/// Whether this changes what readers see, and what must outlive the process at once.
fn change<T>(story: &mut Story, step: impl FnOnce(&mut Story) -> T) -> (T, (bool, bool)) {
    let (version, urgent) = (story.state.version(), story.state.urgent());
    let done = step(story);
    (done, (story.state.version() > version, story.state.urgent() > urgent))
}

#[test]
fn all_but_what_is_had_again_for_the_asking_must_outlive_the_process_at_once() {
    let (at_once, later) = ((true, true), (true, false));
    let mut story = Story::begin();
    let (unlock, changed) = change(&mut story, |story| story.begin_unlock("123456").unwrap());
    assert_eq!(changed, at_once, "a code that is spent");
    let session = story.issued(12 * HOUR);
    assert_eq!(change(&mut story, |story| story.finish(&unlock, session)).1, at_once, "a session");
    let (role, changed) = change(&mut story, |story| story.want("prod").unwrap());
    assert_eq!(changed, later, "a call for a role");
    let credentials = story.issued(HOUR);
    assert_eq!(change(&mut story, |story| story.finish(&role, credentials)).1, later, "a role");
    let role = story.want("my staging").unwrap();
    let ended = failed(FailureKind::Denied, "ExpiredToken");
    assert_eq!(change(&mut story, |story| story.finish(&role, ended)).1, at_once, "its end");
    let lock = |story: &mut Story| story.state.lock(None, story.now()).unwrap();
    assert_eq!(change(&mut story, lock).1, at_once, "a lock");
}

#[test]
fn what_sts_says_of_the_time_must_outlive_the_process_at_once() {
    let refused = |code| failed(FailureKind::Denied, code);
    for (ahead, at_once) in [(0, false), (20 * HOUR, true)] {
        let mut story = Story::unlocked();
        let job = story.want("prod").unwrap();
        let sts_date = Some(story.date().plus(Duration::from_secs(ahead)));
        let (kind, generation, asked) = (job.kind, job.generation, job.asked);
        let outcome = refused("AccessDenied");
        let finished = Finished { kind, generation, asked, outcome, sts_date };
        let finish = |story: &mut Story| story.state.finish(finished, story.now());
        assert_eq!(change(&mut story, finish).1, (true, at_once), "{ahead} s");
    }
    for (code, at_once) in [("AccessDenied", false), ("ExpiredToken", true)] {
        let mut story = Story::unlocked();
        story.due();
        let now = story.now();
        let now = Now { wall: now.wall + Duration::from_secs(13 * HOUR), ..now };
        let question = story.state.due(now).remove(0);
        let finish = |story: &mut Story| story.finish(&question, refused(code));
        assert_eq!(change(&mut story, finish).1, (true, at_once), "{code}");
    }
}

#[test]
fn what_is_forgotten_is_a_change_once() {
    let due = |story: &mut Story| change(story, |story| story.due()).1;
    let mut story = Story::unlocked();
    story.state.lock(None, story.now()).unwrap();
    story.due();
    for (seconds, changes) in [(119, (false, false)), (1, (true, true)), (1, (false, false))] {
        story.seconds += seconds;
        assert_eq!(due(&mut story), changes, "a spent code, {} s", story.seconds);
    }
    let before = Story::unlocked();
    let mut story = Story::before_its_plan(before.state.remember());
    story.state.expect(before.state.survivors().unwrap());
    story.state.replan(Plan::default());
    story.seconds = HOUR;
    let restore = |story: &mut Story| story.state.restore(story.now());
    assert_eq!(change(&mut story, restore).1, (true, true), "what came back");
    story.due();
    for (seconds, changes) in
        [(11 * HOUR - 1, (false, false)), (1, (true, true)), (1, (false, false))]
    {
        story.seconds += seconds;
        assert_eq!(due(&mut story), changes, "a session that waits, {} s", story.seconds);
    }
}
