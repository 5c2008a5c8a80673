//! Messages on the socket between the gateway and the process that runs programs: the frames that the
//! daemon's have too. Buffers are sized once and wiped, since what a program prints is a secret.

use std::io::{self, Error, ErrorKind};

use serde::Serialize;
use serde::de::DeserializeOwned;
use stsd_protocol::frame::{HEADER, header, length};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// A message with its header.
pub(super) fn encode(message: &impl Serialize) -> io::Result<Zeroizing<Vec<u8>>> {
    let body = Zeroizing::new(serde_json::to_vec(message)?);
    let header = header(body.len(), LIMIT).ok_or(ErrorKind::InvalidInput)?;
    let mut frame = Zeroizing::new(Vec::with_capacity(HEADER + body.len()));
    frame.extend_from_slice(&header);
    frame.extend_from_slice(&body);
    Ok(frame)
}

pub(super) async fn write(to: &mut OwnedWriteHalf, message: &impl Serialize) -> io::Result<()> {
    to.write_all(&encode(message)?).await
}

/// Reads the next message; nothing at the end.
pub(super) async fn read<T: DeserializeOwned>(from: &mut OwnedReadHalf) -> io::Result<Option<T>> {
    let mut head = [0; HEADER];
    if from.read(&mut head[..1]).await? == 0 {
        return Ok(None);
    }
    from.read_exact(&mut head[1..]).await?;
    let length = length(head, LIMIT).ok_or_else(garbled)?;
    let mut body = Zeroizing::new(vec![0; length]);
    from.read_exact(&mut body).await?;
    // Where, never what.
    serde_json::from_slice(&body).map(Some).map_err(|_| garbled())
}

/// Reads on until the end, whatever else the receiver does meanwhile.
pub(super) async fn read_all<T: DeserializeOwned>(
    mut from: OwnedReadHalf,
    to: mpsc::UnboundedSender<T>,
) {
    // A socket that breaks has ended.
    while let Ok(Some(message)) = read(&mut from).await {
        if to.send(message).is_err() {
            return;
        }
    }
}

fn garbled() -> Error {
    Error::new(ErrorKind::InvalidData, "what came is no message")
}

/// A program prints 64 KiB at most, and JSON writes six signs for one at worst.
const LIMIT: usize = 512 * 1024;
