//! One gateway process and the calls that are under way in it.

use std::collections::HashMap;
use std::io;
use std::pin::pin;
use std::time::Duration;

use stsd_protocol::VERSION;
use stsd_protocol::gateway::{FailureKind, Operation, Outcome, Request, Response, Settings};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::Child;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::warn;

use super::process::{Message, Waiting};
use super::{Reply, frames};

/// A process and the way to it.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
}

/// A call whose frame was written.
#[derive(Debug)]
struct UnderWay {
    /// For another try. Nothing where there must be none.
    request: Option<Request>,
    reply: oneshot::Sender<Reply>,
    deadline: Instant,
}

impl Worker {
    pub(super) fn new(child: Child, stream: UnixStream) -> Self {
        let (reader, writer) = stream.into_split();
        Self { child, reader, writer }
    }
}

/// Makes calls in one process until the keeper lets it go, it has been idle, or it fails. What it
/// leaves behind goes `back` to the keeper, or is told that its answer is lost.
pub(super) async fn run(
    worker: Worker,
    mut inbox: mpsc::UnboundedReceiver<Box<Waiting>>,
    back: mpsc::WeakUnboundedSender<Message>,
) {
    let Worker { child, reader, mut writer } = worker;
    let mut calls = HashMap::new();
    let ended = converse(reader, &mut writer, &mut inbox, &mut calls, &back).await;
    inbox.close();
    drop(writer);
    if let Err(error) = &ended {
        warn!(pid = child.id(), %error, "lost the gateway");
    }
    // Still unsent: a race between a call and the idle time, or a broken process.
    while let Some(waiting) = inbox.recv().await {
        hand_back(waiting, &back);
    }
    let now = Instant::now();
    for (_, mut call) in calls {
        // One that hung once is not made to hang again: somebody waits for it.
        call.request.take_if(|_| call.deadline <= now);
        call.lost(&back);
    }
    reap(child, ended.is_ok()).await;
}

/// The conversation itself. Ends well when nobody needs the process any more.
async fn converse(
    reader: OwnedReadHalf,
    writer: &mut OwnedWriteHalf,
    inbox: &mut mpsc::UnboundedReceiver<Box<Waiting>>,
    calls: &mut HashMap<u64, UnderWay>,
    back: &mpsc::WeakUnboundedSender<Message>,
) -> io::Result<()> {
    let mut next_id = 0;
    let mut released = false;
    let mut idle_until = Instant::now() + IDLE;
    let mut reading = pin!(read_one(reader));
    loop {
        let deadline = calls.values().map(|call| call.deadline).min();
        if released && calls.is_empty() {
            return Ok(());
        }
        tokio::select! {
            waiting = inbox.recv(), if !released => match waiting {
                None => {
                    released = true;
                    calls.values_mut().for_each(UnderWay::forget);
                }
                Some(waiting) => {
                    next_id += 1;
                    match send(writer, waiting, next_id).await {
                        Ok(call) => { calls.insert(next_id, call); }
                        Err((waiting, error)) => {
                            hand_back(waiting, back);
                            return Err(error);
                        }
                    }
                }
            },
            (reader, response) = &mut reading => {
                answer(calls, response?)?;
                reading.set(read_one(reader));
                idle_until = Instant::now() + IDLE;
            }
            () = sleep_until(deadline.unwrap_or(idle_until)) => match deadline {
                None => return Ok(()),
                Some(_) => return Err(io::Error::new(io::ErrorKind::TimedOut, "it hangs")),
            },
        }
    }
}

/// Gives the reader back with the response, so that a read that was interrupted by a call goes on
/// where it was.
async fn read_one(mut reader: OwnedReadHalf) -> (OwnedReadHalf, io::Result<Response>) {
    let response = frames::read(&mut reader).await;
    (reader, response)
}

