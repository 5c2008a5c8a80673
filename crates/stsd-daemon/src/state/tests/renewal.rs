//! Sessions whose token codes a program says.

use stsd_protocol::RefusalCode;
use stsd_protocol::control::{SessionState, UnlockRequest};
use stsd_protocol::gateway::{FailureKind, Mfa, Operation, Outcome, PROGRAM_ERROR};
use stsd_secret::Secret;

use super::fixture::{ALICE, HOUR, SERIAL, Story, failed, failure, of_a_file, plan};
use crate::state::{Job, JobKind, Occasions, Remembered};

const MINUTE: u64 = 60;

/// A program is allowed for Alice; nobody has unlocked anything.
fn begin() -> Story {
    with_program(Story::begin())
}

fn with_program(mut story: Story) -> Story {
    let mut plan = plan();
    plan.identities[0].mfa_process = true;
    story.state.replan(plan);
    story
}

/// Alice has typed a code.
fn unlocked(seconds: u64) -> Story {
    let mut story = begin();
    story.unlock("123456", seconds);
    story
}

fn unlock_by_program(story: &mut Story) -> Result<Job, RefusalCode> {
    let request = UnlockRequest::default();
    story.state.begin_unlock(request, story.now()).map_err(|refusal| refusal.code)
}

fn mfa(job: &Job) -> &Mfa {
    match &job.operation {
        Operation::Unlock(request) => request.mfa.as_ref().expect("a device"),
        other => panic!("not an unlock but {other:?}"),
    }
}

/// The runs of the program within so many seconds, each of which comes to this; and their times.
fn runs(story: &mut Story, seconds: u64, outcome: impl Fn() -> Outcome) -> Vec<u64> {
    let (start, mut times) = (story.seconds, Vec::new());
    while story.seconds - start < seconds {
        let left = seconds - (story.seconds - start);
        for job in story.nap_until_due(left) {
            if let JobKind::Session { mfa_serial: Some(_), .. } = &job.kind {
                assert!(mfa(&job).token_code.is_none());
                times.push(story.seconds - start);
                story.finish(&job, outcome());
            }
        }
    }
    times
}

#[test]
fn without_a_code_the_program_says_it_and_a_code_that_is_given_wins() {
    for (serial, code, program) in [
        (None, None, Ok(true)),
        (Some(SERIAL), None, Ok(true)),
        (None, Some("123456"), Ok(false)),
        (Some("GAHT12345678"), Some("123456"), Ok(false)),
        (Some("GAHT12345678"), None, Err(RefusalCode::CodeRequired)),
    ] {
        let mut story = begin();
        let request = UnlockRequest {
            mfa_serial: serial.map(str::to_owned),
            token_code: code.map(Secret::new),
            ..UnlockRequest::default()
        };
        let job = story.state.begin_unlock(request, story.now());
        let by_program = job.map(|job| mfa(&job).token_code.is_none());
        assert_eq!(by_program.map_err(|refusal| refusal.code), program, "{serial:?} {code:?}");
    }
}

#[test]
fn a_session_is_renewed_ahead_of_its_end_and_its_roles_with_it() {
    for (life, moment) in [
        (12 * HOUR, 12 * HOUR - 10 * MINUTE),
        (30 * MINUTE, 20 * MINUTE),
        (15 * MINUTE, 15 * MINUTE / 2),
        (4 * MINUTE, 2 * MINUTE),
    ] {
        let mut story = unlocked(life);
        let jobs = story.nap_until_due(life);
        assert_eq!((jobs.len(), story.seconds), (1, moment), "{life} s");
        assert_eq!(mfa(&jobs[0]).serial_number, SERIAL);
        story.want("prod");
        let issued = story.issued(life);
        let followup = story.finish(&jobs[0], issued);
        assert!(followup.jobs.iter().any(|job| matches!(job.kind, JobKind::Role { .. })));
        story.seconds = life + 1;
        assert!(story.serves("default"), "without a gap");
    }
}

