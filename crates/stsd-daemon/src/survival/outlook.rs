//! What the doors say of restarts: whether one would keep the sessions, and whether the last one did.

use std::fs::File;
use std::sync::{PoisonError, RwLock};

use stsd_protocol::control::{Restart, RestartKeeps};
use stsd_protocol::gateway::{Problem, Severity};

use super::platform::Store;

/// Shared by the record's owner, who changes it, and the doors.
#[derive(Debug, Default)]
pub struct Outlook {
    record: Option<(Store, File)>,
    /// Why nothing would be kept.
    cloud: RwLock<Option<String>>,
    /// Why nothing was.
    sentence: Option<String>,
}

impl Outlook {
    pub(super) fn lost(reason: &str) -> Self {
        Self { cloud: RwLock::new(Some(reason.to_owned())), ..Self::default() }
    }

    pub(super) fn kept(store: Store, file: File, sentence: Option<String>) -> Self {
        Self { record: Some((store, file)), sentence, ..Self::default() }
    }

    pub(super) fn cloud(&self, reason: &str) {
        *self.cloud.write().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }

    pub(super) fn clear(&self) {
        let clouded = self.cloud.read().unwrap_or_else(PoisonError::into_inner).is_some();
        if clouded {
            *self.cloud.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// What a restart would do to the sessions.
    pub fn restart(&self) -> Restart {
        let lost = |reason: &str| Restart {
            sessions: RestartKeeps::Lost,
            reason: Some(reason.to_owned()),
        };
        if let Some(reason) = &*self.cloud.read().unwrap_or_else(PoisonError::into_inner) {
            return lost(reason);
        }
        match &self.record {
            // A unit of an earlier version has no room for it, and systemd closes what it was given
            // without a word.
            Some((store, file)) if store.holds(file) == Some(false) => lost(
                "the service manager does not hold the record: its unit needs FileDescriptorStoreMax=",
            ),
            Some(_) => Restart { sessions: RestartKeeps::Kept, reason: None },
            None => lost("there is no record of them"),
        }
    }

    /// Why the last restart cost the sessions, for as long as none of them is back.
    pub fn problem(&self) -> Option<Problem> {
        self.sentence.as_ref().map(|sentence| Problem {
            file: "the restart".to_owned(),
            line: None,
            profile: None,
            key: None,
            severity: Severity::Error,
            message: sentence.clone(),
        })
    }
}
