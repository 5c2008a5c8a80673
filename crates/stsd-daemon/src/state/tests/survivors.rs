//! A restart as the state sees it: what comes back, what does not, and that nothing behaves otherwise
//! for having come back.

use std::time::Duration;

use stsd_protocol::RefusalCode;
use stsd_protocol::control::SessionState;
use stsd_protocol::gateway::{FailureKind, Operation, Plan, ProfileSource};

use super::fixture::{
    ALICE, CI, HOUR, SERIAL, Story, base_is_temporary, failed, identity, plan, role_profile,
};
use crate::state::{Job, JobKind, Remembered, Restored, StsClock, Survivors};

type Change = fn(&mut Plan);

impl Story {
    /// Over the record's own JSON, as a restart goes.
    fn survivors(&self) -> Survivors {
        let survivors = self.state.survivors().unwrap();
        serde_json::from_slice(&serde_json::to_vec(&survivors).unwrap()).unwrap()
    }

    /// The next daemon, so many seconds later, under this plan.
    fn restarted(&self, seconds: u64, plan: Plan) -> (Self, Restored) {
        let mut next = Self::before_its_plan(self.state.remember());
        next.seconds = self.seconds + seconds;
        next.state.expect(self.survivors());
        assert!(next.state.replan(plan));
        let restored = next.state.restore(next.now());
        (next, restored)
    }

    fn after_a_crash(&self) -> Self {
        self.restarted(1, plan()).0
    }
}

/// Unlocked, with a role and an identity without a device in use.
fn a_day() -> Story {
    let mut story = Story::unlocked();
    story.fetch("prod", HOUR);
    let job = story.want("ci").unwrap();
    let outcome = story.issued(12 * HOUR);
    story.finish(&job, outcome);
    story.fetch("deploy", HOUR);
    story
}

#[test]
fn all_that_was_held_is_served_again_and_sts_is_asked_nothing() {
    let before = a_day();
    let (mut story, restored) = before.restarted(1, plan());
    assert_eq!(restored, Restored { sessions: 2, roles: 2 });
    for profile in ["default", "prod", "ci", "deploy"] {
        assert!(story.serves(profile), "{profile}");
        assert!(story.want(profile).is_none(), "{profile}");
    }
    assert!(story.due().is_empty());
    assert_eq!(
        story.state.table().session_reports(story.now())[0].mfa_serial.as_deref(),
        Some(SERIAL)
    );
    let same = |story: &Story| {
        let reports = story.state.table().session_reports(before.now());
        reports.into_iter().map(|one| (one.access_key_id, one.expiration)).collect::<Vec<_>>()
    };
    assert_eq!(same(&story), same(&before));
}

#[test]
fn what_came_back_is_renewed_locked_and_ends_as_if_nothing_had_happened() {
    let mut restarted = a_day().after_a_crash();
    let mut daemon = a_day();
    daemon.seconds = restarted.seconds;
    for story in [&mut restarted, &mut daemon] {
        // The roles come due, from the session, under the user's name.
        let jobs = story.nap_until_due(HOUR);
        assert!(!jobs.is_empty() && story.seconds < HOUR);
        let prod = jobs.iter().find(|job| base_is_temporary(job)).unwrap();
        let Operation::Assume(request) = &prod.operation else { panic!("{prod:?}") };
        assert_eq!(request.hops[0].role_session_name.as_deref(), Some("alice"));
        let outcome = story.issued(HOUR);
        story.finish(prod, outcome);
        assert!(story.serves("prod"));
        story.seconds = 12 * HOUR - 60;
        assert_eq!(story.session_state(ALICE), SessionState::Expiring);
        story.seconds = 12 * HOUR + 60;
        story.due();
        assert_eq!(story.session_state(ALICE), SessionState::Ended);
        assert_eq!(story.refusal("default").message, "the session has ended");
    }
    let mut story = a_day().after_a_crash();
    let now = story.now();
    let locked = story.state.lock(None, now).unwrap();
    assert!(locked.handed_out_until.is_some(), "who got them died with the daemon's memory");
    assert_eq!(story.refusal("prod").code, RefusalCode::Locked);
    assert!(story.survivors().hold_nothing());
    story.seconds += 60;
    story.unlock("654321", 12 * HOUR);
    assert!(story.serves("default"));
}

