//! Frames on the gateway's socket: see `stsd_protocol::frame`. Buffers are sized once, so that no
//! growing leaves a copy of a secret behind.

use std::io;

use stsd_protocol::frame::{HEADER, REQUEST_LIMIT, RESPONSE_LIMIT, SIGN_OF_LIFE, header, length};
use stsd_protocol::gateway::{Request, Response};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

/// Writes one request whole.
///
/// # Errors
/// If it is too long, or the gateway is gone.
pub(super) async fn write<W: AsyncWrite + Unpin>(to: &mut W, request: &Request) -> io::Result<()> {
    let mut length = Length(0);
    serde_json::to_writer(&mut length, request)?;
    let header = header(length.0, REQUEST_LIMIT)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the request is too long"))?;
    let mut frame = Zeroizing::new(Vec::with_capacity(HEADER + length.0));
    frame.extend_from_slice(&header);
    serde_json::to_writer(&mut *frame, request)?;
    to.write_all(&frame).await
}

/// Asks for a sign of life.
///
/// # Errors
/// If the gateway is gone.
pub(super) async fn ask_for_a_sign<W: AsyncWrite + Unpin>(to: &mut W) -> io::Result<()> {
    to.write_all(&SIGN_OF_LIFE).await
}

/// Reads one response; nothing, if it is a sign of life.
///
/// # Errors
/// If the gateway is gone, or does not speak the protocol. Says where, never what.
pub(super) async fn read<R: AsyncRead + Unpin>(from: &mut R) -> io::Result<Option<Response>> {
    let mut head = [0; HEADER];
    from.read_exact(&mut head).await?;
    if head == SIGN_OF_LIFE {
        return Ok(None);
    }
    let length = length(head, RESPONSE_LIMIT).ok_or_else(|| garbled("its length"))?;
    let mut body = Zeroizing::new(vec![0; length]);
    from.read_exact(&mut body).await?;
    serde_json::from_slice(&body).map(Some).map_err(|_| garbled("its text"))
}

/// Counts what is written. Room for the longest request instead would be wiped after each one, and
/// every page that is wiped stays with the daemon: 100 kB while it is idle.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn garbled(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a frame that is wrong in {what}"))
}
