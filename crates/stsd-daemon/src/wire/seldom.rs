//! Keeps a warning that anybody on the machine can provoke from filling the log.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Lets one event through per [`INTERVAL`] and counts the others.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<Past>);

#[derive(Debug, Default)]
struct Past {
    last: Option<Instant>,
    unsaid: u64,
}

impl Seldom {
    /// Whether to speak now; then also how many events went unsaid since the last time.
    pub(crate) fn speak(&self) -> Option<u64> {
        let mut past = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if past.last.is_some_and(|last| now.duration_since(last) < INTERVAL) {
            past.unsaid += 1;
            return None;
        }
        past.last = Some(now);
        Some(std::mem::take(&mut past.unsaid))
    }
}

const INTERVAL: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::{INTERVAL, Seldom};

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_one_line_and_a_count() {
        let seldom = Seldom::default();
        assert_eq!(seldom.speak(), Some(0));
        for _ in 0..1000 {
            assert_eq!(seldom.speak(), None);
        }
        tokio::time::advance(INTERVAL).await;
        assert_eq!(seldom.speak(), Some(1000));
    }
}