#[test]
fn a_session_that_came_back_takes_an_unlock_and_drops_what_an_earlier_one_was_told() {
    let before = Story::unlocked();
    let mut story = before.after_a_crash();
    let asked = story.begin_unlock("222222").unwrap();
    let generation = |story: &Story| story.state.table().session(ALICE).unwrap().generation;
    let first = generation(&story);
    let outcome = story.issued(12 * HOUR);
    story.finish(&asked, outcome);
    assert!(generation(&story) > first && first > 0);
    let now = story.now();
    let late = story.begin_unlock("333333").unwrap();
    story.state.lock(None, now).unwrap();
    let outcome = story.issued(12 * HOUR);
    story.finish(&late, outcome);
    assert_eq!(story.session_state(ALICE), SessionState::Locked, "a lock wins");
}

#[test]
fn an_end_that_no_clock_reaches_costs_no_session() {
    let mut story = Story::begin();
    let job = story.begin_unlock("123456").unwrap();
    let outcome = story.issued(8000 * 365 * 24 * HOUR);
    story.finish(&job, outcome);
    assert!(story.survivors().are_plausible());
    assert!(story.after_a_crash().serves("default"));
}

#[test]
fn what_the_next_daemon_would_not_believe_is_left_out_of_the_record() {
    let mut story = Story::unlocked();
    story.state.table.clocks.hear(&StsClock::default(), 1 << 40);
    let survivors = story.survivors();
    assert!(survivors.are_plausible());
    assert_eq!((survivors.clocks.len(), survivors.sessions.len()), (0, 1));
}

#[test]
fn nothing_that_has_ended_comes_back() {
    let before = a_day();
    for (seconds, sessions, roles) in
        [(HOUR - 60, 2, 2), (HOUR, 2, 0), (12 * HOUR - 60, 2, 0), (12 * HOUR, 0, 0)]
    {
        let (story, restored) = before.restarted(seconds, plan());
        assert_eq!(restored, Restored { sessions, roles }, "{seconds}");
        assert_eq!(story.serves("default"), sessions > 0);
        assert_eq!(story.serves("prod"), roles > 0);
    }
}

#[test]
fn what_the_files_no_longer_mean_does_not_come_back() {
    let changed = |change: Change| {
        let mut plan = plan();
        change(&mut plan);
        a_day().restarted(1, plan).1
    };
    let all = Restored { sessions: 2, roles: 2 };
    let table: [(Change, Restored); 6] = [
        (|_| {}, all),
        (
            |plan| plan.profiles[1] = role_profile("prod", ALICE, "other"),
            Restored { roles: 1, ..all },
        ),
        (|plan| plan.profiles[1] = role_profile("prod", CI, "prod"), Restored { roles: 1, ..all }),
        (|plan| plan.profiles[1].name = "production".to_owned(), Restored { roles: 1, ..all }),
        (
            |plan| plan.identities[0] = identity("AKIAANOTHEREXAMPLE", "default", None),
            Restored { sessions: 1, roles: 1 },
        ),
        (|plan| plan.identities[0].program = Some(7), Restored { sessions: 1, roles: 1 }),
    ];
    for (change, expected) in table {
        assert_eq!(changed(change), expected);
    }
    // What does not change the credentials does not cost them.
    let region = changed(|plan| plan.profiles[1].region = Some("eu-west-1".to_owned()));
    assert_eq!(region, all);
    let device = changed(|plan| plan.identities[0].mfa_serial = None);
    assert_eq!(device, all);
    let gone = changed(|plan| {
        plan.profiles[1].source =
            ProfileSource::Invalid { reason: String::new(), hint: String::new() };
    });
    assert_eq!(gone, Restored { roles: 1, ..all });
}

