//! What changes while a world is served: the clock, what was issued, spent codes, faults, objects and the
//! journal. Each has a lock of its own that is held for a lookup, never across an await.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use crate::fault::Faults;
use crate::issued::Issued;
use crate::journal::Journal;
use crate::s3::Objects;
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::totp::SpentCodes;
use crate::world::World;

/// One emulator's state, shared by its connections and its handle.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    /// Set for an emulator that serves HTTPS.
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
    issued: Mutex<Issued>,
    spent_codes: Mutex<SpentCodes>,
    faults: Mutex<Faults>,
    objects: Mutex<Objects>,
}

impl State {
    /// The state at the start; `tls` is asked for only where the feature is on.
    #[cfg_attr(not(feature = "tls"), expect(unused_variables, reason = "nothing else reads `tls`"))]
    pub(crate) fn new(world: World, clock: Clock, tls: bool) -> io::Result<Self> {
        Ok(Self {
            world,
            clock,
            #[cfg(feature = "tls")]
            tls: if tls { Some(Tls::new()?) } else { None },
            ..Self::default()
        })
    }

    pub(crate) fn scheme(&self) -> &'static str {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return "https";
        }
        "http"
    }

    pub(crate) fn issued(&self) -> MutexGuard<'_, Issued> {
        locked(&self.issued)
    }

    pub(crate) fn spent_codes(&self) -> MutexGuard<'_, SpentCodes> {
        locked(&self.spent_codes)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        locked(&self.faults)
    }

    pub(crate) fn objects(&self) -> MutexGuard<'_, Objects> {
        locked(&self.objects)
    }

    /// A token code for the device that was not used yet.
    pub(crate) fn code(&self, serial: &str) -> Result<String, CodeError> {
        let device =
            self.world.device(serial).ok_or_else(|| CodeError::UnknownDevice(serial.to_owned()))?;
        let unspent = self.spent_codes().unspent(serial, &device.seed_bytes(), self.clock.now());
        unspent.map_err(|wait| CodeError::AllSpent { wait_seconds: wait.as_secs() })
    }
}

/// Why there is no token code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// No user of the world has this device.
    #[error("no user has the MFA device {0}")]
    UnknownDevice(String),
    /// Three codes are good at any time, and all three were used.
    #[error("every code of the moment is spent; the next one comes in {wait_seconds} s")]
    AllSpent {
        /// How long until the next step.
        wait_seconds: u64,
    },
}

/// A panic elsewhere leaves nothing half-written behind these locks.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
