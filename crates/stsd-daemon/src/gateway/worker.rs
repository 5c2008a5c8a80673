//! One gateway process, from its start to its end.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::Child;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::warn;

use super::conversation::{Conversation, hand_back};
use super::process::{Message, Waiting};

/// A process and the way to it.
#[derive(Debug)]
pub(super) struct Worker<R = OwnedReadHalf, W = OwnedWriteHalf> {
    pub(super) child: Child,
    pub(super) reader: R,
    pub(super) writer: W,
}

impl Worker {
    pub(super) fn new(child: Child, stream: UnixStream) -> Self {
        let (reader, writer) = stream.into_split();
        Self { child, reader, writer }
    }
}

/// Makes calls in one process until the keeper lets it go, it has been idle, or it fails. What it
/// leaves behind goes `back` to the keeper, or is told that its answer is lost.
pub(super) async fn run<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    worker: Worker<R, W>,
    mut inbox: mpsc::UnboundedReceiver<Box<Waiting>>,
    back: mpsc::WeakUnboundedSender<Message>,
) {
    let Worker { child, reader, writer } = worker;
    let mut conversation = Conversation::new(writer, back.clone());
    let ended = conversation.go_on(reader, &mut inbox).await;
    inbox.close();
    // With it the process loses its socket.
    let calls = conversation.end();
    if let Err(error) = &ended {
        warn!(pid = child.id(), %error, "lost the gateway");
    }
    // Still unsent: a race between a call and the idle time, or a broken process.
    while let Some(waiting) = inbox.recv().await {
        hand_back(waiting, &back);
    }
    for mut call in calls {
        call.only_once_if_it_hung();
        call.lost(&back, ended.as_ref().err());
    }
    reap(child, ended.is_ok()).await;
}

/// Waits for the end of a process that has lost its socket, and helps where it does not come.
async fn reap(mut child: Child, gently: bool) {
    if gently && timeout(LEAVING, child.wait()).await.is_ok() {
        return;
    }
    if let Err(error) = child.kill().await {
        warn!(%error, "could not kill the gateway");
    }
}

/// How long a gateway may take to leave after the end of its input.
const LEAVING: Duration = Duration::from_secs(1);