#[test]
fn a_session_is_renewed_for_as_long_as_the_person_asked() {
    let mut story = begin();
    let request = UnlockRequest {
        token_code: Some(Secret::new("123456")),
        duration_seconds: Some(7200),
        ..UnlockRequest::default()
    };
    let job = story.state.begin_unlock(request, story.now()).unwrap();
    let issued = story.issued(7200);
    story.finish(&job, issued);
    let renewal = story.nap_until_due(2 * HOUR).remove(0);
    let Operation::Unlock(request) = &renewal.operation else { panic!("{renewal:?}") };
    assert_eq!(request.duration_seconds, 7200);
}

#[test]
fn no_program_runs_before_somebody_has_unlocked_nor_after_a_lock() {
    let outage = || failed(FailureKind::Unavailable, "TimeoutError");
    let locked = Remembered { locked: [ALICE.to_owned()].into(), ..Remembered::default() };
    for mut story in [begin(), with_program(Story::after_a_restart(locked))] {
        assert_eq!(runs(&mut story, 48 * HOUR, outage), [0; 0]);
    }
    let mut story = unlocked(12 * HOUR);
    story.seconds += HOUR;
    story.state.lock(Some("prod"), story.now()).unwrap();
    assert_eq!(runs(&mut story, 48 * HOUR, outage), [0; 0]);
    assert_eq!(story.session_state(ALICE), SessionState::Locked);
}

#[test]
fn a_lock_while_the_program_runs_wins() {
    let mut story = unlocked(12 * HOUR);
    let job = story.nap_until_due(12 * HOUR).remove(0);
    story.state.lock(None, story.now()).unwrap();
    let issued = story.issued(12 * HOUR);
    story.finish(&job, issued);
    assert_eq!(story.session_state(ALICE), SessionState::Locked);
    assert!(!story.serves("default"));
}

#[test]
fn three_wrong_codes_in_a_row_are_enough_until_a_person_unlocks() {
    let wrong = || failed(FailureKind::WrongCode, "AccessDenied");
    let mut story = unlocked(12 * HOUR);
    let times = runs(&mut story, 24 * HOUR, wrong);
    assert_eq!(times.len(), 3);
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 30), "another code each: {times:?}");
    assert_eq!(story.session_state(ALICE), SessionState::Ended);
    let error = story.state.table().session(ALICE).unwrap().last_error().unwrap().clone();
    assert_eq!(error.message, "STS did not take the token code that mfa_process said");
    assert_eq!(error.hint, "check the program, or run `stsd unlock CODE`");
    story.unlock("234567", 12 * HOUR);
    assert_eq!(runs(&mut story, 24 * HOUR, wrong).len(), 3);
}

#[test]
fn who_runs_a_program_to_its_third_wrong_code_hears_when_to_type_one() {
    let mut story = begin();
    let hint = |story: &Story| story.state.unlocked(ALICE, story.now()).unwrap_err().hint;
    for _ in 0..3 {
        story.seconds += 30;
        let job = unlock_by_program(&mut story).unwrap();
        story.finish(&job, failed(FailureKind::WrongCode, "AccessDenied"));
        assert!(hint(&story).starts_with("check the program, or run `stsd unlock CODE`"));
    }
    assert_eq!(hint(&story), "check the program, or run `stsd unlock CODE` in 30 seconds");
    let kept = story.state.table().session_reports(story.now())[0].last_error.clone().unwrap();
    assert_eq!(kept.hint, "check the program, or run `stsd unlock CODE`");
    story.seconds += 12;
    let told = story.begin_unlock("123456").unwrap_err();
    assert_eq!(told.code, RefusalCode::SlowDown);
    assert_eq!(told.hint, "check the program, or run `stsd unlock CODE` in 18 seconds");
    story.seconds += 18;
    assert!(story.begin_unlock("123456").is_ok());
}

