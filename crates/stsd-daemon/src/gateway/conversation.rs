//! What one gateway process is asked, and what it answers.

use std::collections::HashMap;
use std::io;
use std::pin::pin;
use std::time::Duration;

use stsd_protocol::VERSION;
use stsd_protocol::gateway::{
    FILE_ERROR, FailureKind, GATEWAY_LOST, Operation, Outcome, Request, Response, Settings,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::process::{Message, Waiting};
use super::pulse::Pulse;
use super::{Reply, frames};

/// A process's socket, and what it was asked and has not answered.
pub(super) struct Conversation<W> {
    writer: W,
    calls: HashMap<u64, UnderWay>,
    back: mpsc::WeakUnboundedSender<Message>,
    last_id: u64,
    /// Nothing more is asked.
    released: bool,
    pulse: Pulse,
    idle_until: Instant,
}

impl<W: AsyncWrite + Unpin> Conversation<W> {
    pub(super) fn new(writer: W, back: mpsc::WeakUnboundedSender<Message>) -> Self {
        Self {
            writer,
            calls: HashMap::new(),
            back,
            last_id: 0,
            released: false,
            pulse: Pulse::new(),
            idle_until: Instant::now() + IDLE,
        }
    }

    /// Ends well when nobody needs the process any more.
    pub(super) async fn go_on<R: AsyncRead + Unpin>(
        &mut self,
        reader: R,
        inbox: &mut mpsc::UnboundedReceiver<Box<Waiting>>,
    ) -> io::Result<()> {
        let mut reading = pin!(read_one(reader));
        while !(self.released && self.calls.is_empty()) {
            tokio::select! {
                // What has come counts before it is too late for it.
                biased;
                (reader, response) = &mut reading => {
                    self.hear(response?, inbox)?;
                    reading.set(read_one(reader));
                }
                waiting = inbox.recv(), if !self.released => match waiting {
                    Some(waiting) => self.ask(waiting).await?,
                    None => self.release(),
                },
                () = sleep_until(self.moment()) => if !self.look().await? {
                    return Ok(());
                },
            }
        }
        Ok(())
    }

    async fn ask(&mut self, waiting: Box<Waiting>) -> io::Result<()> {
        self.last_id += 1;
        if self.calls.is_empty() {
            self.pulse.begin();
        }
        match send(&mut self.writer, waiting, self.last_id).await {
            Ok(call) => {
                self.calls.insert(self.last_id, call);
                Ok(())
            }
            Err((waiting, error)) => {
                hand_back(waiting, &self.back);
                Err(error)
            }
        }
    }

    fn hear(
        &mut self,
        response: Option<Response>,
        inbox: &mut mpsc::UnboundedReceiver<Box<Waiting>>,
    ) -> io::Result<()> {
        let Some(response) = response else { return self.pulse.sign() };
        self.pulse.answered();
        self.idle_until = Instant::now() + IDLE;
        let id = response.id;
        let call = self.calls.remove(&id).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "an answer that nobody waits for")
        })?;
        if is_of_a_file(&response.outcome) {
            // Another process perhaps can read it. Before the keeper hears of it, or the call comes back.
            inbox.close();
            // Unless it is this one's first call, which finds the files as they are.
            if let Some(request) = call.request.filter(|_| id > 1) {
                hand_back(first_try(request, call.reply), &self.back);
                return Ok(());
            }
        }
        answer(call.reply, response)
    }

    /// When the last call will have waited too long, or the next one, or nobody has asked for long.
    fn moment(&self) -> Instant {
        self.deadline().map_or(self.idle_until, |deadline| deadline.min(self.pulse.next()))
    }

    fn deadline(&self) -> Option<Instant> {
        self.calls.values().map(|call| call.deadline).min()
    }

    /// The moment has come. Whether anybody still needs the process.
    async fn look(&mut self) -> io::Result<bool> {
        let now = Instant::now();
        // A daemon that stood still perhaps did so with the gateway, which has not had that time.
        let late = now.saturating_duration_since(self.moment());
        self.calls.values_mut().for_each(|call| call.deadline += late);
        match self.deadline() {
            None => return Ok(false),
            Some(deadline) if deadline <= now => return Err(timed_out("it hangs")),
            Some(_) => self.pulse.look()?,
        }
        match timeout(WRITE, frames::ask_for_a_sign(&mut self.writer)).await {
            Ok(asked) => asked.map(|()| true),
            Err(_) => Err(timed_out("it does not read")),
        }
    }

    fn release(&mut self) {
        self.released = true;
        self.calls.values_mut().for_each(UnderWay::forget);
    }

    /// What it leaves unanswered.
    pub(super) fn end(self) -> impl Iterator<Item = UnderWay> {
        self.calls.into_values()
    }
}

