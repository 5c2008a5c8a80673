//! A door that 5,000 connections of the same user hold, more than twice its places, or 2,500 with more to
//! say: a good request is answered there all the same, and the daemon leaves nobody waiting for nothing. It prints how
//! soon that is.

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use stsd_tests::Fixture;

use crate::doors::{Connection, Door};
use crate::figures::say;
use crate::seeds::{self, Seed};

#[test]
fn a_door_held_by_5000_connections_answers_a_good_request_soon() {
    let room = room_for_connections();
    // At trace, the daemon would mostly write its log.
    let stsd = Fixture::builder().variable("STSD_LOG", "info").start();
    stsd.unlock();
    let doors = seeds::all(&stsd).into_iter().filter(|seed| seed.name == "curl" || !seed.is_tcp());
    for seed in doors.filter(|seed| !seed.is_control()) {
        seed.good().expect("a good request is answered");
        let mark = stsd.daemon().log().mark();
        let all = matches!(seed.door, Door::V4(_));
        let ways = ways_to_stay(&seed).into_iter().filter(|way| all || way.name == HALF);
        let fills: Vec<_> = ways.map(|way| way.is_stood(&seed, room, &stsd)).collect();
        let line = format!("door=\"{}\"", seed.door.name());
        let log = stsd.daemon().log().text();
        let full = |said: &str| said.contains("all places are taken") && said.contains(&line);
        let was_full = log.lines().skip(mark).any(full);
        if !was_full {
            say(&format!("{line} was not full"));
        }
        assert!(was_full || !fills.contains(&true), "{line} was not full");
    }
}

/// What they send before they fall silent.
struct Way {
    name: &'static str,
    count: usize,
    bytes: Vec<u8>,
    /// Whether all of them stay until the daemon ends their silence.
    silent: bool,
}

/// Nothing, a part, and what is refused.
fn ways_to_stay(seed: &Seed) -> [Way; 3] {
    let good = seed.request.bytes();
    let refused = b"GET / HTTP/1.0\r\n\r\n".to_vec();
    [
        Way { name: "silence", count: 5000, bytes: Vec::new(), silent: true },
        Way { name: HALF, count: 5000, bytes: good[..good.len() - 2].to_vec(), silent: true },
        Way { name: "refused ones that stay", count: 2500, bytes: refused, silent: false },
    ]
}

impl Way {
    /// Holds the door, and makes sure that a good request is answered. Says whether the door must have been
    /// full: the first were there still when the last came.
    fn is_stood(&self, seed: &Seed, room: usize, stsd: &Fixture) -> bool {
        let (name, door, count) = (self.name, seed.door.name(), self.count.min(room));
        let (began, pid) = (Instant::now(), stsd.daemon().pid());
        let held: Vec<_> = (0..count).map(|_| hold(&seed.door, &self.bytes)).collect();
        let opening = began.elapsed();
        let (asked, before) = (Instant::now(), busy(pid));
        seed.good().unwrap_or_else(|why| panic!("{name}: {why}"));
        let took = asked.elapsed();
        // A busy machine keeps the daemon from taking them all; it is not that which is asked here.
        let idle = took.saturating_sub(busy(pid).saturating_sub(before));
        say(&format!(
            "{door}, held by {count} of {name} that came within {opening:.1?}: a good request took {took:.1?}, the daemon idle for {idle:.1?}"
        ));
        assert!(idle < LONGEST_IDLE, "{name} at {door}: {idle:?}");
        drop(held);
        self.silent && opening < SILENCE
    }
}

/// How long the daemon's thread has worked so far, or waited for a processor.
fn busy(pid: u32) -> Duration {
    let file = format!("/proc/{pid}/schedstat");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| {
        panic!("{file} is needed, from a kernel with CONFIG_SCHED_INFO: {error}")
    });
    let times: Vec<u64> = text.split_whitespace().map_while(|time| time.parse().ok()).collect();
    let [worked, waited, ..] = times[..] else { panic!("{file} has no times: {text}") };
    Duration::from_nanos(worked + waited)
}

fn hold(door: &Door, bytes: &[u8]) -> Box<dyn Connection> {
    let mut connection = door.connect().expect("the door's queue has room");
    // Who is ended in the middle of it is as good.
    let _ = connection.write_all(bytes);
    connection
}

/// How many connections this process may hold. The soft limit is 1,024 on most systems.
fn room_for_connections() -> usize {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a process may ask");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("up to the hard limit");
    let room = usize::try_from(hard).unwrap_or(usize::MAX).saturating_sub(SPARE);
    assert!(
        room >= FILLS,
        "a hard limit of {hard} descriptors fills no door: this test needs {}, see `ulimit -Hn`",
        FILLS + SPARE
    );
    room
}

const HALF: &str = "half a head";

/// A good request that is kept waiting waits for a silence to end, at the latest after two seconds.
const LONGEST_IDLE: Duration = Duration::from_secs(5);

/// How long the daemon bears with who says nothing, where there is room.
const SILENCE: Duration = Duration::from_secs(2);

/// The 2,048 places of a door, and some who wait.
const FILLS: usize = 2048 + 250;

/// For the other tests in this process, and for what it has open itself.
const SPARE: usize = 1000;