#[test]
fn a_program_that_fails_three_times_is_left_alone() {
    let mut story = unlocked(12 * HOUR);
    let fails = || failed(FailureKind::Unavailable, PROGRAM_ERROR);
    assert_eq!(runs(&mut story, 24 * HOUR, fails).len(), 3);
    let error = story.state.table().session(ALICE).unwrap().last_error().unwrap().clone();
    assert_eq!(error.hint, "run the program by hand to see why, then `stsd unlock`");
}

#[test]
fn a_persons_wrong_codes_count_in_the_same_row() {
    let mut story = unlocked(12 * HOUR);
    for code in ["000001", "000002"] {
        let job = story.begin_unlock(code).unwrap();
        story.finish(&job, failed(FailureKind::WrongCode, "AccessDenied"));
    }
    let wrong = || failed(FailureKind::WrongCode, "AccessDenied");
    assert_eq!(runs(&mut story, 24 * HOUR, wrong).len(), 1);
}

#[test]
fn an_outage_is_tried_through_with_growing_pauses_and_not_for_ever() {
    let outage = || {
        let mut failure = failure(FailureKind::Unavailable, "ConnectError");
        failure.code_sent = false;
        Outcome::Failure(failure)
    };
    let mut story = unlocked(12 * HOUR);
    assert_eq!(runs(&mut story, 48 * HOUR, of_a_file).len(), 10, "so is a file that is away");
    let mut story = unlocked(12 * HOUR);
    let times = runs(&mut story, 48 * HOUR, outage);
    assert_eq!(times.len(), 10);
    assert!(times.windows(2).all(|pair| (30..=300).contains(&(pair[1] - pair[0]))), "{times:?}");
    let mut story = unlocked(12 * HOUR);
    let job = story.nap_until_due(12 * HOUR).remove(0);
    story.finish(&job, outage());
    let again = story.nap_until_due(HOUR).remove(0);
    let issued = story.issued(12 * HOUR);
    story.finish(&again, issued);
    assert_eq!(story.session_state(ALICE), SessionState::Unlocked);
}

#[test]
fn a_machine_that_slept_over_the_end_renews_when_it_wakes() {
    let mut story = unlocked(12 * HOUR);
    story.seconds = 20 * HOUR;
    let job = story.due().remove(0);
    assert!(mfa(&job).token_code.is_none());
    let issued = story.issued(12 * HOUR);
    story.finish(&job, issued);
    assert!(story.serves("default"));
}

#[test]
fn no_code_of_a_program_is_sent_twice() {
    let mut story = begin();
    let job = unlock_by_program(&mut story).unwrap();
    let issued = story.issued(12 * HOUR);
    story.finish(&job, issued);
    assert_eq!(unlock_by_program(&mut story).unwrap_err(), RefusalCode::SpentCode);
    story.seconds += 10;
    let refusal = story.state.begin_unlock(UnlockRequest::default(), story.now()).unwrap_err();
    assert_eq!(refusal.hint, "run `stsd unlock` in 21 seconds");
    story.seconds += 20;
    let job = unlock_by_program(&mut story).unwrap();
    let mut failure = failure(FailureKind::Unavailable, "ConnectError");
    failure.code_sent = false;
    story.finish(&job, Outcome::Failure(failure));
    assert!(unlock_by_program(&mut story).is_ok(), "this one never left");
}

#[test]
fn a_code_of_a_program_is_forgotten_once_when_the_program_says_it_no_more() {
    let mut story = begin();
    let job = unlock_by_program(&mut story).unwrap();
    let issued = story.issued(12 * HOUR);
    story.finish(&job, issued);
    story.state.lock(None, story.now()).unwrap();
    story.due();
    for (seconds, forgets) in [(29, false), (1, true), (1, false)] {
        story.seconds += seconds;
        let version = story.state.version();
        story.due();
        assert_eq!(story.state.version() > version, forgets, "{} s", story.seconds);
        assert_eq!(story.state.survivors().unwrap().is_empty(), story.seconds >= 30);
    }
}

