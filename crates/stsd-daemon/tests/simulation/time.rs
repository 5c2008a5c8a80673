//! The true time, and the two clocks by which the daemon knows of it. STS lives by the true one. The
//! boot clock goes on in suspend, as the kernel's does; timers do not; and the local date is
//! whatever the adversary has made of it.

use std::time::{Duration, UNIX_EPOCH};

use stsd_daemon::clock::Now;
use stsd_protocol::Timestamp;

pub(crate) const SECOND: u64 = 1000;
pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;
pub(crate) const YEAR: u64 = 365 * DAY;

/// 2027-01-15T08:00:00Z, when every run begins.
const BEGINNING: u64 = 1_800_000_000;

/// All in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Time {
    /// How long the machine has been awake: what timers count.
    pub(crate) awake: u64,
    /// How long it has slept.
    pub(crate) asleep: u64,
    /// What the local date is ahead of the true one.
    pub(crate) wrong: i64,
    /// When the machine started, in true time.
    pub(crate) booted: u64,
}

impl Time {
    /// Since the beginning.
    pub(crate) fn elapsed(self) -> u64 {
        self.awake + self.asleep
    }

    /// STS's date.
    pub(crate) fn sts(self) -> Timestamp {
        Timestamp::from_unix(BEGINNING + self.elapsed() / SECOND)
    }

    /// How long until a date of STS's, in milliseconds; negative if it is past.
    pub(crate) fn until(self, date: Timestamp) -> i64 {
        self.until_by(0, date)
    }

    /// The date of a host whose clock is ahead by so much.
    pub(crate) fn by(self, ahead: i64) -> Timestamp {
        let date = (BEGINNING * SECOND + self.elapsed()).saturating_add_signed(ahead);
        Timestamp::from_unix(date / SECOND)
    }

    /// How long until a date by such a clock.
    pub(crate) fn until_by(self, ahead: i64, date: Timestamp) -> i64 {
        let date = (date.unix() * SECOND).cast_signed();
        date - (BEGINNING * SECOND + self.elapsed()).cast_signed() - ahead
    }

    /// What the daemon sees.
    pub(crate) fn now(self) -> Now {
        let date = (BEGINNING * SECOND + self.elapsed()).saturating_add_signed(self.wrong);
        Now {
            wall: UNIX_EPOCH + Duration::from_millis(date),
            boot: Duration::from_millis(20 * SECOND + self.elapsed() - self.booted),
        }
    }
}
