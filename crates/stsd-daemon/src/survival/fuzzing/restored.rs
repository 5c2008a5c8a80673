//! What the state makes of a record that was believed: it serves nothing that has ended or was locked, now
//! or later, and whatever comes next does not end the daemon.

use std::time::{Duration, UNIX_EPOCH};

use stsd_protocol::Timestamp;
use stsd_protocol::control::UnlockRequest;
use stsd_protocol::gateway::{Failure, FailureKind, Outcome, Settings};
use stsd_secret::Secret;

use super::plan::{IDENTITIES, PROFILES, plan};
use crate::clock::Now;
use crate::schedule::{LONGEST_NAP, LONGEST_SERVED};
use crate::state::{Answer, Finished, Held, Job, Options, Remembered, State, Survivors};

/// The boot clock when the record is found, and the date then.
pub(super) const NOW: Duration = Duration::from_secs(1_000_000);
pub(super) const DATE: u64 = 1_800_000_000;

/// Goes on with it as a daemon does.
pub(super) fn restored(survivors: &Survivors) {
    if !survivors.are_of_the_past(NOW) {
        return;
    }
    for locked in ["", "*", IDENTITIES[0]] {
        let state = restarted(survivors, locked);
        serves_what_lasts(&state, locked, at(NOW));
        survives_again(&state, locked);
        lives_on(state, locked);
    }
}

fn at(boot: Duration) -> Now {
    let date = Duration::from_secs(DATE) + boot.saturating_sub(NOW);
    Now { wall: UNIX_EPOCH + date, boot }
}

/// The state after its first plan. Before it, nothing is served, and the record stays as it is.
fn restarted(survivors: &Survivors, locked: &str) -> State {
    let options = Options {
        default_profile: PROFILES[0].to_owned(),
        prompt: true,
        session_duration: Duration::from_secs(12 * 3600),
        settings: Settings::default(),
        seed: 1,
    };
    let locked = Some(locked.to_owned()).filter(|locked| !locked.is_empty());
    let remembered = Remembered { locked: locked.into_iter().collect(), ..Remembered::default() };
    let mut state = State::new(remembered, options);
    state.expect(survivors.clone());
    assert!(state.survivors().is_none());
    assert!(state.replan(plan()));
    assert!(ready(&state, at(NOW)).is_empty());
    let restored = state.restore(at(NOW));
    assert!(
        restored.sessions <= survivors.sessions.len() && restored.roles <= survivors.roles.len()
    );
    state
}

/// What each profile that is served has.
fn ready(state: &State, now: Now) -> Vec<(&'static str, std::sync::Arc<Held>)> {
    let answer = |name: &&'static str| match state.table().answer(Some(name), now) {
        Answer::Ready(held) => Some((*name, held)),
        Answer::Cold | Answer::Fetching | Answer::Refuse(_) => None,
    };
    PROFILES.iter().filter_map(answer).collect()
}

fn serves_what_lasts(state: &State, locked: &str, now: Now) {
    for (name, held) in ready(state, now) {
        let place = PROFILES.iter().position(|profile| *profile == name).unwrap_or_default();
        assert!(locked != "*" && locked != IDENTITIES[place / 2], "{name} is locked");
        assert!(held.ends() > now.boot && held.begins() <= NOW, "{name} has ended");
        let given = held.expiration().since(held.issued);
        assert!(held.ends() - held.begins() <= given.min(Duration::from_secs(36 * 3600)), "{name}");
        let served = held.serve(now);
        assert!(served.expiration <= now.date().plus(LONGEST_SERVED), "{name} for too long");
        // By a clock that is fast it has ended; and of less than a minute, less than a second is left.
        let life = held.ends() - held.begins();
        let at_once = life < Duration::from_secs(60) || held.expiration() <= now.date();
        assert!(served.expiration > now.date() || at_once, "{name} ends at once");
        for text in [&served.secret_access_key, &served.session_token] {
            assert!(!text.expose().is_empty() && text.expose().len() < 8192, "{name}");
        }
    }
}

/// What a third daemon finds can be read, and is for no longer.
fn survives_again(state: &State, locked: &str) {
    let again = state.survivors().expect("the plan has come");
    assert!(again.are_plausible() && again.are_of_the_past(NOW));
    assert!(locked != "*" || again.hold_nothing(), "what is locked is kept");
    let other = restarted(&again, locked);
    let held = |state: &State| {
        let all = ready(state, at(NOW)).into_iter();
        all.map(|(name, held)| (name, held.lasting(), held.expiration())).collect::<Vec<_>>()
    };
    assert_eq!(held(&other), held(state));
}

/// To the end of all that it holds, with an STS that refuses, and then a lock.
fn lives_on(mut state: State, locked: &str) {
    let mut ends: Vec<_> = ready(&state, at(NOW)).iter().map(|(_, held)| held.ends()).collect();
    ends.sort_unstable();
    guess(&mut state, at(NOW));
    for boot in [NOW].into_iter().chain(ends.iter().copied()).chain([NOW + 400 * DAY]) {
        for now in [boot.saturating_sub(Duration::from_nanos(1)).max(NOW), boot].map(at) {
            for job in state.due(now) {
                refuse(&mut state, job, FailureKind::WrongCode, now);
            }
            serves_what_lasts(&state, locked, now);
            assert!(state.nap(now) <= LONGEST_NAP);
            let shown = serde_json::to_string(&state.table().profile_reports(now));
            assert!(shown.is_ok() && !state.table().session_reports(now).is_empty());
        }
    }
    assert!(ready(&state, at(NOW + 400 * DAY)).is_empty(), "served for ever");
    let mut state = restarted(&state.survivors().unwrap_or_default(), locked);
    state.lock(None, at(NOW)).expect("everything can be locked");
    assert!(ready(&state, at(NOW)).is_empty());
    assert!(state.survivors().is_some_and(|survivors| survivors.hold_nothing()));
}

/// A person who mistypes the code again and again.
fn guess(state: &mut State, now: Now) {
    for code in ["111111", "222222", "333333"] {
        let token_code = Some(Secret::new(code));
        let request = UnlockRequest { token_code, ..UnlockRequest::default() };
        if let Ok(job) = state.begin_unlock(request, now) {
            refuse(state, job, FailureKind::WrongCode, now);
        }
    }
}

fn refuse(state: &mut State, job: Job, kind: FailureKind, now: Now) {
    let failure = Failure {
        kind,
        code: "AccessDenied".to_owned(),
        message: "MultiFactorAuthentication failed".to_owned(),
        retryable: false,
        http_status: Some(403),
        code_sent: true,
    };
    let finished = Finished {
        kind: job.kind,
        generation: job.generation,
        asked: job.asked,
        outcome: Outcome::Failure(failure),
        sts_date: Some(Timestamp::from_unix(now.date().unix())),
    };
    state.finish(finished, now);
}

const DAY: Duration = Duration::from_secs(24 * 3600);
