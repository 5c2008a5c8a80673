//! The client's one look at the wall clock, for "in 47 min" beside a date.

use std::time::SystemTime;

use stsd_protocol::Timestamp;

/// The moment, to the second.
#[expect(clippy::disallowed_methods, reason = "the one place of this program that reads the clock")]
pub(crate) fn now() -> Timestamp {
    SystemTime::now().into()
}
