//! Crashes of the daemon's own making, noted in the record: a panic, or a task that died. Who is
//! killed from outside has no time for notes, and needs none: the record is not to blame.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::panic;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::image::CRASHES;
use crate::clock::{Clock, SystemClock};

/// With two crashes in it, the next daemon begins locked.
const WINDOW: Duration = Duration::from_secs(60);

/// Whether daemons crash again and again on what they go on with.
pub(super) fn are_frequent([last, before]: [Option<Duration>; 2]) -> bool {
    match (last, before) {
        (Some(last), Some(before)) => last.saturating_sub(before) < WINDOW,
        _ => false,
    }
}

/// Has a panic noted in this record from now on, before it is reported.
pub(super) fn note_panics_in(record: File) {
    if RECORD.set(record).is_ok() {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            note();
            report(panic);
        }));
    }
}

/// Notes a crash, where there is a record; once in a process, which dies but once.
pub(crate) fn note() {
    static NOTED: AtomicBool = AtomicBool::new(false);
    let Some(record) = RECORD.get() else { return };
    if !NOTED.swap(true, Ordering::Relaxed) {
        // Nobody is there to be told that it could not be written.
        let _ = note_in(record, SystemClock.now().boot);
    }
}

/// Without memory of its own: the heap may be what has broken.
fn note_in(record: &File, now: Duration) -> std::io::Result<()> {
    let mut moments = [0; 16];
    record.read_exact_at(&mut moments[8..], CRASHES as u64)?;
    let nanos = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
    moments[..8].copy_from_slice(&nanos.to_le_bytes());
    record.write_all_at(&moments, CRASHES as u64)
}

static RECORD: OnceLock<File> = OnceLock::new();

#[cfg(test)]
mod tests {
    use super::{are_frequent, note_in};
    use crate::survival::image::{SIZE, crashes};
    use std::time::Duration;

    #[test]
    fn the_second_crash_within_a_minute_is_one_too_many() {
        let record = tempfile::tempfile().unwrap();
        record.set_len(SIZE as u64).unwrap();
        let seen = || {
            let mut image = vec![0; 64];
            std::os::unix::fs::FileExt::read_exact_at(&record, &mut image, 0).unwrap();
            crashes(&image)
        };
        assert!(!are_frequent(seen()));
        for (seconds, frequent) in [(100, false), (160, false), (219, true), (300, false)] {
            note_in(&record, Duration::from_secs(seconds)).unwrap();
            assert_eq!(seen()[0], Some(Duration::from_secs(seconds)));
            assert_eq!(are_frequent(seen()), frequent, "{seconds}");
        }
    }
}
