//! Hostile requests against the real daemon, unlocked and with credentials at hand, at each of its doors:
//! every mutation of the tables in [`families`] on every request of [`seeds`], and pairs of them.
//! Nothing but the unchanged request is answered with credentials, each answer is the one that its
//! family has, and after each case the daemon answers a good request at once.
//!
//! Every case but the pairs is the same each time; a seed of chance chooses those.
//!
//! ```sh
//! cargo test -p stsd-tests --test hostile                             # with its figures
//! STSD_HOSTILE_PAIRS=100000 STSD_HOSTILE_SEED=42 cargo test -p stsd-tests --test hostile
//! ```

mod case;
mod crowded;
mod doors;
mod families;
mod figures;
mod random;
mod request;
mod seeds;
mod slow;
mod verdict;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use case::Case;
use doors::Outcome;
use figures::Figures;
use random::Random;
use seeds::Seed;
use stsd_protocol::control::CREDENTIALS;
use stsd_tests::Fixture;
use stsd_tests::leaks::Planted;

#[test]
fn hostile_requests_see_no_credential_and_delay_no_good_one() {
    let (stsd, seeds, secrets) = unlocked();
    let number = |variable: &str| {
        let value = std::env::var(variable).ok()?;
        Some(value.parse::<u64>().unwrap_or_else(|_| panic!("{variable} is not a number: {value}")))
    };
    let chance = number("STSD_HOSTILE_SEED").unwrap_or(1);
    let pairs = number("STSD_HOSTILE_PAIRS").unwrap_or(1500);
    let pairs = usize::try_from(pairs).expect("they would not fit into memory");
    let cases = case::one_by_one(&seeds, pairs, &mut Random::seeded(chance));
    let mut figures = Figures::default();
    let mut failures = Vec::new();
    for case in &cases {
        figures.count(case);
        failures.extend(case.run(&secrets).err());
        figures.after.push(prompt(&case.seed).unwrap_or_else(|why| panic!("after {case}: {why}")));
    }
    figures.tell(&format!("one by one, seed {chance}"));
    none(&failures);
    assert!(figures.hostile() >= 2000, "{figures}");
    assert_served(&stsd, seeds.len() + figures.good + figures.after.len());
}

#[test]
fn slow_bytes_and_second_requests_get_nothing_in_their_time() {
    let (_stsd, seeds, secrets) = unlocked();
    let (slow, over) = (case::slow(&seeds), AtomicBool::new(false));
    let mut figures = Figures::default();
    thread::scope(|scope| {
        let good = scope.spawn(|| {
            let mut times = Vec::new();
            while !over.load(Ordering::SeqCst) {
                let all =
                    seeds.iter().map(|seed| prompt(seed).expect("a good request is answered"));
                times.extend(all);
            }
            times
        });
        for (case, outcome) in at_once(&slow, &secrets, &mut figures) {
            figures.silent.extend(case.falls_silent().then_some(outcome.took));
        }
        over.store(true, Ordering::SeqCst);
        figures.after = good.join().expect("the good requests were answered");
    });
    figures.tell("slow, side by side");
    let early = figures.silent.iter().filter(|time| **time < Duration::from_millis(1900)).count();
    assert_eq!(early, 0, "nobody who is only slow is cut before the deadline");
}

/// Beyond ten within a minute their sender hears late that they are wrong, or not at all. Who sends the good
/// ones here is the same sender.
#[test]
fn wrong_authorization_tokens_open_nothing_and_the_right_one_goes_on_to() {
    let (stsd, seeds, secrets) = unlocked();
    let mut figures = Figures::default();
    let cases = case::wrong_tokens(&seeds);
    // Some of each lot are answered a second late.
    let lots = cases.chunks(80).map(|lot| at_once(lot, &secrets, &mut figures));
    let outcomes: Vec<_> = lots.collect::<Vec<_>>().concat();
    let told = outcomes.iter().filter(|(_, outcome)| !outcome.answer.is_empty()).count();
    assert!(told >= 10, "{told} of {} were told", outcomes.len());
    figures.after.push(prompt(&seeds[0]).expect("the right one is answered at once"));
    figures.tell(&format!("wrong authorization tokens, {told} told so and the others reset"));
    assert_served(&stsd, seeds.len() + 1);
}

/// Runs all of them beside each other.
fn at_once<'a>(
    cases: &'a [Case],
    secrets: &[Planted],
    figures: &mut Figures,
) -> Vec<(&'a Case, Outcome)> {
    let mut failures = Vec::new();
    let mut outcomes = Vec::new();
    thread::scope(|scope| {
        let running: Vec<_> = cases.iter().map(|case| scope.spawn(|| case.run(secrets))).collect();
        for (case, running) in cases.iter().zip(running) {
            figures.count(case);
            match running.join().expect("a case fails without a panic") {
                Ok(outcome) => outcomes.push((case, outcome)),
                Err(why) => failures.push(why),
            }
        }
    });
    none(&failures);
    outcomes
}

/// A daemon with everything at hand, its good requests, and what it may not tell.
fn unlocked() -> (Fixture, Vec<Seed>, Vec<Planted>) {
    let stsd = Fixture::start();
    stsd.unlock();
    let seeds = seeds::all(&stsd);
    let secrets = seeds::secrets(&stsd, &seeds);
    assert_served(&stsd, seeds.len());
    (stsd, seeds, secrets)
}

/// Makes sure that the daemon itself says it has handed out credentials so many times. Its lines come
/// in order, and the good requests' last: once they are there, so are any others.
fn assert_served(stsd: &Fixture, times: usize) {
    let says = |line: &&str| {
        line.contains(": served") || line.contains(CREDENTIALS) && line.ends_with(": answered")
    };
    let served = |stsd: &Fixture| stsd.daemon().log().text().lines().filter(says).count();
    assert_eq!(stsd.until(served, |said| *said >= times), times, "by the daemon's own count");
}

/// A good request is answered, and how soon.
fn prompt(seed: &Seed) -> Result<Duration, String> {
    let took = seed.good()?.took;
    if took < PROMPT { Ok(took) } else { Err(format!("the good request took {took:?}")) }
}

fn none(failures: &[String]) {
    let shown: Vec<_> = failures.iter().take(20).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} failed, among them:\n{}", failures.len(), shown.join("\n"));
}

/// Far more than a good request takes on a loaded machine, and yet an end.
const PROMPT: Duration = Duration::from_secs(10);
