//! The credentials endpoint, one connection a request and every check on, against nginx and the bare
//! server: over TCP and on the socket, with one client and with many.

use std::io;

use crate::Pace;
use crate::home::Stage;
use crate::load::{Address, Round, Target};
use crate::servers::Others;

pub(crate) fn compare(stage: &Stage, pace: &Pace) -> io::Result<()> {
    let daemon = stage.daemon("endpoint", "")?;
    let stsd = daemon.target("prod", daemon.tcp())?;
    let others = Others::start(&stsd)?;
    println!("endpoint over TCP, a connection each request (goal: 0.9 of nginx)");
    compare_doors(&stsd, &others.tcp, pace)?;
    println!("endpoint on creds.sock");
    let address = Address::Unix(daemon.socket("creds.sock"));
    compare_doors(&Target { address, ..stsd }, &others.unix, pace)
}

fn compare_doors(stsd: &Target, others: &[Target], pace: &Pace) -> io::Result<()> {
    for clients in [1, 16, 32] {
        let mut rounds = vec![Vec::new(); others.len() + 1];
        for _ in 0..pace.rounds {
            for (target, rounds) in others.iter().chain([stsd]).zip(&mut rounds) {
                rounds.push(target.load(clients, pace.round)?);
            }
        }
        if let Some((ours, theirs)) = rounds.split_last() {
            let ratios: Vec<_> =
                others.iter().zip(theirs).map(|(other, rounds)| of(other, ours, rounds)).collect();
            let p50 = ours.iter().map(|round| round.median).min().unwrap_or_default();
            println!("  {clients:2} clients: {} (p50 {p50:.1?})", ratios.join("; "));
        }
    }
    Ok(())
}

/// The ratio of the best rounds' answers a second, and that of the least time on a processor for each
/// answer: the second hardly moves when the machine is busy with something else.
fn of(other: &Target, ours: &[Round], theirs: &[Round]) -> String {
    let best = |rounds: &[Round]| rounds.iter().map(|round| round.per_second).fold(0.0, f64::max);
    let least = |rounds: &[Round]| rounds.iter().map(|round| round.cpu).fold(f64::MAX, f64::min);
    let (answers, cpu) = (best(ours) / best(theirs), least(ours) / least(theirs));
    format!("{answers:.2} of {} (by {cpu:.2} of its CPU time)", other.name)
}
