//! Cold requests: a thousand at once for one profile, and what a profile whose STS hangs does to the
//! others.

use std::io::{self, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use crate::Pace;
use crate::home::{Daemon, Stage};
use crate::load::{body_of, is_answer, median};

pub(crate) fn crowd(stage: &Stage) -> io::Result<()> {
    let daemon = stage.daemon("crowd", "")?;
    // Slow enough that every request is there before the answer is.
    let staging = "arn:aws:iam::444455556666:role/staging";
    stage.emulator(&["fault", "slow=1s", "--role-arn", staging, "--times", "1"])?;
    let before = stage.assumed(staging)?;
    let request = daemon.request("staging");
    let start = Instant::now();
    let mut callers = Vec::with_capacity(CROWD);
    for _ in 0..CROWD {
        let mut stream = daemon.tcp().connect()?;
        stream.write_all(&request)?;
        callers.push(stream);
    }
    let asked = start.elapsed();
    let mut first = Vec::new();
    for (number, mut stream) in callers.into_iter().enumerate() {
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply)?;
        if number == 0 {
            first = body_of(&reply).unwrap_or_default().to_vec();
        }
        if !is_answer(&reply, &first) {
            return Err(io::Error::other(format!("request {number} was not answered")));
        }
    }
    let answered = start.elapsed();
    let calls = stage.assumed(staging)? - before;
    if calls != 1 {
        return Err(io::Error::other(format!("{calls} calls of AssumeRole")));
    }
    println!("{CROWD} cold requests at once (goal: all answered, one AssumeRole)");
    println!(
        "  all answered, {calls} AssumeRole of 1 s; asked in {asked:.2?}, answered in {answered:.2?}"
    );
    Ok(())
}

pub(crate) fn hanging(stage: &Stage, pace: &Pace) -> io::Result<()> {
    let daemon = stage.daemon("hanging", "")?;
    let staging = "arn:aws:iam::444455556666:role/staging";
    let (warm, fetched) = latencies(stage, &daemon, pace)?;
    stage.emulator(&["fault", "hang", "--role-arn", staging])?;
    let before = stage.assumed(staging)?;
    let request = daemon.request("staging");
    let (waited, warm_beside, fetched_beside) = thread::scope(|scope| {
        let hung = scope.spawn(|| {
            let (start, mut reply) = (Instant::now(), Vec::new());
            daemon.tcp().ask(&request, &mut reply)?;
            io::Result::Ok((start.elapsed(), reply))
        });
        while stage.assumed(staging)? == before {}
        let (warm, fetched) = latencies(stage, &daemon, pace)?;
        if hung.is_finished() {
            return Err(io::Error::other("the request that hangs was over too early"));
        }
        let (waited, reply) = hung.join().map_err(|_| io::Error::other("a thread broke"))??;
        if !reply.starts_with(b"HTTP/1.1 503 ") {
            return Err(io::Error::other("the request that hangs was answered"));
        }
        Ok((waited, warm, fetched))
    })?;
    stage.emulator(&["fault", "clear"])?;
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    println!("STS hangs for one profile, latency of another (goal: 1)");
    println!(
        "  {:.2} of an answer from memory, {:.2} of a refresh; the one that hangs: 503 after {waited:.1?}",
        ratio(warm_beside, warm),
        ratio(fetched_beside, fetched)
    );
    Ok(())
}

/// Of an answer from memory, and of `stsd refresh`.
fn latencies(stage: &Stage, daemon: &Daemon, pace: &Pace) -> io::Result<(Duration, Duration)> {
    let warm = daemon.target("prod", daemon.tcp())?.load(1, pace.round)?.median;
    let mut times = Vec::new();
    for _ in 0..pace.refreshes {
        let start = Instant::now();
        daemon.client(stage, &["refresh", "prod"])?;
        times.push(start.elapsed());
    }
    Ok((warm, median(&mut times)))
}

const CROWD: usize = 1000;
