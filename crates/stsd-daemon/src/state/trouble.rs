//! What went wrong with the last call of STS, and what follows: a refusal stops, an outage does not.

use std::sync::Arc;
use std::time::Duration;

use stsd_protocol::Refusal;
use stsd_protocol::gateway::{Failure, FailureKind, PROGRAM_ERROR};

use crate::clock::Now;
use crate::schedule::backoff;

/// Why there is nothing new from STS.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// STS refused: nothing is asked again until a person does something.
    Denied(Arc<Refusal>),
    /// STS could not be reached, or a program that is to say the keys has failed: asked again.
    Outage {
        /// What to say if nothing valid is left.
        refusal: Arc<Refusal>,
        /// How many times in a row.
        attempt: u32,
        /// When it happened, by the boot clock.
        since: Duration,
        /// When to ask again by itself, by the boot clock; nothing if only somebody who asks has it
        /// tried again.
        retry: Option<Duration>,
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
        let wait = backoff(attempt, jitter);
        // It may put up a dialogue, or want a key to be touched, and nobody may be there.
        let retry = match failure.code == PROGRAM_ERROR {
            true => (attempt < MOST_RUNS).then(|| now.boot + wait.max(BETWEEN_RUNS)),
            false => Some(now.boot + wait),
        };
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
            Self::Outage { retry, .. } => *retry,
        }
    }
}

/// How often in a row a program is run that fails, and nobody asks for what it says.
const MOST_RUNS: u32 = 5;

const BETWEEN_RUNS: Duration = Duration::from_secs(30);
