//! The one exchange that a connection has: a request, an answer, the end. SDKs open a connection for
//! every fetch, an hour apart, so there is nothing to keep alive.

use std::error::Error;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::io::{AsyncRead, AsyncWrite};
use tracing::debug;

use super::read::{Unreceived, linger, receive};
use super::replay::Replay;
use super::{Door, Unanswered, Unheard};
use crate::caller::Caller;

/// Serves a connection; its end closes it. One that is to be reset in place of an answer comes back.
pub(crate) async fn exchange<S, D>(
    mut stream: S,
    door: &D,
    caller: Caller,
    unheard: &Unheard,
) -> Option<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    D: Door,
{
    let received = match unheard.listen(receive(&mut stream, door.rules())).await? {
        Ok(received) => Ok(received),
        Err(Unreceived::Rejected(rejected)) => Err(rejected),
        Err(Unreceived::Gone) => return None,
    };
    // hyper writes every answer, but of a request that was rejected it sees nothing.
    let head = received.as_ref().map_or(STAND_IN, |received| received.head.as_slice());
    let service = service_fn(|request| async {
        match &received {
            Ok(received) => door.answer(request, &received.body, &caller).await,
            Err(rejected) => Ok(door.reject(rejected, &caller)),
        }
    });
    let written = http1::Builder::new()
        .keep_alive(false)
        .title_case_headers(true)
        // Answers that differ in nothing but what they say; no SDK reads the date of this one.
        .auto_date_header(false)
        .serve_connection(Replay::new(head, &mut stream), service)
        .without_shutdown()
        .await;
    if let Err(error) = written {
        if error.source().is_some_and(|source| source.is::<Unanswered>()) {
            return Some(stream);
        }
        debug!(door = door.name(), %error, "could not answer");
    } else if received.is_err() {
        unheard.listen(linger(&mut stream)).await;
    }
    None
}

const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

#[cfg(test)]
mod tests;
