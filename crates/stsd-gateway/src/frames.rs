//! The conversation with the daemon: frames in, frames out. It has the main thread for itself, where
//! nothing waits for a file or for an answer of AWS, so that whoever asks for a sign of life gets it while
//! a slow disk is read; and it reads on while it writes, or both sides could wait for each other.

use std::hint::black_box;
use std::io::Read;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use stsd_gateway::Gateway;
use stsd_protocol::frame::{HEADER, REQUEST_LIMIT, RESPONSE_LIMIT, SIGN_OF_LIFE, header, length};
use stsd_protocol::gateway::{Failure, FailureKind, Outcome, Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;
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
    /// A limit of the system.
    #[error("the system has no thread or no descriptor left")]
    System(#[source] std::io::Error),
    /// A defect in the gateway.
    #[error("a request ended without an answer")]
    Lost,
    /// A defect in the gateway.
    #[error("an answer could not be written as JSON")]
    NotJson,
}

/// The first request, waited for without a runtime: it says what this process will need, and so what
/// it can give up before it talks to AWS. Nothing, if the daemon has closed its end.
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

/// The tasks that read and write.
pub(crate) struct Frames {
    tasks: JoinSet<Result<(), FrameError>>,
}

/// What is asked, and where the answers go. For another thread.
pub(crate) struct Calls {
    requests: mpsc::UnboundedReceiver<Request>,
    answers: mpsc::UnboundedSender<Said>,
}

/// What the daemon hears.
enum Said {
    Answer(Box<Response>),
    SignOfLife,
}

impl Frames {
    /// Reads and writes from now on. `started` is called at each request. To be called in a runtime.
    pub(crate) fn open(stream: UnixStream, started: fn()) -> (Self, Calls) {
        let (read, write) = stream.into_split();
        let (to_calls, requests) = mpsc::unbounded_channel();
        let (answers, said) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(read_frames(read, to_calls, answers.clone(), started));
        tasks.spawn(write_frames(write, said));
        (Self { tasks }, Calls { requests, answers })
    }

    /// Does this work on a thread of its own, which has ended when this returns. Nothing, if the daemon has
    /// closed its end before: nobody waits for it any more then.
    ///
    /// # Errors
    /// If the conversation breaks, or no thread can be had.
    pub(crate) async fn during<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, FrameError> {
        let mut done = pin!(on_a_thread(work));
        let ended = tokio::select! {
            // Calls end after the reader, whose end says more.
            biased;
            Some(ended) = self.tasks.join_next() => ended,
            done = &mut done => return done.map(Some),
        };
        // Calls hear of it, and take the user's programs with them, unless a file hangs.
        self.tasks.abort_all();
        let _ = timeout(LEAVING, done).await;
        ended.map_err(|_| FrameError::Lost)?.map(|()| None)
    }
}

impl Calls {
    /// Answers this request and those that follow, several at once, until no more can come; what is under
    /// way then is dropped.
    pub(crate) async fn answer(
        mut self,
        first: Request,
        gateway: Gateway,
    ) -> Result<(), FrameError> {
        let gateway = Arc::new(gateway);
        let call = |request| {
            let gateway = Arc::clone(&gateway);
            async move { gateway.handle(request).await }
        };
        let mut calls = JoinSet::new();
        calls.spawn(call(first));
        loop {
            tokio::select! {
                request = self.requests.recv() => match request {
                    Some(request) => { calls.spawn(call(request)); }
                    None => return Ok(()),
                },
                Some(answer) = calls.join_next() => {
                    let answer = answer.map_err(|_| FrameError::Lost)?;
                    // Where nobody writes any more, the requests end too.
                    let _ = self.answers.send(Said::Answer(Box::new(answer)));
                }
            }
        }
    }
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FrameError> {
    let (sender, done) = oneshot::channel();
    let thread = std::thread::Builder::new().spawn(move || {
        // Whoever has gone away needs it no more.
        let _ = sender.send(work());
    });
    let thread = thread.map_err(FrameError::System)?;
    let done = done.await;
    // All that is left to it is to end.
    thread.join().map_err(|_| FrameError::Lost)?;
    done.map_err(|_| FrameError::Lost)
}

async fn read_frames(
    mut read: OwnedReadHalf,
    requests: mpsc::UnboundedSender<Request>,
    answers: mpsc::UnboundedSender<Said>,
    started: fn(),
) -> Result<(), FrameError> {
    loop {
        let mut head = [0; HEADER];
        if read.read(&mut head[..1]).await? == 0 {
            return Ok(());
        }
        read.read_exact(&mut head[1..]).await?;
        // Either receiver goes away with this process alone.
        if head == SIGN_OF_LIFE {
            let _ = answers.send(Said::SignOfLife);
            continue;
        }
        let mut body = body(head)?;
        read.read_exact(&mut body).await?;
        let request = request(&body)?;
        started();
        let _ = requests.send(request);
    }
}

async fn write_frames(
    mut write: OwnedWriteHalf,
    mut said: mpsc::UnboundedReceiver<Said>,
) -> Result<(), FrameError> {
    while let Some(said) = said.recv().await {
        match said {
            Said::SignOfLife => write.write_all(&SIGN_OF_LIFE).await?,
            Said::Answer(response) => {
                write_response(&mut write, *response).await?;
                clear_registers();
            }
        }
    }
    Ok(())
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

/// What was copied last stays in the processor's vector registers while this thread waits, and a dump
/// shows them: each size of a copy that has registers of its own is made once more, of nothing.
fn clear_registers() {
    for size in [8, 16, 32, 64, 128, 256, 512, 1024, 4096] {
        let nothing = black_box(vec![0_u8; size]);
        let mut copy = Vec::with_capacity(size);
        copy.extend_from_slice(&nothing);
        black_box(&copy);
    }
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

/// The daemon kills whoever has not left within a second.
const LEAVING: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::Frames;
    use stsd_protocol::frame::{HEADER, SIGN_OF_LIFE};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;

    #[tokio::test]
    async fn it_shows_that_it_lives_while_it_reads_files_and_leaves_with_the_daemon() {
        let (mut daemon, gateway) = UnixStream::pair().unwrap();
        let (mut frames, _calls) = Frames::open(gateway, || {});
        let (read, disk) = std::sync::mpsc::channel();
        let asking = async {
            let mut sign = [1; HEADER];
            daemon.write_all(&SIGN_OF_LIFE).await.unwrap();
            daemon.read_exact(&mut sign).await.unwrap();
            read.send(()).unwrap();
            sign
        };
        let (done, sign) = tokio::join!(frames.during(move || disk.recv().unwrap()), asking);
        assert_eq!((done.unwrap(), sign), (Some(()), SIGN_OF_LIFE));

        drop(daemon);
        let (_hangs, disk) = std::sync::mpsc::channel::<()>();
        assert_eq!(frames.during(move || disk.recv().is_ok()).await.unwrap(), None);
    }
}
