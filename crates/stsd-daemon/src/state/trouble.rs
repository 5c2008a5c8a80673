//! What went wrong with the last call of STS, and what follows: a refusal stops, an outage does not.

use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::Refusal;
use stsd_protocol::gateway::{Failure, FailureKind};

use crate::clock::Now;
use crate::schedule::backoff;

/// Why there is nothing new from STS.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// STS refused: nothing is asked again until a person does something.
    Denied(Arc<Refusal>),
    /// STS could not be reached: asked again by itself.
    Outage {
        /// What to say if nothing valid is left.
        refusal: Arc<Refusal>,
        /// How many times in a row.
        attempt: u32,
        /// When it happened, by the boot clock.
        since: Duration,
        /// When to ask again, by the boot clock.
        retry: Duration,
    },
}

impl Trouble {
    /// What follows a failure, given what there was before it.
    pub fn after(
        before: Option<&Self>,
        failure: &Failure,
        refusal: Arc<Refusal>,
        now: Now,
        jitter: f64,
    ) -> Self {
        let again = failure.retryable
            || matches!(failure.kind, FailureKind::Unavailable | FailureKind::Changed);
        if !again {
            return Self::Denied(refusal);
        }
        let attempt = match before {
            Some(Self::Outage { attempt, .. }) => attempt.saturating_add(1),
            _ => 1,
        };
        let retry = now.boot + backoff(attempt, jitter);
        Self::Outage { refusal, attempt, since: now.boot, retry }
    }

    /// What to say.
    pub fn refusal(&self) -> &Refusal {
        match self {
            Self::Denied(refusal) | Self::Outage { refusal, .. } => refusal,
        }
    }

    /// When to ask again by itself, by the boot clock.
    pub fn retry(&self) -> Option<Duration> {
        match self {
            Self::Denied(_) => None,
            Self::Outage { retry, .. } => Some(*retry),
        }
    }
}
