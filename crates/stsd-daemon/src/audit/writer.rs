//! The thread that writes the audit: it looks at callers while they are there, turns notes into lines,
//! and counts what the disk does not take.

use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::audit::{Event, Record, VERSION, bounded};
use tokio::sync::watch;
use tracing::{info, warn};

use super::callers::Callers;
use super::log_file::LogFile;
use super::note::{Note, Wanted};
use super::queue::{Queue, Work};
use crate::clock::SystemClock;
use crate::state::Table;

/// All that the thread has.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Arc<Queue>,
    file: LogFile,
    pub(super) callers: Callers,
    snapshots: watch::Receiver<Arc<Table>>,
    /// Whether the last lines could not be written.
    stuck: bool,
}

impl Writer {
    pub(super) fn new(
        queue: Arc<Queue>,
        file: LogFile,
        snapshots: watch::Receiver<Arc<Table>>,
    ) -> Self {
        Self { queue, file, callers: Callers::default(), snapshots, stuck: false }
    }

    /// Writes until the end.
    pub(super) fn run(mut self) {
        loop {
            self.queue.set_busy(self.callers.is_busy());
            // A disk that is full stays so for a while.
            match self.queue.work(if self.stuck { PAUSE } else { REST }) {
                Work::LookFor(arrival) => self.callers.look(arrival),
                Work::Write { notes, dropped } => self.write(notes, dropped),
                Work::End { notes, dropped } => {
                    self.write(notes, dropped);
                    self.queue.ended();
                    return;
                }
            }
        }
    }

    fn write(&mut self, notes: Vec<Note>, dropped: u64) {
        let missing = (dropped > 0).then(|| {
            let note = Note::of_the_daemon(Event::RecordsDropped, None, SystemClock);
            Note { count: dropped, ..note }
        });
        let notes: Vec<Note> = missing.into_iter().chain(notes).collect();
        let mut lines = Vec::new();
        for note in &notes {
            let record = self.record(note);
            let written = serde_json::to_writer(&mut lines, &record);
            debug_assert!(written.is_ok(), "strings and numbers always have a JSON form");
            lines.push(b'\n');
        }
        match self.file.append(&lines) {
            Ok(()) => {
                if std::mem::take(&mut self.stuck) {
                    info!("the audit is written again");
                }
                self.queue.went_well();
            }
            Err(unwritten) => {
                let written =
                    notes.len().saturating_sub(usize::try_from(unwritten.lines).unwrap_or(0));
                let lost = notes[written..].iter().map(|note| note.count).sum();
                let error = unwritten.error;
                if !std::mem::replace(&mut self.stuck, true) {
                    warn!(%error, "could not write the audit; what is missing is counted");
                }
                self.queue.lost(lost, &error.to_string());
            }
        }
    }

    pub(super) fn record(&mut self, note: &Note) -> Record {
        Record {
            version: VERSION,
            time: note.time,
            event: note.event.clone(),
            profile: self.profile(&note.profile),
            code: note.code,
            door: note.door.map(Into::into),
            caller: self.callers.describe(note.caller),
            authorization_token: note.authorization_token.as_deref().map(|name| bounded(name, 64)),
            count: note.count,
            until: note.until,
        }
    }

    /// A name that the configuration has, as the user wrote it there. Of any other one nothing: it may
    /// be an authorization token or a token code in the wrong place.
    fn profile(&self, wanted: &Wanted) -> Option<String> {
        let name = match wanted {
            Wanted::Nothing => return None,
            Wanted::Default => None,
            Wanted::Named(name) => Some(name.as_str()),
        };
        let table = self.snapshots.borrow();
        match (table.find(name), name) {
            (Ok(place), _) => Some(bounded(&table.profiles[place].planned.name, 80)),
            (Err(_), None) => Some(bounded(&table.default_profile, 80)),
            (Err(_), Some(_)) => None,
        }
    }
}

/// What comes within so long is written together.
const REST: Duration = Duration::from_millis(20);

/// How long to wait after the disk refused.
const PAUSE: Duration = Duration::from_millis(500);
