//! The daemon, as the commands see it: one function for a question, one for an order. Here the
//! versions are compared, and everything that can go wrong on the way gets its refusal.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use stsd_protocol::control::UNLOCK;
use stsd_protocol::{Refusal, RefusalCode, VERSION};

use crate::exchange::{ExchangeError, Reply, read_reply, request};
use crate::show::shown_path;
use crate::socket;

/// Knows where the daemon is; each call is a connection of its own.
#[derive(Debug)]
pub(crate) struct Client {
    socket: PathBuf,
}

impl Client {
    /// The daemon of this user. Nothing is connected yet.
    pub(crate) fn new() -> Self {
        Self { socket: socket::path() }
    }

    /// A daemon that listens in this place.
    #[cfg(test)]
    pub(crate) fn at(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into() }
    }

    /// Where the daemon's socket is.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Asks; the reply as it came.
    pub(crate) fn question(&self, path: &str) -> Result<Vec<u8>, Refusal> {
        self.exchange("GET", path, &[], LOCAL)
    }

    /// Asks, and hears the whole reply within this time or not at all: for who must not be kept.
    pub(crate) fn quick_question(&self, path: &str, limit: Duration) -> Result<Vec<u8>, Refusal> {
        let end = Instant::now() + limit;
        let mut stream = socket::connect_within(&self.socket, limit)?;
        let reply = stream
            .set_write_timeout(Some(limit))
            .and_then(|()| stream.write_all(&request("GET", path, &[])))
            .map_err(ExchangeError::from)
            .and_then(|()| read_reply(&mut Until { stream, end }))
            .map_err(|error| self.lost(path, &error))?;
        self.understood(reply)
    }

    /// Orders, and waits so long for the reply.
    pub(crate) fn order<T: DeserializeOwned>(
        &self,
        path: &str,
        order: &impl Serialize,
        patience: Duration,
    ) -> Result<T, Refusal> {
        read(&self.order_raw(path, order, patience)?)
    }

    /// The same; the reply as it came.
    pub(crate) fn order_raw(
        &self,
        path: &str,
        order: &impl Serialize,
        patience: Duration,
    ) -> Result<Vec<u8>, Refusal> {
        let body = serde_json::to_vec(order)
            .map_err(|error| Refusal::new(RefusalCode::Internal, error.to_string()))?;
        self.exchange("POST", path, &body, patience)
    }

    /// An order that the daemon may answer with "not yet": it holds each request for 4.5 s, and
    /// is asked again until 20 s are over. The count ends it with a daemon that does not hold.
    pub(crate) fn patient_order(
        &self,
        path: &str,
        order: &impl Serialize,
    ) -> Result<Vec<u8>, Refusal> {
        let start = Instant::now();
        for _ in 1..ATTEMPTS {
            match self.order_raw(path, order, CREDENTIALS) {
                Err(refusal)
                    if refusal.code == RefusalCode::Pending && start.elapsed() < ASK_AGAIN => {}
                outcome => return outcome,
            }
        }
        self.order_raw(path, order, CREDENTIALS)
    }

    fn exchange(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
        patience: Duration,
    ) -> Result<Vec<u8>, Refusal> {
        let mut stream = socket::connect(&self.socket)?;
        let reply = stream
            .set_read_timeout(Some(patience))
            .and_then(|()| stream.set_write_timeout(Some(LOCAL)))
            .and_then(|()| stream.write_all(&request(method, path, body)))
            .map_err(ExchangeError::from)
            .and_then(|()| read_reply(&mut stream))
            .map_err(|error| self.lost(path, &error))?;
        self.understood(reply)
    }

    fn understood(&self, reply: Reply) -> Result<Vec<u8>, Refusal> {
        match reply.version.as_deref() {
            Some(VERSION) => {}
            Some(other) => {
                let message = format!("the daemon is version {other}, this is stsd {VERSION}");
                return Err(Refusal::new(RefusalCode::VersionMismatch, message));
            }
            None => {
                let message =
                    format!("what answers at {} is no stsd-daemon", shown_path(&self.socket));
                return Err(Refusal::new(RefusalCode::Internal, message)
                    .with_hint("look at what STSD_SOCKET names"));
            }
        }
        if reply.status == 200 {
            return Ok(reply.body);
        }
        Err(serde_json::from_slice(&reply.body).unwrap_or_else(|_| {
            let message = format!("the daemon answered {} without a reason", reply.status);
            Refusal::new(RefusalCode::Internal, message)
        }))
    }

    /// An unlock that was sent and not answered may have spent its code; anything else can simply
    /// be asked again.
    fn lost(&self, path: &str, error: &ExchangeError) -> Refusal {
        let at = shown_path(&self.socket);
        if path == UNLOCK {
            let message = "the daemon's answer was lost, and the token code may be spent";
            return Refusal::new(RefusalCode::OutcomeUnknown, format!("{message}: {error}"));
        }
        match error {
            ExchangeError::TimedOut => {
                let message = format!("the daemon at {at} does not answer");
                Refusal::new(RefusalCode::Unavailable, message)
                    .with_hint("try again, or restart it: `stsd service restart`")
            }
            _ => Refusal::new(
                RefusalCode::Internal,
                format!("the daemon at {at} gave no usable answer: {error}"),
            ),
        }
    }
}

/// Reads until a moment, however the bytes drip.
struct Until {
    stream: UnixStream,
    end: Instant,
}

impl Read for Until {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(buffer)
    }
}

/// Reads a reply's JSON.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        // Where, never what: serde's own sentence can quote the text.
        let message = format!(
            "the daemon's answer does not read, at line {} column {}",
            error.line(),
            error.column()
        );
        Refusal::new(RefusalCode::Internal, message)
    })
}

/// For what the daemon answers from memory.
pub(crate) const LOCAL: Duration = Duration::from_secs(10);
/// For what it answers after a look at the user's files.
pub(crate) const FILES: Duration = Duration::from_secs(20);
/// For what it answers after one or more calls to STS, each of which may take 15 s.
pub(crate) const STS: Duration = Duration::from_secs(60);
/// For credentials, which the daemon holds back for 4.5 s at most.
const CREDENTIALS: Duration = Duration::from_secs(20);

/// After this long a further request could end later than 20 s.
const ASK_AGAIN: Duration = Duration::from_millis(15_500);
const ATTEMPTS: u32 = 5;

#[cfg(test)]
mod tests {
    use stsd_protocol::RefusalCode;
    use stsd_protocol::control::{STATUS, UNLOCK};

    use super::Client;
    use crate::exchange::ExchangeError;

    #[test]
    fn silence_is_worth_another_try_and_a_lost_unlock_may_have_spent_its_code() {
        let client = Client::at("/run/stsd.sock");
        let silent = client.lost(STATUS, &ExchangeError::TimedOut);
        assert_eq!(silent.message, "the daemon at /run/stsd.sock does not answer");
        assert_eq!(silent.code.exit_code(), 75);
        for error in [ExchangeError::TimedOut, ExchangeError::Truncated] {
            assert_eq!(client.lost(UNLOCK, &error).code, RefusalCode::OutcomeUnknown);
        }
    }
}
