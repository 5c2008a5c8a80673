//! The connection as hyper sees it: a head that was read and checked before, and a socket to write
//! to. hyper is never shown more than the head, so it can neither read a second request nor notice
//! that the caller has left: an unlock goes on whoever waits for it.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::io::AsyncWrite;
use tokio::time::{Sleep, sleep};

/// Reads from the head, writes to the stream.
pub(crate) struct Replay<'a, S> {
    head: &'a [u8],
    stream: &'a mut S,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<'a, S: AsyncWrite + Unpin> Replay<'a, S> {
    pub(crate) fn new(head: &'a [u8], stream: &'a mut S) -> Self {
        Self { head, stream, stalled: None }
    }

    /// Passes the outcome of a write on, and gives up on a caller that does not read.
    fn patiently<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: Unpin> Read for Replay<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.head.is_empty() {
            // Nothing will come, and not even the end: the answer is what ends the exchange.
            return Poll::Pending;
        }
        let (now, later) = self.head.split_at(self.head.len().min(buffer.remaining()));
        buffer.put_slice(now);
        self.head = later;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Write for Replay<'_, S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut *self.stream).poll_write(context, bytes);
        self.patiently(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut *self.stream).poll_write_vectored(context, slices);
        self.patiently(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_shutdown(context)
    }
}

/// How long a caller may let its receive buffer stay full.
const PATIENCE: Duration = Duration::from_secs(5);
