//! Takes one request off a connection: a head within 2 s and 8 KiB, then the body that it
//! announced. What is wrong with it becomes an answer; who is slow or leaves gets none.

use std::time::Duration;

use stsd_protocol::{Refusal, RefusalCode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use zeroize::{Zeroize, Zeroizing};

use super::head::{HEAD_LIMIT, Head, HeadError, Scan, scan};
use super::policy::{PolicyError, Rules, check};

/// A request that keeps to the rules of its door.
pub(crate) struct Received {
    /// What hyper parses.
    pub(crate) head: Vec<u8>,
    /// May hold a token code; hyper never sees it.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// Why there is no request.
pub(crate) enum Unreceived {
    /// The caller left, or took too long: there is nobody to answer.
    Gone,
    /// To be answered with this.
    Rejected(Rejected),
}

/// A request that does not keep to the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    /// Mostly the refusal's own; 431 for a head that is too large.
    pub(crate) status: u16,
    /// What the caller reads.
    pub(crate) refusal: Refusal,
}

/// Reads the one request of a connection.
pub(crate) async fn receive<S: AsyncRead + Unpin>(
    stream: &mut S,
    rules: &Rules,
) -> Result<Received, Unreceived> {
    let mut head = Vec::with_capacity(FIRST_CAPACITY);
    let end =
        timeout(DEADLINE, read_head(stream, &mut head)).await.map_err(|_| Unreceived::Gone)??;
    let length = check(Head::parse(&head[..end])?, rules)?;
    if head.len() - end > length {
        return Err(HeadError::Trailing.into());
    }
    let mut body = Zeroizing::new(Vec::new());
    if length > 0 {
        body = Zeroizing::new(vec![0; length]);
        let (first, rest) = body.split_at_mut(head.len() - end);
        first.copy_from_slice(&head[end..]);
        head[end..].zeroize();
        let read = timeout(DEADLINE, stream.read_exact(rest)).await;
        read.map_err(|_| Unreceived::Gone)?.map_err(|_| Unreceived::Gone)?;
    }
    head.truncate(end);
    Ok(Received { head, body })
}

/// Lets a caller that was rejected read why: closing while bytes of its own are unread would reset
/// the connection, and the answer with it. Bounded, so that it cannot be used to stay.
pub(crate) async fn linger<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) {
    let rest = async {
        stream.shutdown().await.ok()?;
        let mut scratch = [0; 1024];
        for _ in 0..LINGER_READS {
            stream.read(&mut scratch).await.ok().filter(|length| *length > 0)?;
        }
        Some(())
    };
    // Whether it ends by itself or not, the connection is closed next.
    let _ = timeout(LINGER, rest).await;
}

/// Reads until the empty line; says where it ends.
async fn read_head<S: AsyncRead + Unpin>(
    stream: &mut S,
    head: &mut Vec<u8>,
) -> Result<usize, Unreceived> {
    let mut seen = 0;
    loop {
        if head.len() == head.capacity() {
            // Over 8 KiB is found out by the scan, so this happens once.
            head.reserve_exact(HEAD_LIMIT - head.len());
        }
        let read = stream.read_buf(head).await;
        if read.map_or(true, |length| length == 0) {
            return Err(Unreceived::Gone);
        }
        match scan(head, seen) {
            Scan::Whole(end) => return Ok(end),
            Scan::Broken(error) => return Err(error.into()),
            Scan::Partial => seen = head.len(),
        }
    }
}

impl From<HeadError> for Unreceived {
    fn from(error: HeadError) -> Self {
        let refusal = Refusal::new(RefusalCode::BadRequest, error.to_string())
            .with_hint("speak HTTP/1.1 as the AWS SDKs do");
        let status = match error {
            HeadError::TooLong | HeadError::TooManyFields => 431,
            _ => refusal.code.http_status(),
        };
        Self::Rejected(Rejected { status, refusal })
    }
}

impl From<PolicyError> for Unreceived {
    fn from(error: PolicyError) -> Self {
        let refusal = Refusal::new(RefusalCode::RequestRefused, error.to_string());
        Self::Rejected(Rejected { status: refusal.code.http_status(), refusal })
    }
}

/// For the whole head, and once more for a body. A request is one segment from this very machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// The heads of the SDKs have 150 to 500 bytes.
const FIRST_CAPACITY: usize = 1024;

const LINGER: Duration = Duration::from_secs(1);
const LINGER_READS: usize = 128;
