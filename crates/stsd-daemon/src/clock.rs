//! The two clocks behind one trait. The wall clock is for dates that people and SDKs read; the boot
//! clock measures lengths: it goes on while the machine sleeps, and nobody sets it.

use std::time::{Duration, SystemTime};

use stsd_protocol::Timestamp;

/// One look at both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// What the machine believes the date to be; may jump.
    pub wall: SystemTime,
    /// Since the machine started, its sleep included; never jumps.
    pub boot: Duration,
}

impl Now {
    /// The wall clock's date on the wire.
    pub fn date(self) -> Timestamp {
        Timestamp::from(self.wall)
    }
}

/// Where the daemon's time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Now;
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the wall clock")]
    fn now(&self) -> Now {
        Now { wall: SystemTime::now(), boot: platform::boot() }
    }
}

/// What tells one start of the machine from another, where the system says.
pub(crate) fn boot_id() -> Option<String> {
    platform::boot_id()
}

#[cfg(target_os = "linux")]
mod platform {
    use std::fs;
    use std::time::Duration;

    use nix::time::{ClockId, clock_gettime};

    /// CLOCK_BOOTTIME; CLOCK_MONOTONIC would stop in suspend. Every kernel since 2.6.39 has it, so
    /// the fallback is for the type's sake: at zero nothing ever ends early.
    pub(super) fn boot() -> Duration {
        clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(Duration::ZERO, Duration::from)
    }

    pub(super) fn boot_id() -> Option<String> {
        let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(text.trim().to_owned()).filter(|id| !id.is_empty())
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use std::time::Duration;

    use nix::time::{ClockId, clock_gettime};

    /// On macOS CLOCK_MONOTONIC goes on during sleep, as mach_continuous_time does.
    pub(super) fn boot() -> Duration {
        clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from)
    }

    pub(super) fn boot_id() -> Option<String> {
        None
    }
}

/// A clock that follows tokio's, for tests under a paused runtime.
#[cfg(test)]
pub(crate) mod test {
    use std::time::{Duration, UNIX_EPOCH};

    use tokio::time::Instant;

    use super::{Clock, Now};

    /// 2027-01-15T08:00:00Z plus whatever tokio's clock has moved.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct TokioClock(Instant);

    impl TokioClock {
        pub(crate) fn start() -> Self {
            Self(Instant::now())
        }
    }

    impl Clock for TokioClock {
        fn now(&self) -> Now {
            at(self.0.elapsed())
        }
    }

    /// So long after 2027-01-15T08:00:00Z, a thousand seconds after boot.
    pub(crate) fn at(elapsed: Duration) -> Now {
        Now {
            wall: UNIX_EPOCH + Duration::from_secs(1_800_000_000) + elapsed,
            boot: Duration::from_secs(1_000) + elapsed,
        }
    }
}
