//! A door that 5,000 connections of the same user hold, more than twice its places, or 2,500 with more to
//! say: a good request is answered there all the same, sooner than any SDK gives up.

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::doors::{Connection, Door};
use crate::figures::say;
use crate::seeds::Seed;
use crate::unlocked;

#[test]
fn a_door_held_by_5000_connections_answers_a_good_request_soon() {
    raise_descriptor_limit();
    let (stsd, seeds, _) = unlocked();
    let doors = seeds.iter().filter(|seed| seed.name == "curl" || !seed.is_tcp());
    for seed in doors.filter(|seed| !seed.is_control()) {
        let all = matches!(seed.door, Door::V4(_));
        for (name, count, bytes) in
            ways_to_stay(seed).into_iter().filter(|way| all || way.0 == HALF)
        {
            let held: Vec<_> = (0..count).map(|_| hold(&seed.door, &bytes)).collect();
            let (asked, before) = (Instant::now(), busy(stsd.daemon().pid()));
            seed.good().unwrap_or_else(|why| panic!("{name}: {why}"));
            let took = asked.elapsed();
            // A busy machine keeps the daemon from taking them all; it is not that which is asked here.
            let idle = took.saturating_sub(busy(stsd.daemon().pid()) - before);
            let door = seed.door.name();
            say(&format!(
                "{door}, held by {count} of {name}: a good request took {took:.1?}, the daemon idle for {idle:.1?}"
            ));
            assert!(idle < SOON, "{name} at {door}: {idle:?}");
            drop(held);
        }
    }
    let log = stsd.daemon().log().text();
    assert!(log.contains("all places are taken"), "no door was full");
}

/// What they send before they fall silent: nothing, a part, all of it, and what is refused.
fn ways_to_stay(seed: &Seed) -> [(&'static str, usize, Vec<u8>); 4] {
    let good = seed.request.bytes();
    [
        ("silence", 5000, Vec::new()),
        (HALF, 5000, good[..good.len() - 2].to_vec()),
        ("idle keep-alive", 2500, good.clone()),
        ("refused ones that stay", 2500, b"GET / HTTP/1.0\r\n\r\n".to_vec()),
    ]
}

/// How long the daemon's thread has worked so far, or waited for a processor.
fn busy(pid: u32) -> Duration {
    let times = fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
    let times = times.split_whitespace().take(2).filter_map(|time| time.parse().ok());
    times.map(Duration::from_nanos).sum()
}

fn hold(door: &Door, bytes: &[u8]) -> Box<dyn Connection> {
    let mut connection = door.connect().expect("the door's queue has room");
    // Who is ended in the middle of it is as good.
    let _ = connection.write_all(bytes);
    connection
}

/// The soft limit is 1,024 on most systems.
fn raise_descriptor_limit() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a process may ask");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("up to the hard limit");
    assert!(hard > 7000, "{hard} descriptors are too few for this test");
}

const HALF: &str = "half a head";

/// The shortest that an SDK waits (JavaScript v3, Java).
const SOON: Duration = Duration::from_secs(1);
