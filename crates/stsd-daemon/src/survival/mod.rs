//! What lets sessions outlive the daemon: a record of all that is held, in a file of memory that the
//! service manager keeps over a crash, a restart and an upgrade, and passes to the next daemon.
//!
//! The record is written anew, in place, with every change of a session, so that whatever ends the
//! daemon, it says what was held last; changes of role credentials alone may share a write. It is used
//! once: a daemon takes it before it reads it, and only one that has come so far as to write it anew
//! leaves it to the next. A lock takes out what it locks before anybody hears that it is locked. Whatever
//! is wrong with the record, the daemon begins locked, and says why.

mod crash;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod image;
mod keeper;
#[cfg(any(test, fuzzing))]
mod memory;
mod outlook;
mod pace;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
mod platform;
#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod platform;
mod record;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::getuid;
use tracing::warn;
use zeroize::Zeroizing;

use crate::clock::{Clock, Now, SystemClock};
use crate::state::{State, Survivors};
use pace::Pace;
use platform::Store;
use record::{Medium, Record};

pub(crate) use crash::note as note_a_crash;
pub use image::{Kept, Refused, SIZE, VERSION, decode};
pub use keeper::Keeping;
pub use outlook::Outlook;

/// The record of this daemon, and what it found in that of the one before.
#[derive(Debug)]
pub struct Survival {
    record: Option<Record<File>>,
    boot: String,
    uid: u32,
    crashes: bool,
    pace: Pace,
    outlook: Arc<Outlook>,
}

impl Survival {
    /// Takes over what the service manager passed, or has it keep a new record from now on. `wanted`
    /// is what the configuration says.
    ///
    /// To be called by the one daemon of the user, thus under its lock.
    pub fn begin(
        passed: Vec<OwnedFd>,
        wanted: bool,
        variable: impl Fn(&str) -> Option<std::ffi::OsString>,
    ) -> (Self, Option<Survivors>) {
        let store = match Store::find(variable) {
            Ok(store) if wanted => store,
            Ok(store) => {
                forget(passed, &store);
                return (Self::without("config.toml says keep_sessions = false"), None);
            }
            Err(reason) => return (Self::without(reason), None),
        };
        match Self::with(passed, store) {
            Ok(begun) => begun,
            Err(error) => {
                warn!(%error, "could not keep a record of the sessions");
                (Self::without("the record of the sessions could not be made"), None)
            }
        }
    }

    /// Whether the daemons before crashed by their own fault, twice within a minute. What crashes at
    /// each start should not do so fifty times a second.
    pub fn crashes(&self) -> bool {
        self.crashes
    }

    /// For the doors.
    pub fn outlook(&self) -> Arc<Outlook> {
        Arc::clone(&self.outlook)
    }

    /// Has the record say what the state holds. When this returns, what it held before and holds no
    /// more stands nowhere in it; but where nothing has changed but role credentials, the record may
    /// follow a moment later, so that hundreds which come in a burst do not write it hundreds of times.
    /// Says how long that moment is; or when to try again, where it could not be written.
    pub fn keep(&mut self, state: &State, now: Now) -> Option<Duration> {
        let record = self.record.as_mut()?;
        if let Some(wait) = self.pace.wait(state.urgent(), now) {
            return Some(wait);
        }
        let survivors = state.survivors()?;
        let written = match survivors.is_empty() {
            true => record.empty(),
            false => record.write(&mut Kept { boot: self.boot.clone(), uid: self.uid, survivors }),
        };
        self.pace.wrote(state.urgent(), record.size(), now);
        let Err(error) = written else {
            self.outlook.clear();
            return None;
        };
        warn!(%error, "could not write the record of the sessions");
        self.outlook.cloud("the record of the sessions could not be written");
        if let Err(error) = record.give_up() {
            warn!(%error, "could not empty the record of the sessions");
        }
        // A want of memory passes, and no session may change for hours.
        Some(AGAIN)
    }

    fn without(reason: &str) -> Self {
        let outlook = Arc::new(Outlook::lost(reason));
        Self {
            record: None,
            boot: String::new(),
            uid: 0,
            crashes: false,
            pace: Pace::default(),
            outlook,
        }
    }

