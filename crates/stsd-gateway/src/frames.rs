//! The conversation with the daemon: frames in, frames out, several requests under way at once.

use std::io::Read;
use std::sync::Arc;

use stsd_gateway::Gateway;
use stsd_protocol::frame::{HEADER, REQUEST_LIMIT, RESPONSE_LIMIT, SIGN_OF_LIFE, header, length};
use stsd_protocol::gateway::{Failure, FailureKind, Outcome, Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use zeroize::Zeroizing;

/// Why the conversation ended before the daemon ended it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// The other side is no daemon of ours. What it sent is not shown: it may hold a secret.
    #[error("a frame announced more than {REQUEST_LIMIT} bytes")]
    TooLong,
    /// As above.
    #[error("a frame did not hold a request")]
    NotARequest,
    /// The socket broke.
    #[error("the socket to the daemon broke")]
    Socket(#[from] std::io::Error),
    /// A defect in the gateway.
    #[error("a request ended without an answer")]
    Lost(#[from] JoinError),
    /// A defect in the gateway.
    #[error("an answer could not be written as JSON")]
    NotJson,
}

/// The first request, waited for without a runtime: it says what this process will need, and so what
/// it can give up before it has a second thread. Nothing, if the daemon has closed its end.
pub(crate) fn first(
    mut socket: &std::os::unix::net::UnixStream,
) -> Result<Option<Request>, FrameError> {
    let mut head = [0; HEADER];
    if socket.read(&mut head[..1])? == 0 {
        return Ok(None);
    }
    socket.read_exact(&mut head[1..])?;
    let mut body = body(head)?;
    socket.read_exact(&mut body)?;
    request(&body).map(Some)
}

/// Answers this request and those that follow until the daemon closes its end; what is under way then
/// is dropped, since nobody waits for it any more. `started` is called at each further request.
pub(crate) async fn serve(
    stream: UnixStream,
    first: Request,
    gateway: Arc<Gateway>,
    started: impl Fn(),
) -> Result<(), FrameError> {
    let (read, mut write) = stream.into_split();
    let (sender, mut requests) = mpsc::channel(16);
    let reader = tokio::spawn(read_requests(read, sender));
    let mut calls = JoinSet::new();
    let call = |request| {
        let gateway = Arc::clone(&gateway);
        async move { gateway.handle(request).await }
    };
    calls.spawn(call(first));
    loop {
        tokio::select! {
            heard = requests.recv() => match heard {
                None => return reader.await?,
                Some(Heard::Request(request)) => {
                    started();
                    calls.spawn(call(*request));
                }
                Some(Heard::AreYouThere) => write.write_all(&SIGN_OF_LIFE).await?,
            },
            Some(answer) = calls.join_next() => write_response(&mut write, answer?).await?,
        }
    }
}

/// What the daemon says.
enum Heard {
    Request(Box<Request>),
    AreYouThere,
}

async fn read_requests(
    mut read: OwnedReadHalf,
    sender: mpsc::Sender<Heard>,
) -> Result<(), FrameError> {
    loop {
        let mut head = [0; HEADER];
        if read.read(&mut head[..1]).await? == 0 {
            return Ok(());
        }
        read.read_exact(&mut head[1..]).await?;
        let heard = if head == SIGN_OF_LIFE {
            Heard::AreYouThere
        } else {
            let mut body = body(head)?;
            read.read_exact(&mut body).await?;
            Heard::Request(Box::new(request(&body)?))
        };
        if sender.send(heard).await.is_err() {
            return Ok(());
        }
    }
}

/// Room for what the head announces.
fn body(head: [u8; HEADER]) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    let length = length(head, REQUEST_LIMIT).ok_or(FrameError::TooLong)?;
    Ok(Zeroizing::new(vec![0; length]))
}

fn request(body: &[u8]) -> Result<Request, FrameError> {
    serde_json::from_slice(body).map_err(|_| FrameError::NotARequest)
}

async fn write_response(write: &mut OwnedWriteHalf, response: Response) -> Result<(), FrameError> {
    let mut body = encode(&response)?;
    let head = match header(body.len(), RESPONSE_LIMIT) {
        Some(head) => head,
        None => {
            body = encode(&too_large(response))?;
            // A failure of a few lines is below every limit.
            header(body.len(), RESPONSE_LIMIT).ok_or(FrameError::NotJson)?
        }
    };
    write.write_all(&head).await?;
    write.write_all(&body).await?;
    Ok(())
}

fn encode(response: &Response) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    serde_json::to_vec(response).map(Zeroizing::new).map_err(|_| FrameError::NotJson)
}

fn too_large(response: Response) -> Response {
    let failure = Failure {
        kind: FailureKind::Configuration,
        code: "ConfigError".to_owned(),
        message: "the AWS configuration files are too large".to_owned(),
        retryable: false,
        http_status: None,
        code_sent: false,
    };
    Response { outcome: Outcome::Failure(failure), ..response }
}
