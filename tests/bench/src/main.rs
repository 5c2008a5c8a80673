//! Compares stsd with other programs, in turns, and prints the ratios. `tests/bench/run` builds
//! everything and starts it.

mod cold;
mod endpoint;
mod home;
mod idle;
mod load;
mod many_profiles;
mod process;
mod servers;
mod whole_process;

use std::env::args;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::home::Stage;

/// How much of everything.
pub(crate) struct Pace {
    /// Rounds of load on each server, and their length.
    rounds: usize,
    round: Duration,
    /// Whole processes of each kind.
    processes: usize,
    /// Starts and readings of each daemon.
    starts: usize,
    /// Refreshes; all of them, and a round, fit into the 4.5 s that a request is held.
    refreshes: usize,
    /// How long the idle daemon is watched.
    idle: Duration,
}

const LONG: Pace = Pace {
    rounds: 20,
    round: Duration::from_millis(200),
    processes: 400,
    starts: 15,
    refreshes: 40,
    idle: Duration::from_secs(15),
};

const SHORT: Pace = Pace {
    rounds: 8,
    round: Duration::from_millis(100),
    processes: 100,
    starts: 5,
    refreshes: 20,
    idle: Duration::from_secs(3),
};

fn main() -> ExitCode {
    let words: Vec<_> = args().skip(1).collect();
    let outcome = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [programs] => run(programs.into(), &LONG),
        [programs, "--short"] => run(programs.into(), &SHORT),
        _ => Err(io::Error::other("usage: tests/bench/run [--short]")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Each part has an emulator of its own: a device has but few codes at any moment, and each works once.
fn run(programs: PathBuf, pace: &Pace) -> io::Result<()> {
    let stage = || Stage::new(programs.clone());
    endpoint::compare(&stage()?, pace)?;
    whole_process::compare(&stage()?, pace)?;
    many_profiles::compare(&stage()?, pace)?;
    cold::crowd(&stage()?)?;
    cold::hanging(&stage()?, pace)?;
    idle::measure(&stage()?, pace)
}
