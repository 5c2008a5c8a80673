//! What it costs to ask who calls, with few sockets open on the machine and with many:
//!
//! ```sh
//! cargo run --release -p stsd-daemon --example caller_cost
//! ```
//!
//! The cost is the kernel's: two system calls. An empty one is timed beside it, as a measure of the
//! machine.

use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{getppid, getuid};
use stsd_daemon::caller::TcpCallers;

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(connections) = std::env::args().nth(1) {
        return hold(connections.parse()?);
    }
    let callers = TcpCallers::open(getuid().as_raw())?;
    let open = connect(5)?;
    let few = measure(&callers, &open)?;
    println!("with little more than 10 sockets: {few}");
    let others = Others::start(SOCKETS)?;
    let many = measure(&callers, &open)?;
    println!("with {SOCKETS} sockets more: {many}");
    drop(others);
    let empty = timed(|| {
        let _ = black_box(getppid());
        Ok(())
    })?;
    println!("an empty system call: {empty}");
    println!("ratio of the medians: {:.2}", many.median.as_secs_f64() / few.median.as_secs_f64());
    Ok(())
}

/// Both ends of so many connections.
fn connect(count: usize) -> std::io::Result<Vec<(TcpStream, TcpStream)>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let door = listener.local_addr()?;
    (0..count)
        .map(|_| {
            let client = TcpStream::connect(door)?;
            Ok((client, listener.accept()?.0))
        })
        .collect()
}

/// What a child does: opens connections, says so, and keeps them until its standard input ends.
fn hold(connections: usize) -> Result<(), Box<dyn Error>> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    let open = connect(connections)?;
    println!("ready");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    drop(open);
    Ok(())
}

/// Processes with many sockets: one alone may not have as many.
struct Others(Vec<Child>);

impl Others {
    fn start(sockets: usize) -> Result<Self, Box<dyn Error>> {
        let mut others = Self(Vec::new());
        for _ in 0..sockets / EACH {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg((EACH / 2).to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = command.spawn()?;
            let said = child.stdout.take().map(BufReader::new);
            others.0.push(child);
            let first = said.and_then(|said| said.lines().next()).transpose()?;
            if first.as_deref() != Some("ready") {
                return Err("a process could not open its sockets".into());
            }
        }
        Ok(others)
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        for child in &mut self.0 {
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

struct Cost {
    median: Duration,
    p99: Duration,
}

impl std::fmt::Display for Cost {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let micros = |length: Duration| length.as_secs_f64() * 1e6;
        write!(out, "{:.2} µs median, {:.2} µs p99", micros(self.median), micros(self.p99))
    }
}

fn measure(callers: &TcpCallers, open: &[(TcpStream, TcpStream)]) -> Result<Cost, Box<dyn Error>> {
    let mut addresses = Vec::new();
    for (_, accepted) in open {
        addresses.push((accepted.peer_addr()?, accepted.local_addr()?));
    }
    let mut turns = addresses.iter().cycle();
    timed(|| {
        if let Some((peer, local)) = turns.next() {
            black_box(callers.check(black_box(*peer), *local))?;
        }
        Ok(())
    })
}

fn timed(mut what: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<Cost, Box<dyn Error>> {
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        what()?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    Ok(Cost { median: took[TIMES / 2], p99: took[TIMES * 99 / 100] })
}

const TIMES: usize = 200_000;
const SOCKETS: usize = 50_000;
/// In one process, whose limit of descriptors is seldom below 20,000 when raised.
const EACH: usize = 10_000;