async fn send(
    writer: &mut OwnedWriteHalf,
    waiting: Box<Waiting>,
    id: u64,
) -> Result<UnderWay, (Box<Waiting>, io::Error)> {
    let Waiting { operation, settings, reply, again } = *waiting;
    let request = Request { v: VERSION.to_owned(), id, settings, op: operation };
    let written = timeout(WRITE, frames::write(writer, &request)).await;
    let error = match written {
        Ok(Ok(())) => {
            let once = again || matches!(request.op, Operation::Unlock(_));
            let deadline = Instant::now() + patience(&request.settings);
            let request = Some(request).filter(|_| !once);
            return Ok(UnderWay { request, reply, deadline });
        }
        Ok(Err(error)) => error,
        Err(_) => io::Error::new(io::ErrorKind::TimedOut, "it does not read"),
    };
    let Request { settings, op, .. } = request;
    Err((Box::new(Waiting { operation: op, settings, reply, again }), error))
}

fn answer(calls: &mut HashMap<u64, UnderWay>, response: Response) -> io::Result<()> {
    let call = calls.remove(&response.id).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "an answer that nobody waits for")
    })?;
    let same_version = response.v == VERSION;
    let reply = if same_version {
        Reply { outcome: response.outcome, sts_date: response.sts_date }
    } else {
        let message = format!("the gateway is {}, the daemon {VERSION}", response.v);
        Reply::failure(FailureKind::Version, "VersionMismatch", message, reached(&response.outcome))
    };
    // Whoever asked may have gone away.
    let _ = call.reply.send(reply);
    if same_version {
        return Ok(());
    }
    // The next call starts whatever program is there by then.
    Err(io::Error::new(io::ErrorKind::Unsupported, "it is of another version"))
}

fn reached(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Failure(failure) if !failure.code_sent)
}

impl UnderWay {
    /// The process is let go, by a lock as a rule: what the call carried is not kept, and not sent
    /// again. A plan carries no secret.
    fn forget(&mut self) {
        self.request.take_if(|request| !matches!(request.op, Operation::Plan(_)));
    }

    /// The process ended with this call in it.
    fn lost(self, back: &mpsc::WeakUnboundedSender<Message>) {
        let Self { request, reply, .. } = self;
        let Some(request) = request else {
            let message = "the gateway ended before it answered".to_owned();
            // Whoever asked may have gone away.
            let _ = reply.send(Reply::lost("GatewayLost", message, true));
            return;
        };
        let Request { settings, op, .. } = request;
        hand_back(Box::new(Waiting { operation: op, settings, reply, again: false }), back);
    }
}

/// Asks the keeper for one more try, or says that there is none.
fn hand_back(waiting: Box<Waiting>, back: &mpsc::WeakUnboundedSender<Message>) {
    let keeper = back.upgrade().filter(|_| !waiting.again);
    let Some(keeper) = keeper else {
        let message = "the gateway does not take requests".to_owned();
        let _ = waiting.reply.send(Reply::lost("GatewayLost", message, false));
        return;
    };
    // A keeper that is gone takes the daemon down with it.
    let _ = keeper.send(Message::Call(Box::new(Waiting { again: true, ..*waiting })));
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

/// Long enough for a burst of calls, short enough for what the process has read.
const IDLE: Duration = Duration::from_secs(10);

/// What answers later than this hangs.
fn patience(settings: &Settings) -> Duration {
    if settings.allow_programs.is_empty() { HANGING } else { HANGING_WITH_PROGRAMS }
}

/// The gateway gives STS 18 s for all calls of a request.
const HANGING: Duration = Duration::from_secs(19);

/// The user's programs have 25 s beside that, and may wait for a run of another request.
const HANGING_WITH_PROGRAMS: Duration = Duration::from_secs(60);

/// The socket's buffer takes any request at once unless the gateway hangs.
const WRITE: Duration = Duration::from_secs(5);

/// How long a gateway may take to leave after the end of its input.
const LEAVING: Duration = Duration::from_secs(1);