#[test]
fn what_was_locked_by_hand_does_not_come_back_whatever_the_record_says() {
    let before = a_day();
    for (locked, sessions, roles) in [("*", 0, 0), (ALICE, 1, 1), (CI, 1, 1), ("AKIAOTHER", 2, 2)] {
        let locked = [locked.to_owned()].into();
        let mut next = Story::before_its_plan(Remembered { locked, ..Remembered::default() });
        next.state.expect(before.survivors());
        next.state.replan(plan());
        assert_eq!(next.state.restore(next.now()), Restored { sessions, roles });
    }
}

#[test]
fn a_lock_before_the_first_plan_forgets_what_was_to_come_back() {
    let before = a_day();
    let mut next = Story::before_its_plan(Remembered::default());
    next.state.expect(before.survivors());
    assert!(next.state.survivors().is_none(), "the record stays as it is until then");
    next.state.lock(None, next.now()).unwrap();
    assert!(next.survivors().hold_nothing());
    next.state.replan(plan());
    assert_eq!(next.state.restore(next.now()), Restored::default());
    assert!(!next.serves("default"));
}

#[test]
fn what_was_to_come_back_waits_for_files_that_can_be_read() {
    let before = a_day();
    let mut next = Story::before_its_plan(Remembered::default());
    next.state.expect(before.survivors());
    let refusal = stsd_protocol::Refusal::new(RefusalCode::Unavailable, "no gateway");
    next.state.plan_failed(refusal);
    assert!(next.state.survivors().is_none());
    next.state.replan(plan());
    assert_eq!(next.state.restore(next.now()).sessions, 2);
    assert_eq!(next.survivors().sessions.len(), 2);
}

/// As files read that are gone for a moment: no mistake, and nobody's keys.
fn nothing() -> Plan {
    Plan { profiles: Vec::new(), identities: Vec::new(), ..plan() }
}

#[test]
fn a_session_waits_for_files_that_show_its_identity_again() {
    let (mut next, restored) = a_day().restarted(1, nothing());
    assert_eq!(restored, Restored::default());
    assert_eq!(next.survivors().sessions.len(), 2, "the record still has them");
    // Another restart while they wait changes nothing.
    next = next.restarted(1, nothing()).0;
    let mut alone = plan();
    alone.identities.retain(|identity| identity.keys.identity == ALICE);
    next.state.replan(alone);
    assert_eq!(next.state.restore(next.now()).sessions, 1);
    assert!(next.serves("default"));
    assert_eq!(next.survivors().sessions.len(), 2);
    next.state.replan(plan());
    assert_eq!(next.state.restore(next.now()).sessions, 1);
    assert!(next.serves("default") && next.serves("ci"));
    assert_eq!(next.survivors().sessions.len(), 2);
}

#[test]
fn a_session_waits_until_its_end_or_a_lock_and_for_no_other_program() {
    let (mut next, _) = a_day().restarted(1, nothing());
    next.seconds = 12 * HOUR;
    let version = next.state.version();
    next.due();
    assert!(next.survivors().hold_nothing() && next.state.version() > version);

    let (mut next, _) = a_day().restarted(1, nothing());
    next.state.age(&StsClock::default(), Duration::from_secs(12 * HOUR));
    next.due();
    assert!(next.survivors().hold_nothing(), "a paused machine has slept through it");

    let (mut next, _) = a_day().restarted(1, nothing());
    next.state.lock(None, next.now()).unwrap();
    assert!(next.survivors().hold_nothing());
    next.state.replan(plan());
    assert_eq!(next.state.restore(next.now()), Restored::default());

    let (mut next, _) = a_day().restarted(1, nothing());
    let mut other = plan();
    other.identities[0].program = Some(7);
    next.state.replan(other);
    assert_eq!(next.state.restore(next.now()).sessions, 1);
    next.state.replan(plan());
    assert_eq!(next.state.restore(next.now()).sessions, 0, "a mismatch is the end");
}

