//! The journal: what was asked, who signed it and how it ended, to assert on.
//!
//! It holds names and outcomes. Never a secret, a session token, a token code or a body.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize, Serializer};
use tokio::sync::Notify;

use crate::clock;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Counts from one, in the order of arrival.
    pub sequence: u64,
    /// When it arrived, by the emulator's clock.
    #[serde(serialize_with = "rfc3339")]
    pub time: SystemTime,
    /// What the request says of itself.
    #[serde(flatten)]
    pub asked: Asked,
    /// The ARN of the principal whose signature was verified.
    pub principal: Option<String>,
    /// `Success`, or the code of the error; nothing while the request is under way, and for ever when it hangs
    /// or the connection was closed without an answer.
    pub outcome: Option<String>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// The faults that struck it, by the names of their kinds.
    pub faults: Vec<String>,
}

/// What a request says of itself, believed or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// `sts` or `s3`.
    pub service: String,
    /// `GetSessionToken`, `AssumeRole`, `GetCallerIdentity`, `ListBuckets` and so on.
    pub action: String,
    /// The access key id that it is signed with.
    pub access_key_id: Option<String>,
    /// The region of the credential scope.
    pub region: Option<String>,
    /// The role to assume.
    pub role_arn: Option<String>,
    /// The role session name.
    pub role_session_name: Option<String>,
    /// The duration asked for, where it is a number of seconds.
    pub duration_seconds: Option<u64>,
    /// The MFA device named.
    pub serial_number: Option<String>,
    /// The `User-Agent`.
    pub user_agent: Option<String>,
}

/// The entries, shared by the requests under way and by whoever asserts.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    book: Mutex<Book>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Book {
    entries: Vec<Entry>,
    last: u64,
}

impl Journal {
    /// Enters a request that has arrived; the sequence number is its handle.
    pub(crate) fn open(&self, asked: Asked, faults: Vec<String>, time: SystemTime) -> u64 {
        let mut book = self.book();
        book.last += 1;
        let sequence = book.last;
        book.entries.push(Entry {
            sequence,
            time,
            asked,
            principal: None,
            outcome: None,
            status: None,
            faults,
        });
        drop(book);
        self.changed.notify_waiters();
        sequence
    }

    /// Says how it ended.
    pub(crate) fn close(
        &self,
        sequence: u64,
        principal: Option<String>,
        outcome: &str,
        status: u16,
    ) {
        let mut book = self.book();
        if let Some(entry) = book.entries.iter_mut().find(|entry| entry.sequence == sequence) {
            entry.principal = principal;
            entry.outcome = Some(outcome.to_owned());
            entry.status = Some(status);
        }
        drop(book);
        self.changed.notify_waiters();
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.book().entries.clone()
    }

    /// Forgets the entries; the numbers go on.
    pub(crate) fn clear(&self) {
        self.book().entries.clear();
    }

    /// Waits for a state of the journal, and returns it.
    pub(crate) async fn when(&self, reached: impl Fn(&[Entry]) -> bool) -> Vec<Entry> {
        loop {
            // Listen first, look then: a change in between is not missed.
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let entries = self.entries();
            if reached(&entries) {
                return entries;
            }
            changed.await;
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&clock::rfc3339(*time))
}
