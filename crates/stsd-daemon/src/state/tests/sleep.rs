//! An unlock over a sleep of the machine: the code was typed, the lid was closed, the answer came when it
//! was opened again. Nobody is told to wait for the next code of a device that has shown many since.

use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::gateway::{FailureKind, Outcome};
use stsd_protocol::{Refusal, RefusalCode};

use super::fixture::{ALICE, HOUR, SERIAL, Story, failed, failure, identity};
use crate::clock::test::at;
use crate::state::attempt::Attempt;
use crate::state::job::{CodeFrom, ENDED_CREDENTIALS, JobKind, session_refusal};
use crate::state::session::Session;
use crate::state::sts_clock::{Question, StsClock};

/// What the one who typed the code is told when this comes after so many seconds.
fn told(seconds: u64, outcome: impl FnOnce(&Story) -> Outcome) -> Result<(), Refusal> {
    let mut story = Story::begin();
    let job = story.begin_unlock("123456").unwrap();
    let outcome = outcome(&story);
    let date = story.date();
    story.seconds += seconds;
    let finished = crate::state::Finished {
        kind: job.kind.clone(),
        generation: job.generation,
        asked: job.asked.clone(),
        outcome,
        sts_date: Some(date),
    };
    let now = story.now();
    story.state.finish(finished, now);
    story.state.unlocked(ALICE, now).map(|_| ())
}

#[test]
fn a_session_that_came_in_time_is_unlocked_however_late_it_is_heard_of() {
    told(11 * HOUR, |story| story.issued(12 * HOUR)).unwrap();
}

#[test]
fn a_session_that_has_ended_meanwhile_is_not_called_an_answer_that_was_lost() {
    for (seconds, message) in [
        (
            13 * HOUR,
            "the machine slept while STS was asked, and the session that it gave has ended",
        ),
        (HOUR, "the machine slept while STS was asked, and the session that it gave has ended"),
    ] {
        let refusal = told(seconds, |story| story.issued(HOUR)).unwrap_err();
        assert_eq!((refusal.code, refusal.message.as_str()), (RefusalCode::Unavailable, message));
        assert_eq!(refusal.hint, "run `stsd unlock` with the code that the device shows now");
    }
}

#[test]
fn after_a_sleep_nobody_waits_for_the_next_code() {
    let lost = || failed(FailureKind::Unavailable, "GatewayLost");
    let refusal = told(8 * HOUR, |_| lost()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::OutcomeUnknown);
    assert!(refusal.message.contains("while the machine slept"), "{}", refusal.message);
    assert_eq!(refusal.hint, "run `stsd unlock` with the code that the device shows now");
    let refusal = told(20, |_| lost()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::OutcomeUnknown);
    assert_eq!(refusal.hint, "wait for the next code and run `stsd unlock` again");
}

#[test]
fn a_code_that_came_too_late_is_not_called_wrong_and_nobody_is_slowed_down_for_it() {
    let wrong = || failed(FailureKind::WrongCode, "AccessDenied");
    let refusal = told(8 * HOUR, |_| wrong()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::WrongCode);
    assert!(refusal.message.starts_with("the machine slept"), "{}", refusal.message);
    assert!(refusal.hint.ends_with("the code that the device shows now"), "{}", refusal.hint);
    assert!(told(20, |_| wrong()).unwrap_err().hint.starts_with("check the device"));
    let mut story = Story::begin();
    for code in ["111111", "222222", "333333"] {
        let job = story.begin_unlock(code).unwrap();
        story.seconds += HOUR;
        story.finish(&job, wrong());
    }
    story.begin_unlock("444444").unwrap();
}

#[test]
fn what_was_never_sent_is_said_as_ever() {
    let mut unsent = failure(FailureKind::Unavailable, "ConnectError");
    unsent.code_sent = false;
    let refusal = told(8 * HOUR, |_| Outcome::Failure(unsent)).unwrap_err();
    assert!(refusal.message.contains("no code was sent"), "{}", refusal.message);
}

#[test]
fn only_who_typed_a_code_is_told_that_the_machine_slept() {
    let session = Session::new(Arc::new(identity(ALICE, "default", Some(SERIAL))), false);
    let failures = [
        failure(FailureKind::WrongCode, "AccessDenied"),
        failure(FailureKind::Unavailable, "GatewayLost"),
        failure(FailureKind::Unavailable, ENDED_CREDENTIALS),
    ];
    for (code_from, slept, speaks_of_it) in [
        (CodeFrom::Person, true, true),
        (CodeFrom::Person, false, false),
        (CodeFrom::Program, true, false),
        (CodeFrom::Nobody, true, false),
    ] {
        for failure in &failures {
            let before = session_refusal(failure, &session);
            let told = Attempt { code_from, slept }.told(before.clone(), failure, &session);
            assert_eq!(told != before, speaks_of_it, "{code_from:?} {slept}: {}", told.message);
        }
    }
}

#[test]
fn a_call_that_took_as_long_as_one_may_was_not_slept_over() {
    let kind = JobKind::Role { profile: "prod".to_owned() };
    let begun = at(Duration::ZERO).boot;
    let asked = Question { at: begun, clock: StsClock::default(), alone: true, seconds: None };
    for (seconds, slept) in [(0, false), (90, false), (91, true)] {
        let attempt = Attempt::new(&kind, &asked, at(Duration::from_secs(seconds)));
        assert_eq!(attempt.slept, slept, "{seconds} s");
    }
}
