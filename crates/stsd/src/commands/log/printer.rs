//! What is shown of a line of the audit, if anything is.

use stsd_protocol::audit::{Record, VERSION};
use stsd_protocol::path_form;

use super::line;
use crate::show::printable_json;

/// What is shown of which records.
pub(super) struct Printer {
    pub(super) json: bool,
    /// Somebody sees it on a terminal, which a name in it must not steer.
    pub(super) terminal: bool,
    pub(super) profile: Option<String>,
}

impl Printer {
    /// Whether a line is to be shown; nothing if it cannot be read.
    pub(super) fn wants(&self, line: &str) -> Option<bool> {
        let record = record(line)?;
        let Some(wanted) = &self.profile else { return Some(true) };
        let named = record.profile.as_deref();
        Some(named.is_some_and(|name| name == wanted || path_form(name) == *wanted))
    }

    /// A line that can be read, as it is shown.
    pub(super) fn text(&self, line: &str) -> String {
        match record(line) {
            Some(record) if !self.json => line::of(&record),
            _ if self.terminal => printable_json(line) + "\n",
            _ => format!("{line}\n"),
        }
    }
}

/// One of another version may say something else by the same names.
fn record(line: &str) -> Option<Record> {
    let record: Option<Record> = serde_json::from_str(line).ok();
    record.filter(|record| record.version == VERSION)
}
