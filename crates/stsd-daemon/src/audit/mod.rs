//! The audit: who was handed what, and who was refused. The doors and the owner tell; one thread finds
//! out which process it was and writes. Telling never waits for a disk and never fails: what there is no
//! room for is dropped, counted, and missed in the log by its number.

mod callers;
mod flood;
#[cfg(all(target_os = "linux", any(test, fuzzing)))]
pub(crate) mod fuzzing;
mod log_file;
mod note;
mod queue;
#[cfg(test)]
mod tests;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use stsd_protocol::audit::{Event, Reason};
use stsd_protocol::gateway::{Problem, Severity};
use tokio::sync::watch;
use tracing::error;

use crate::caller::{Caller, Refused};
use crate::clock::SystemClock;
use crate::state::Table;
use log_file::LogFile;
use note::Note;
use queue::Queue;
use writer::Writer;

pub(crate) use note::{Asked, Seen, What};

/// Where everybody tells what they saw. Without a writer behind it nothing is kept.
#[derive(Clone, Debug, Default)]
pub struct Audit(Option<Arc<Queue>>);

/// What is told waits in here until [`Waiting::start`].
#[derive(Debug)]
pub struct Waiting {
    queue: Arc<Queue>,
    path: PathBuf,
}

/// Writes what is left when it is dropped, and waits for that a moment.
#[derive(Debug)]
pub struct Ending(Arc<Queue>);

impl Audit {
    /// An audit, and what is to write it into this file.
    pub fn new(path: PathBuf) -> (Self, Waiting) {
        let queue = Arc::new(Queue::default());
        (Self(Some(Arc::clone(&queue))), Waiting { queue, path })
    }

    /// Somebody was admitted to a door. Said at once, so that the process is found before it leaves.
    pub(crate) fn admitted(&self, caller: &Caller) {
        if let Some(queue) = &self.0 {
            queue.look_for(*caller);
        }
    }

    /// A door saw something.
    pub(crate) fn saw(&self, seen: &Seen<'_>) {
        if let Some(queue) = &self.0 {
            queue.take(seen, SystemClock);
        }
    }

    /// Somebody was not admitted.
    pub(crate) fn turned_away(&self, door: &'static str, refused: &Refused) {
        self.saw(&Seen::turned_away(door, refused));
    }

    /// Somebody got no answer to one more wrong authorization token.
    pub(crate) fn did_not_answer(&self, door: &'static str, caller: &Caller) {
        let what = What::TurnedAway { reason: Reason::WrongTokens, uid: None };
        let (caller, profile) = (Some(caller), Asked::Nothing);
        self.saw(&Seen { door, caller, authorization_token: None, profile, what });
    }

    /// Something happened that nobody asked for.
    pub(crate) fn happened(&self, event: Event, profile: Option<&str>) {
        if let Some(queue) = &self.0 {
            queue.put(Note::of_the_daemon(event, profile, SystemClock));
        }
    }

    /// What keeps the audit from being written, as `stsd status` shows it.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let obstacle = self.0.as_ref().and_then(|queue| queue.obstacle());
        let problem = |message| Problem {
            file: "the audit".to_owned(),
            line: None,
            profile: None,
            key: None,
            severity: Severity::Notice,
            message,
        };
        obstacle.map(problem).into_iter().collect()
    }
}

impl Waiting {
    /// Starts the thread that writes. The snapshots say which profile a name means.
    pub fn start(self, snapshots: watch::Receiver<Arc<Table>>) -> Ending {
        let Self { queue, path } = self;
        let ending = Ending(Arc::clone(&queue));
        queue.knows_by(snapshots.clone());
        let writer = Writer::new(Arc::clone(&queue), LogFile::new(path, LONGEST), snapshots);
        // No task: the runtime has one thread, and this one waits for disks.
        let thread = thread::Builder::new().name("audit".to_owned()).stack_size(STACK);
        if let Err(error) = thread.spawn(move || writer.run()) {
            error!(%error, "could not start the audit");
            queue.obstructed(&error.to_string());
        }
        ending
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end(PATIENCE);
    }
}

/// The first record of a daemon.
pub(crate) fn started() -> Event {
    Event::Started { pid: std::process::id(), stsd: stsd_protocol::VERSION.to_owned() }
}

/// How long a file gets. Of five that is weeks of a person's work.
const LONGEST: u64 = 4 << 20;

/// It reads directories and writes lines.
const STACK: usize = 256 << 10;

/// A disk that hangs does not keep the daemon from ending.
const PATIENCE: Duration = Duration::from_millis(500);
