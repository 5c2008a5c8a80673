//! One exchange of a door over a connection in memory.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf, join};
use tokio::runtime::{Builder, Runtime};

use crate::wire::testing::CALLER;
use crate::wire::{Door, Unheard, exchange};

/// What a door writes to a caller who sends these bytes, so many at a time, and waits.
pub(super) fn exchanged(door: &impl Door, bytes: &[u8], at_a_time: usize) -> Vec<u8> {
    let mut connection = join(Pieces { bytes, at_a_time }, Vec::new());
    waited(exchange(&mut connection, door, CALLER, &Unheard::default()));
    connection.into_inner().1
}

/// What is ready at once: no socket and no timer is part of it.
fn waited<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: Runtime =
            Builder::new_current_thread().enable_time().build().expect("no descriptor is needed");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}

struct Pieces<'a> {
    bytes: &'a [u8],
    at_a_time: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.bytes.len().min(self.at_a_time).min(buffer.remaining());
        let (now, later) = self.bytes.split_at(length);
        buffer.put_slice(now);
        self.bytes = later;
        Poll::Ready(Ok(()))
    }
}

/// The status and the body of the one answer; nothing if the caller got none.
pub(super) fn answer(written: &[u8]) -> Option<(u16, &str)> {
    if written.is_empty() {
        return None;
    }
    let text = std::str::from_utf8(written).expect("an answer is text");
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    let length = format!("Content-Length: {}", body.len());
    assert!(head.lines().any(|line| line == length), "more or less than one answer: {text:?}");
    Some((status.expect("an answer has a status"), body))
}
