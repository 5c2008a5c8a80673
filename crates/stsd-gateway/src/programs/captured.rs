//! What a program prints, in a block of memory that never moves and is wiped.

use tokio::io::{AsyncRead, AsyncReadExt};
use zeroize::Zeroizing;

/// The beginning of a stream, up to a limit.
pub(super) struct Captured {
    bytes: Zeroizing<Vec<u8>>,
    length: usize,
}

impl Captured {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: Zeroizing::new(vec![0; limit]), length: 0 }
    }

    /// Reads to the end or to the limit, and lets go of the stream: who goes on writing gets SIGPIPE.
    pub(super) async fn fill(&mut self, from: Option<impl AsyncRead + Unpin>) {
        let Some(mut from) = from else { return };
        while self.length < self.bytes.len() {
            match from.read(&mut self.bytes[self.length..]).await {
                // A pipe that breaks has ended.
                Ok(0) | Err(_) => return,
                Ok(count) => self.length += count,
            }
        }
    }

    /// The same, but reads on to the end without keeping more.
    pub(super) async fn begin(&mut self, from: Option<impl AsyncRead + Unpin>) {
        let Some(mut from) = from else { return };
        self.fill(Some(&mut from)).await;
        let mut rest = Zeroizing::new([0; 1024]);
        while matches!(from.read(&mut *rest).await, Ok(1..)) {}
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn into_bytes(mut self) -> Zeroizing<Vec<u8>> {
        self.bytes.truncate(self.length);
        self.bytes
    }
}
