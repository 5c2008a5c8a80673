//! A simulation of the daemon under all that clocks, STS, the machine and its user can do to it: a
//! seed decides everything, and the next moment is the next one at which anything happens, so a year
//! takes a moment itself. What the state serves and asks for is compared with a [`reference`] that
//! knows the true time, and shares no arithmetic with the daemon.
//!
//! `cargo test -p stsd-daemon simulation` lives 1,000 session-years. A session-year is
//! a year in which an identity had a session that had not ended, on a machine that was awake. Others,
//! and the replay of a failure:
//!
//! ```sh
//! STSD_SIMULATION_YEARS=100000 cargo test --release -p stsd-daemon --test simulation
//! STSD_SIMULATION_SEED=42 cargo test -p stsd-daemon --test simulation
//! ```

mod adversary;
mod calls;
mod cast;
mod figures;
mod owner;
mod people;
mod plans;
mod programs;
mod random;
mod reference;
mod sts;
mod time;
mod world;

use std::io::Write;
use std::num::NonZero;
use std::thread;
use std::time::Instant;

use figures::Figures;
use time::YEAR;
use world::World;

#[test]
fn simulation_of_session_years_breaks_no_invariant() {
    let seed = number("STSD_SIMULATION_SEED");
    let years = number("STSD_SIMULATION_YEARS").unwrap_or(if seed.is_some() { 1 } else { 1000 });
    let (first, began) = (seed.unwrap_or(1), Instant::now());
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(16);
    let workers: Vec<_> = (0..threads)
        .map(|worker| {
            let seeds = (first..first + years).skip(worker).step_by(threads);
            thread::spawn(move || {
                seeds.map(live).try_fold(Figures::default(), |sum, lived| Ok(sum + lived?))
            })
        })
        .collect();
    let mut sum = Figures::default();
    for worker in workers {
        let lived: Result<Figures, String> = worker.join().expect("a panic has been told");
        sum = sum + lived.unwrap_or_else(|failure| panic!("{failure}"));
    }
    // Not by a macro: the harness keeps to itself what those print of a test that passes.
    let figures = format!("{sum}\nin {:.1} s\n", began.elapsed().as_secs_f64());
    std::io::stderr().write_all(figures.as_bytes()).expect("stderr is open");
    assert!(sum.session_milliseconds >= years * YEAR);
}

/// One session-year of one seed; a failure is told whole.
fn live(seed: u64) -> Result<Figures, String> {
    let mut world = World::new(seed);
    match world.run(YEAR) {
        Ok(()) => Ok(world.figures),
        Err(broken) => {
            let trail = world.trail();
            let reference::Broken { invariant, what } = broken;
            Err(format!(
                "{trail}seed {seed} breaks \"{invariant}\": {what}\n\
                 replay it: STSD_SIMULATION_SEED={seed} cargo test -p stsd-daemon --test simulation"
            ))
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {value}")))
}