#[test]
fn a_spent_code_stays_spent_and_a_guesser_stays_slow() {
    let mut story = Story::unlocked();
    for code in ["111111", "222222", "333333"] {
        let job = story.begin_unlock(code).unwrap();
        story.finish(&job, failed(FailureKind::WrongCode, "AccessDenied"));
    }
    let mut next = story.after_a_crash();
    assert_eq!(next.begin_unlock("444444").unwrap_err().code, RefusalCode::SlowDown);
    next.seconds += 31;
    for code in ["123456", "333333"] {
        assert_eq!(next.begin_unlock(code).unwrap_err().code, RefusalCode::SpentCode, "{code}");
    }
    next.begin_unlock("444444").unwrap();
}

#[test]
fn a_code_that_was_spent_stays_so_over_a_lock_and_a_restart_for_as_long_as_sts_would_take_it() {
    let mut story = Story::unlocked();
    let now = story.now();
    story.state.lock(None, now).unwrap();
    assert!(!story.survivors().is_empty(), "what the code is known by");
    let mut next = story.after_a_crash();
    assert_eq!(next.session_state(ALICE), SessionState::Locked);
    assert_eq!(next.begin_unlock("123456").unwrap_err().code, RefusalCode::SpentCode);
    let text = serde_json::to_string(&next.survivors()).unwrap();
    assert!(!text.contains("123456") && !text.contains("SecretAccessKey"), "{text}");
    next.seconds += 120;
    let before = next.state.version();
    next.due();
    assert!(next.state.version() > before && next.survivors().is_empty(), "{:?}", next.survivors());
    next.begin_unlock("123456").unwrap();
}

#[test]
fn a_code_that_a_program_said_stays_spent_over_a_lock_and_a_restart() {
    let programmed = || {
        let mut plan = plan();
        plan.identities[0].mfa_process = true;
        plan
    };
    let unlock = |story: &mut Story| {
        let now = story.now();
        story.state.begin_unlock(stsd_protocol::control::UnlockRequest::default(), now)
    };
    let mut story = Story::begin();
    story.state.replan(programmed());
    let job = unlock(&mut story).unwrap();
    let outcome = story.issued(12 * HOUR);
    story.finish(&job, outcome);
    let now = story.now();
    story.state.lock(None, now).unwrap();
    assert!(!story.survivors().is_empty());
    let (mut next, _) = story.restarted(1, programmed());
    assert_eq!(unlock(&mut next).unwrap_err().code, RefusalCode::SpentCode);
    next.seconds += 30;
    next.due();
    assert!(next.survivors().hold_nothing());
    unlock(&mut next).unwrap();
}

#[test]
fn a_code_that_was_under_way_is_spent() {
    let mut story = Story::unlocked();
    story.begin_unlock("777777").unwrap();
    let mut next = story.after_a_crash();
    assert_eq!(next.begin_unlock("777777").unwrap_err().code, RefusalCode::SpentCode);
    assert!(next.serves("default"), "the session that there was is still there");
    next.begin_unlock("888888").unwrap();
}

#[test]
fn the_clock_that_sts_has_told_is_still_known() {
    let mut story = Story::begin();
    let job = story.begin_unlock("123456").unwrap();
    let outcome = story.issued(12 * HOUR);
    let finished = crate::state::Finished {
        kind: job.kind.clone(),
        generation: job.generation,
        asked: job.asked.clone(),
        outcome,
        sts_date: Some(story.date().plus(Duration::from_secs(400))),
    };
    let now = story.now();
    story.state.finish(finished, now);
    let next = story.after_a_crash();
    assert_eq!(next.state.table().clock_offset(next.now()), 400);
}

#[test]
fn a_pause_before_the_files_were_read_is_noticed_when_they_were() {
    let mut before = a_day();
    before.due();
    let mut story = Story::before_its_plan(before.state.remember());
    story.seconds = before.seconds;
    story.state.expect(before.survivors());
    let now = story.now();
    let now = crate::clock::Now { wall: now.wall + Duration::from_secs(13 * HOUR), ..now };
    assert!(story.state.due(now).is_empty(), "there is nothing to ask with");
    assert!(story.state.replan(plan()));
    story.state.restore(now);
    let jobs = story.state.due(now);
    assert!(matches!(jobs[..], [Job { kind: JobKind::Time { .. }, .. }]), "{jobs:?}");
}