#[test]
fn an_outage_that_a_person_meets_is_none_of_the_programs_mistakes() {
    let mut story = unlocked(HOUR);
    for code in ["200000", "300000", "400000", "500000"] {
        let job = story.begin_unlock(code).unwrap();
        story.finish(&job, failed(FailureKind::Unavailable, "ServiceUnavailable"));
        story.seconds += MINUTE;
    }
    assert!(story.state.table().session(ALICE).unwrap().renews_itself());
}

#[test]
fn who_types_a_code_does_not_wait_for_the_program() {
    let mut story = unlocked(12 * HOUR);
    let renewal = story.nap_until_due(12 * HOUR).remove(0);
    assert_eq!(unlock_by_program(&mut story).unwrap_err(), RefusalCode::Pending);
    let typed = story.begin_unlock("234567").unwrap();
    assert!(typed.generation > renewal.generation, "no earlier call can be taken for it");
    assert_eq!(story.begin_unlock("345678").unwrap_err().code, RefusalCode::Pending);
    story.finish(&renewal, failed(FailureKind::WrongCode, "AccessDenied"));
    assert_eq!(story.state.table().session(ALICE).unwrap().last_error(), None, "it is dropped");
    assert_eq!(story.begin_unlock("345678").unwrap_err().code, RefusalCode::Pending);
    let issued = story.issued(12 * HOUR);
    story.finish(&typed, issued);
    assert_eq!(story.session_state(ALICE), SessionState::Unlocked);
}

#[test]
fn the_program_has_its_turn_again_when_the_code_that_overtook_it_can_be_no_more() {
    let mut story = unlocked(12 * HOUR);
    story.nap_until_due(12 * HOUR).remove(0);
    let typed = story.begin_unlock("234567").unwrap();
    story.finish(&typed, failed(FailureKind::WrongCode, "AccessDenied"));
    for (seconds, runs) in [(0, 0), (29, 0), (1, 1)] {
        story.seconds += seconds;
        assert_eq!(story.due().len(), runs, "{seconds} s later");
    }
}

#[test]
fn nobody_is_told_of_an_end_that_a_program_prevents() {
    let told = |story: &mut Story, outcome: fn() -> Outcome| {
        let mut occasions = Occasions::default();
        let mut titles = Vec::new();
        story.want("prod");
        for _ in 0..24 * 60 {
            runs(story, 30, outcome);
            let notices = occasions.due(story.state.table(), story.now());
            titles.extend(notices.into_iter().map(|notice| notice.title));
        }
        titles
    };
    let mut story = unlocked(12 * HOUR);
    story.seconds = 11 * HOUR;
    let titles = told(&mut story, || failed(FailureKind::WrongCode, "AccessDenied"));
    let expected = ["ends in 9 minutes", "ends in 5 minutes", "has ended"];
    assert_eq!(
        titles,
        expected.map(|end| format!("stsd: the session {end}")),
        "once it has given up"
    );
    let mut story = unlocked(12 * HOUR);
    story.seconds = 12 * HOUR - 31 * MINUTE;
    story.nap_until_due(21 * MINUTE);
    let notices = Occasions::default().due(story.state.table(), story.now());
    assert_eq!(notices, [], "it is being renewed");
}

#[test]
fn who_overtakes_the_program_does_not_hear_the_same_twice() {
    let mut story = unlocked(12 * HOUR);
    story.nap_until_due(12 * HOUR);
    story.seconds = 12 * HOUR - 4 * MINUTE;
    let mut occasions = Occasions::default();
    assert_eq!(occasions.due(story.state.table(), story.now()).len(), 1);
    story.begin_unlock("234567").unwrap();
    assert_eq!(occasions.due(story.state.table(), story.now()), []);
}