    fn with(passed: Vec<OwnedFd>, store: Store) -> io::Result<(Self, Option<Survivors>)> {
        let (boot, uid) = (platform::boot()?, getuid().as_raw());
        let (mut file, found) = match the_one(passed, &store) {
            Ok(Some(file)) => (file, Ok(())),
            nothing => {
                let file = platform::create()?;
                store.push(&file)?;
                (file, nothing.map(drop))
            }
        };
        let (record, survivors, crashes) = take(&mut file, &boot, uid)?;
        let (survivors, sentence) = match found.and(survivors) {
            Ok(survivors) => (survivors, None),
            Err(refused) => (None, Some(sentence(&refused))),
        };
        crash::note_panics_in(file.try_clone()?);
        let outlook = Arc::new(Outlook::kept(store, file, sentence));
        let pace = Pace::default();
        Ok((Self { record: Some(record), boot, uid, crashes, pace, outlook }, survivors))
    }
}

/// The record among what the manager passed, if there is just one.
fn the_one(passed: Vec<OwnedFd>, store: &Store) -> Result<Option<File>, Refused> {
    let several = passed.len() > 1;
    let mut records: Vec<_> = passed.into_iter().map(platform::recognised).collect();
    let refused = match (several, records.pop()) {
        (false, None) => return Ok(None),
        (false, Some(Some(file))) => return Ok(Some(file)),
        (false, Some(None)) => Refused::Strange,
        (true, last) => {
            records.extend(last);
            Refused::Several
        }
    };
    drop_all(records.into_iter().flatten(), store);
    Err(refused)
}

/// Switched off: what was kept until now goes as well.
fn forget(passed: Vec<OwnedFd>, store: &Store) {
    if !passed.is_empty() {
        drop_all(passed.into_iter().filter_map(platform::recognised), store);
    }
}

fn drop_all(records: impl Iterator<Item = File>, store: &Store) {
    for record in records {
        // Its memory goes back, whoever still has it open.
        if let Err(error) = record.set_len(0) {
            warn!(%error, "could not empty a record of sessions");
        }
    }
    if let Err(error) = store.remove() {
        warn!(%error, "could not have the service manager forget a record of sessions");
    }
}

type Found = Result<Option<Survivors>, Refused>;

/// Takes the record, and then reads it; one that is not for us is emptied. Also says whether daemons
/// crash again and again.
fn take(file: &mut File, boot: &str, uid: u32) -> io::Result<(Record<File>, Found, bool)> {
    let mut image = Zeroizing::new(Vec::with_capacity(SIZE + 1));
    file.rewind()?;
    file.take(SIZE as u64 + 1).read_to_end(&mut image)?;
    let mut record = Record::take(file.try_clone()?, &image)?;
    let us = Us { boot, uid, now: SystemClock.now().boot };
    let (found, crashes) = judged(&mut record, &image, us)?;
    Ok((record, found, crashes))
}

/// What of these bytes is for us, now that they are taken; the rest of the record is wiped.
fn judged<M: Medium>(
    record: &mut Record<M>,
    image: &[u8],
    us: Us<'_>,
) -> io::Result<(Found, bool)> {
    let found = decode(image).and_then(|kept| kept.map(|kept| us.ours(kept)).transpose());
    let crashes = crash::are_frequent(image::crashes(image));
    let found = match found {
        Ok(Some(_)) if crashes => Err(Refused::Crashes),
        found => found,
    };
    if found.is_err() {
        record.empty()?;
    }
    if crashes {
        record.forget_the_crash_before()?;
    }
    Ok((found, crashes))
}

/// For whom a record is taken over, and when by the boot clock.
#[derive(Clone, Copy)]
struct Us<'a> {
    boot: &'a str,
    uid: u32,
    now: Duration,
}

impl Us<'_> {
    fn ours(self, kept: Kept) -> Result<Survivors, Refused> {
        match kept {
            Kept { uid, .. } if uid != self.uid => Err(Refused::AnotherUser(uid)),
            Kept { boot, .. } if boot != self.boot => Err(Refused::AnotherBoot),
            Kept { survivors, .. } if !survivors.are_of_the_past(self.now) => Err(Refused::Damaged),
            Kept { survivors, .. } => Ok(survivors),
        }
    }
}

fn sentence(refused: &Refused) -> String {
    let sentence =
        format!("the sessions of before the restart could not be taken over ({refused})");
    warn!("{sentence}");
    format!("{sentence}; run `stsd unlock`")
}

const AGAIN: Duration = Duration::from_secs(30);
