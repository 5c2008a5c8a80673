//! Fifty daemons started at once: one runs, and the others say so and leave.
//!
//! `STSD_ROUNDS=100 cargo test -p stsd-tests --test e2e starts::` is the full form.

use std::fs;
use std::process::{Child, Stdio};
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use stsd_tests::{Daemon, Fixture, Log, PATIENCE};

const STARTS: usize = 50;

/// All but the winner, with what they said and with which code they left.
struct Race {
    winner: Child,
    losers: Vec<(Option<i32>, String)>,
}

#[test]
fn of_fifty_daemons_started_at_once_one_runs_and_the_others_say_so() {
    let rounds = std::env::var("STSD_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let stsd = Fixture::builder().no_daemon().start();
    let begin = Instant::now();
    let mut token = None;
    for round in 0..rounds {
        let mut race = race(&stsd);
        let pid = race.winner.id();
        assert_eq!(race.losers.len(), STARTS - 1);
        for (code, said) in &race.losers {
            assert_eq!(*code, Some(75), "round {round}: {said}");
            assert!(said.contains("error: another stsd-daemon is running"), "{said}");
            assert!(said.contains("hint: use that one"), "{said}");
        }
        assert_eq!(stsd.status()["pid"], pid, "round {round}");
        nothing_is_half_written(&stsd);
        let there = stsd.authorization();
        assert_eq!(token.get_or_insert_with(|| there.clone()), &there, "round {round}");
        // By turns: whoever is killed leaves its socket files to the next round.
        let signal = if round % 2 == 0 { Signal::SIGKILL } else { Signal::SIGTERM };
        kill(Pid::from_raw(pid.cast_signed()), signal).unwrap();
        race.winner.wait().unwrap();
    }
    println!("{STARTS} starts at once, {rounds} rounds: {rounds} winners, {:?}", begin.elapsed());
}

fn race(stsd: &Fixture) -> Race {
    let line = Barrier::new(STARTS);
    let children: Vec<(Child, Log)> = thread::scope(|scope| {
        let start = || {
            let mut command = Daemon::command(&stsd.programs, &stsd.home);
            command.args(["--listen", "127.0.0.1:0"]).stderr(Stdio::piped());
            line.wait();
            let mut child = command.spawn().unwrap();
            let log = Daemon::log_of(&command, &mut child);
            (child, log)
        };
        let starts: Vec<_> = (0..STARTS).map(|_| scope.spawn(start)).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let (mut winners, mut losers) = (Vec::new(), Vec::new());
    for (mut child, log) in children {
        // To the end of what a loser says, or to the winner's ready line.
        if log.line_after(0, "stsd-daemon: ready on ", PATIENCE).is_some() {
            winners.push(child);
        } else {
            let code = child.wait().unwrap().code();
            losers.push((code, log.text()));
        }
    }
    assert_eq!(winners.len(), 1, "{losers:?}");
    Race { winner: winners.remove(0), losers }
}

fn nothing_is_half_written(stsd: &Fixture) {
    let places = stsd.places();
    for folder in [places.state.clone(), places.state.join("aws"), places.runtime.clone()] {
        for entry in fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.ends_with(".new~"), "{name} is half of a file");
        }
    }
}
