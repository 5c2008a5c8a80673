//! How far one clock is ahead of another. The clock itself is the SDK's time source, handed in.

use std::time::SystemTime;

/// By how many seconds `theirs` is ahead of `ours`; negative if it is behind.
pub(crate) fn seconds_ahead(theirs: SystemTime, ours: SystemTime) -> i64 {
    let seconds = |length: std::time::Duration| i64::try_from(length.as_secs()).unwrap_or(i64::MAX);
    match theirs.duration_since(ours) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => -seconds(behind.duration()),
    }
}
