//! A client that sends bytes and shows bytes: what no HTTP library would let pass is seen here.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// As in `200`.
    pub status: u16,
    /// What stands behind the status.
    pub reason: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Reply {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let text = String::from_utf8_lossy(bytes);
        let broken = || io::Error::new(io::ErrorKind::InvalidData, format!("no HTTP: {text:?}"));
        let (head, body) = text.split_once("\r\n\r\n").ok_or_else(broken)?;
        let mut lines = head.split("\r\n");
        let status_line = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 "));
        let (status, reason) =
            status_line.and_then(|line| line.split_once(' ')).ok_or_else(broken)?;
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_ascii_lowercase(), value.to_owned()))
        };
        Ok(Self {
            status: status.parse().map_err(|_| broken())?,
            reason: reason.to_owned(),
            headers: lines.filter_map(header).collect(),
            body: body.to_owned(),
        })
    }
}

/// Fetches a path as an SDK does.
///
/// # Errors
/// If no answer comes.
pub fn get(address: &str, path: &str, authorization: Option<&str>) -> io::Result<Reply> {
    let address = address.trim_start_matches("http://");
    exchange(address, &request(address, path, authorization))
}

/// Sends these bytes and reads to the end.
///
/// # Errors
/// If no answer comes.
pub fn exchange(address: impl ToSocketAddrs, request: &str) -> io::Result<Reply> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    converse(stream, request)
}

/// The same through a Unix socket.
///
/// # Errors
/// If no answer comes.
pub fn exchange_unix(socket: &Path, request: &str) -> io::Result<Reply> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    converse(stream, request)
}

/// The bytes of a plain GET.
pub fn request(host: &str, path: &str, authorization: Option<&str>) -> String {
    let authorization = authorization.map(|value| format!("Authorization: {value}\r\n"));
    let authorization = authorization.unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{authorization}Connection: close\r\n\r\n")
}

fn converse(mut stream: impl Read + Write, request: &str) -> io::Result<Reply> {
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Reply::parse(&answer)
}

const TIMEOUT: Duration = Duration::from_secs(20);
