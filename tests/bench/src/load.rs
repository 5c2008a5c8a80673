//! The load: clients that open a connection for each request, read the answer to the end of the
//! connection, and compare every byte of its body with what it must be.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::process::cpu_time;

/// Where a server listens.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// A server, what it is asked, and what it must answer.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) address: Address,
    pub(crate) request: Vec<u8>,
    pub(crate) body: Vec<u8>,
    /// The process that answers.
    pub(crate) pid: u32,
}

/// What one round gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) per_second: f64,
    pub(crate) median: Duration,
    /// What the server spent on each request, in seconds.
    pub(crate) cpu: f64,
}

pub(crate) trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

impl Address {
    pub(crate) fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                Box::new(stream)
            }
            Self::Unix(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                Box::new(stream)
            }
        })
    }

    /// One exchange; `reply` is emptied before.
    pub(crate) fn ask(&self, request: &[u8], reply: &mut Vec<u8>) -> io::Result<()> {
        reply.clear();
        let mut stream = self.connect()?;
        stream.write_all(request)?;
        stream.read_to_end(reply).map(drop)
    }
}

impl Target {
    /// Puts so many clients to work for so long.
    ///
    /// # Errors
    /// At the first answer that is not what it must be.
    pub(crate) fn load(&self, clients: usize, length: Duration) -> io::Result<Round> {
        let before = cpu_time(self.pid)?;
        let start = Instant::now();
        let end = start + length;
        let mut latencies = Vec::new();
        thread::scope(|scope| {
            let work: Vec<_> = (0..clients).map(|_| scope.spawn(|| self.client(end))).collect();
            for client in work {
                let done = client.join().map_err(|_| io::Error::other("a client broke"))?;
                latencies.append(&mut done?);
            }
            io::Result::Ok(())
        })?;
        let requests = latencies.len() as f64;
        let per_second = requests / start.elapsed().as_secs_f64();
        let cpu = (cpu_time(self.pid)? - before).as_secs_f64() / requests;
        Ok(Round { per_second, median: median(&mut latencies), cpu })
    }

    fn client(&self, end: Instant) -> io::Result<Vec<Duration>> {
        let mut latencies = Vec::new();
        let mut reply = Vec::with_capacity(4096);
        let mut start = Instant::now();
        while start < end {
            self.address.ask(&self.request, &mut reply)?;
            let now = Instant::now();
            latencies.push(now - start);
            start = now;
            if !is_answer(&reply, &self.body) {
                let reply = String::from_utf8_lossy(&reply);
                let status = reply.lines().next().unwrap_or_default();
                let wrong = format!("{} answered wrongly: {status:?}", self.name);
                return Err(io::Error::other(wrong));
            }
        }
        Ok(latencies)
    }
}

/// Whether this is a 200 with this body. The expiration that stsd serves moves with the clock.
pub(crate) fn is_answer(reply: &[u8], body: &[u8]) -> bool {
    reply.starts_with(b"HTTP/1.1 200 OK\r\n")
        && body_of(reply).is_some_and(|got| same_but_expiration(got, body))
}

pub(crate) fn body_of(reply: &[u8]) -> Option<&[u8]> {
    let head = reply.windows(4).position(|end| end == b"\r\n\r\n")?;
    Some(&reply[head + 4..])
}

pub(crate) fn same_but_expiration(left: &[u8], right: &[u8]) -> bool {
    let Some(at) = right.windows(EXPIRATION.len()).position(|key| key == EXPIRATION) else {
        return left == right;
    };
    let (from, to) = (at + EXPIRATION.len(), at + EXPIRATION.len() + TIME);
    left.len() == right.len() && left[..from] == right[..from] && left[to..] == right[to..]
}

/// The middle one; none is no time at all.
pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

const EXPIRATION: &[u8] = b"\"Expiration\":\"";
/// `YYYY-MM-DDTHH:MM:SSZ`
const TIME: usize = 20;

/// Nothing here takes so long; what does is wrong.
const PATIENCE: Duration = Duration::from_secs(20);
