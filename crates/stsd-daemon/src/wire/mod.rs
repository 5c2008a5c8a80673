//! What the two HTTP doors share: the accept loop, the head that is read and checked before hyper
//! sees it, and the one exchange that a connection has. It knows no path, no profile and no state.

mod accept;
mod crowd;
mod eager;
mod exchange;
mod head;
mod policy;
mod read;
mod replay;
mod seldom;
mod shutdown;
mod standing;
#[cfg(any(test, fuzzing))]
pub(crate) mod testing;
mod unheard;

use std::future::Future;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Request, Response};

use crate::caller::{Caller, Refused};

pub use accept::Listener;
pub use crowd::CONNECTIONS;
pub use eager::{Eager, EagerListener};
pub use policy::Hosts;
pub use shutdown::{Shutdown, Stop, shutdown};
pub use standing::Standing;

pub(crate) use accept::run;
pub(crate) use exchange::exchange;
pub(crate) use policy::Rules;
pub(crate) use read::Rejected;
pub(crate) use seldom::Seldom;
pub(crate) use unheard::Unheard;

/// An answer, whole in memory: hyper writes its head and its body with one system call. The body
/// is freed into the allocator that wipes.
pub(crate) type Answer = Response<Full<Bytes>>;

/// The connection is to be reset in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("reset")]
pub(crate) struct Unanswered;

/// What answers behind a listening socket: the credentials endpoint or the control API.
pub(crate) trait Door: Send + Sync + 'static {
    /// What the log calls it.
    fn name(&self) -> &'static str;

    /// What the head of a request must keep to.
    fn rules(&self) -> &Rules;

    /// Answers a request whose head keeps to the rules, or has its connection reset.
    fn answer(
        &self,
        request: Request<Incoming>,
        body: &[u8],
        caller: &Caller,
    ) -> impl Future<Output = Result<Answer, Unanswered>> + Send;

    /// Answers what does not.
    fn reject(&self, rejected: &Rejected, caller: &Caller) -> Answer;

    /// Hears of a caller that was admitted, before a byte of it is read.
    fn admitted(&self, caller: &Caller);

    /// Hears of a connection that was not admitted: nothing was read, and nothing is answered.
    fn turned_away(&self, refused: &Refused);
}
