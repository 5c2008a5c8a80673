//! The four doors of a running daemon, and one exchange of bytes through one of them.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    V4(u16),
    V6(u16),
    Credentials(PathBuf),
    Control(PathBuf),
}

/// How the bytes come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    /// Before which bytes to pause.
    pub(crate) cuts: Vec<usize>,
    /// How long; zero is only another write.
    pub(crate) gap: Duration,
    /// Whether the caller says that it has nothing more.
    pub(crate) ends: bool,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) answer: Vec<u8>,
    /// Why there is no more of it, where it is not the connection's plain end.
    pub(crate) broken: Option<ErrorKind>,
    pub(crate) took: Duration,
}

impl Door {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::V4(_) => "127.0.0.1",
            Self::V6(_) => "[::1]",
            Self::Credentials(_) => "creds.sock",
            Self::Control(_) => "stsd.sock",
        }
    }

    /// Sends this and reads to the end.
    pub(crate) fn exchange(&self, bytes: &[u8], pace: &Pace) -> Outcome {
        let began = Instant::now();
        let (answer, broken) = match self.converse(bytes, pace) {
            Ok(got) => got,
            Err(error) => (Vec::new(), Some(error.kind())),
        };
        Outcome { answer, broken, took: began.elapsed() }
    }

    fn converse(&self, bytes: &[u8], pace: &Pace) -> io::Result<(Vec<u8>, Option<ErrorKind>)> {
        let mut connection = self.connect()?;
        send(&mut *connection, bytes, pace);
        let mut answer = Vec::new();
        let broken = connection.read_to_end(&mut answer).err().map(|error| error.kind());
        Ok((answer, broken))
    }

    pub(crate) fn connect(&self) -> io::Result<Box<dyn Connection>> {
        match self {
            Self::V4(port) => tcp(TcpStream::connect(("127.0.0.1", *port))?),
            Self::V6(port) => tcp(TcpStream::connect(("::1", *port))?),
            Self::Credentials(path) | Self::Control(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                Ok(Box::new(stream))
            }
        }
    }
}

fn tcp(stream: TcpStream) -> io::Result<Box<dyn Connection>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

/// A daemon that has heard enough closes while there is more to say: what cannot be written is no
/// failure.
fn send(connection: &mut dyn Connection, bytes: &[u8], pace: &Pace) {
    let mut from = 0;
    for cut in pace.cuts.iter().copied().chain([bytes.len()]) {
        if connection.write_all(&bytes[from..cut]).is_err() {
            return;
        }
        from = cut;
        if cut < bytes.len() && !pace.gap.is_zero() {
            thread::sleep(pace.gap);
        }
    }
    if pace.ends {
        // Gone already is as good.
        let _ = connection.end();
    }
}

/// One connection, of either kind.
pub(crate) trait Connection: Read + Write {
    fn end(&self) -> io::Result<()>;
}

impl Connection for TcpStream {
    fn end(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

impl Connection for UnixStream {
    fn end(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// Longer than any deadline of the daemon's, on any machine.
const PATIENCE: Duration = Duration::from_secs(20);
