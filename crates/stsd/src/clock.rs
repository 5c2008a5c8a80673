//! The client's one look at the wall clock, for "in 47 min" beside a date, and at the one that runs
//! since boot, by which processes agree on what came first.

use std::time::{Duration, SystemTime};

use nix::time::{ClockId, clock_gettime};
use stsd_protocol::Timestamp;

/// The moment, to the second.
#[expect(clippy::disallowed_methods, reason = "the one place of this program that reads the clock")]
pub(crate) fn now() -> Timestamp {
    SystemTime::now().into()
}

/// How long the machine runs, the time asleep included where the system says so.
pub(crate) fn since_boot() -> Duration {
    // No system that this is built for is without the clock.
    clock_gettime(RUNNING).map_or(Duration::ZERO, Duration::from)
}

#[cfg(target_os = "linux")]
const RUNNING: ClockId = ClockId::CLOCK_BOOTTIME;
#[cfg(not(target_os = "linux"))]
const RUNNING: ClockId = ClockId::CLOCK_MONOTONIC;