/// A call whose frame was written.
#[derive(Debug)]
pub(super) struct UnderWay {
    /// For another try. Nothing where there must be none.
    request: Option<Request>,
    reply: oneshot::Sender<Reply>,
    deadline: Instant,
}

impl UnderWay {
    /// The process is let go, by a lock as a rule: what the call carried is not kept, and not sent
    /// again. A plan carries no secret.
    fn forget(&mut self) {
        self.request.take_if(|request| !matches!(request.op, Operation::Plan(_)));
    }

    /// One that hung once is not made to hang again: somebody waits for it.
    pub(super) fn only_once_if_it_hung(&mut self) {
        self.request.take_if(|_| self.deadline <= Instant::now());
    }

    /// The process ended with this call in it.
    pub(super) fn lost(self, back: &mpsc::WeakUnboundedSender<Message>, why: Option<&io::Error>) {
        let Self { request, reply, .. } = self;
        let Some(request) = request else {
            let message = match why.map(io::Error::kind) {
                Some(io::ErrorKind::TimedOut) => "the gateway stood still and was ended",
                _ => "the gateway ended before it answered",
            };
            // Whoever asked may have gone away.
            let _ = reply.send(Reply::lost(GATEWAY_LOST, message.to_owned(), true));
            return;
        };
        hand_back(first_try(request, reply), back);
    }
}

/// The call as it was before it was made.
fn first_try(request: Request, reply: oneshot::Sender<Reply>) -> Box<Waiting> {
    let Request { settings, op, .. } = request;
    Box::new(Waiting { operation: op, settings, reply, again: false })
}

/// Gives the reader back with the response, so that a read that was interrupted by a call goes on
/// where it was.
async fn read_one<R: AsyncRead + Unpin>(mut reader: R) -> (R, io::Result<Option<Response>>) {
    let response = frames::read(&mut reader).await;
    (reader, response)
}

async fn send<W: AsyncWrite + Unpin>(
    writer: &mut W,
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
        Err(_) => timed_out("it does not read"),
    };
    let Request { settings, op, .. } = request;
    Err((Box::new(Waiting { operation: op, settings, reply, again }), error))
}

/// Tells whoever asked, if they have not gone away.
fn answer(asker: oneshot::Sender<Reply>, response: Response) -> io::Result<()> {
    let same_version = response.v == VERSION;
    let reply = if same_version {
        Reply { outcome: response.outcome, sts_date: response.sts_date }
    } else {
        let message = format!("the gateway is {}, the daemon {VERSION}", response.v);
        Reply::failure(FailureKind::Version, "VersionMismatch", message, reached(&response.outcome))
    };
    let _ = asker.send(reply);
    if same_version {
        return Ok(());
    }
    // The next call starts whatever program is there by then.
    Err(io::Error::new(io::ErrorKind::Unsupported, "it is of another version"))
}

fn is_of_a_file(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failure(failure) if failure.code == FILE_ERROR)
}

fn timed_out(how: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, how)
}

fn reached(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Failure(failure) if !failure.code_sent)
}

/// Asks the keeper for one more try, or says that there is none.
pub(super) fn hand_back(waiting: Box<Waiting>, back: &mpsc::WeakUnboundedSender<Message>) {
    let keeper = back.upgrade().filter(|_| !waiting.again);
    let Some(keeper) = keeper else {
        let message = "the gateway ended before it answered".to_owned();
        let _ = waiting.reply.send(Reply::lost(GATEWAY_LOST, message, false));
        return;
    };
    // A keeper that is gone takes the daemon down with it.
    let _ = keeper.send(Message::Call(Box::new(Waiting { again: true, ..*waiting })));
}

/// Long enough for a burst of calls, short enough for what the process has read.
const IDLE: Duration = Duration::from_secs(10);

/// What answers later than this hangs.
fn patience(settings: &Settings) -> Duration {
    if settings.allow_programs.is_empty() { HANGING } else { HANGING_WITH_PROGRAMS }
}

/// The gateway has answered within 18 s, the user's programs aside.
const HANGING: Duration = Duration::from_secs(19);

/// The user's programs have 25 s beside that, and may wait for a run of another request.
const HANGING_WITH_PROGRAMS: Duration = Duration::from_secs(60);

/// The socket's buffer takes any request at once unless the gateway hangs.
const WRITE: Duration = Duration::from_secs(5);
