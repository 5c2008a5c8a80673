//! The daemon's side of the gateway: the only way to AWS. Production starts a process; tests answer
//! from memory.

mod conversation;
mod frames;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod process;
mod pulse;
#[cfg(test)]
mod tests;
mod worker;

use std::future::Future;
use std::pin::Pin;

use stsd_protocol::Timestamp;
use stsd_protocol::gateway::{Failure, FailureKind, Operation, Outcome, Settings};

pub use process::GatewayProcess;

/// What came of one call.
#[derive(Debug)]
pub struct Reply {
    /// What the gateway said, or why it said nothing.
    pub outcome: Outcome,
    /// STS's date, if it answered at all.
    pub sts_date: Option<Timestamp>,
}

/// A call under way.
pub type Call = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// Something that can ask STS and read the user's files.
pub trait Gateway: Send + Sync + 'static {
    /// Starts a call. Every way to fail is an [`Outcome::Failure`]; an unlock whose frame was
    /// written and whose answer never came has `code_sent`.
    fn call(&self, operation: Operation, settings: Settings) -> Call;

    /// Lets go of what keeps secrets on the other side, as soon as it has answered.
    fn close(&self);

    /// Ends it now, and with it the calls under way.
    fn stop(&self);
}

impl Reply {
    /// A failure of the gateway itself.
    pub(crate) fn lost(code: &str, message: String, code_sent: bool) -> Self {
        Self::failure(FailureKind::Unavailable, code, message, code_sent)
    }

    pub(crate) fn failure(kind: FailureKind, code: &str, message: String, code_sent: bool) -> Self {
        let failure = Failure {
            kind,
            code: code.to_owned(),
            message,
            retryable: kind == FailureKind::Unavailable,
            http_status: None,
            code_sent,
        };
        Self { outcome: Outcome::Failure(failure), sts_date: None }
    }
}
