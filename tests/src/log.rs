//! What a program has said on standard error so far, and waiting for it to say something.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The lines of a stream, read by a thread of its own.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    said: Mutex<Said>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Said {
    lines: Vec<String>,
    ended: bool,
}

impl Log {
    /// Reads until the stream's end.
    pub fn of(stream: impl Read + Send + 'static) -> Self {
        let log = Self::default();
        let writer = log.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n') {
                let Ok(line) = line else { break };
                writer.said().lines.push(String::from_utf8_lossy(&line).into_owned());
                writer.0.more.notify_all();
            }
            writer.said().ended = true;
            writer.0.more.notify_all();
        });
        log
    }

    /// All of it.
    pub fn text(&self) -> String {
        self.said().lines.join("\n")
    }

    /// How many lines there are: where to go on from in [`Log::line_after`].
    pub fn mark(&self) -> usize {
        self.said().lines.len()
    }

    /// The first line with this in it after a mark, once it is there; nothing if the time is over or
    /// the stream ends without it.
    pub fn line_after(&self, mark: usize, text: &str, patience: Duration) -> Option<String> {
        let deadline = Instant::now() + patience;
        let mut said = self.said();
        loop {
            let found = said.lines.iter().skip(mark).find(|line| line.contains(text));
            if let Some(line) = found {
                return Some(line.clone());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if said.ended || left.is_zero() {
                return None;
            }
            let woken = self.0.more.wait_timeout(said, left);
            said = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for the stream's end; says whether it has come.
    pub fn ended_within(&self, patience: Duration) -> bool {
        let woken = self.0.more.wait_timeout_while(self.said(), patience, |said| !said.ended);
        woken.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        // A line is pushed whole, so a panic elsewhere leaves nothing half done.
        self.0.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
