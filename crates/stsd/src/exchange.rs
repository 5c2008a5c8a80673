//! One HTTP/1.1 request and its reply, strictly: the daemon writes one reply with a
//! `Content-Length` and closes. Whatever else arrives is an error with a name, never a guess.

use std::io::{self, Read};

use stsd_protocol::VERSION;
use stsd_protocol::control::VERSION_HEADER;

/// What the daemon answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The daemon's version, which every one of its replies names.
    pub(crate) version: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// Why there is no reply to read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    #[error("no answer came in time")]
    TimedOut,
    #[error("the connection ended in the middle of the answer")]
    Truncated,
    #[error("the answer is no HTTP that stsd-daemon writes: {0}")]
    Malformed(&'static str),
    #[error("the connection broke: {0}")]
    Broken(#[source] io::Error),
}

impl From<io::Error> for ExchangeError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // What a read timeout is called depends on the system.
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Broken(error),
        }
    }
}

/// The bytes of a request; `body` is JSON, or empty for a GET.
pub(crate) fn request(method: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: stsd\r\n{VERSION_HEADER}: {VERSION}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Reads one reply. Does not wait for the end of the connection.
pub(crate) fn read_reply(stream: &mut impl Read) -> Result<Reply, ExchangeError> {
    let mut bytes = Vec::with_capacity(FIRST_READ);
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if bytes.len() > HEAD_LIMIT {
            return Err(ExchangeError::Malformed("its head does not end"));
        }
        read_some(stream, &mut bytes)?;
    };
    let head = Head::parse(&bytes[..head_end - 4])?;
    let mut body = bytes.split_off(head_end);
    if body.len() > head.length {
        return Err(ExchangeError::Malformed("more bytes than announced"));
    }
    let missing = head.length - body.len();
    body.reserve_exact(missing);
    let read = stream.take(missing as u64).read_to_end(&mut body)?;
    if read < missing {
        return Err(ExchangeError::Truncated);
    }
    Ok(Reply { status: head.status, version: head.version, body })
}

fn read_some(stream: &mut impl Read, bytes: &mut Vec<u8>) -> Result<(), ExchangeError> {
    let start = bytes.len();
    bytes.resize(start + FIRST_READ, 0);
    let read = loop {
        match stream.read(&mut bytes[start..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    bytes.truncate(start + read);
    if read == 0 { Err(ExchangeError::Truncated) } else { Ok(()) }
}

struct Head {
    status: u16,
    version: Option<String>,
    length: usize,
}

impl Head {
    fn parse(head: &[u8]) -> Result<Self, ExchangeError> {
        let malformed = ExchangeError::Malformed;
        let text = std::str::from_utf8(head).map_err(|_| malformed("its head is no text"))?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(status).ok_or(malformed("its first line"))?;
        let (mut version, mut length) = (None, None);
        for line in lines {
            let (name, value) =
                line.split_once(':').ok_or(malformed("a header without a colon"))?;
            let value = value.trim_matches([' ', '\t']);
            if name.eq_ignore_ascii_case(VERSION_HEADER) {
                version = Some(value.to_owned());
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                return Err(malformed("a body in chunks"));
            } else if name.eq_ignore_ascii_case("content-length")
                && length.replace(body_length(value)?).is_some()
            {
                return Err(malformed("two lengths"));
            }
        }
        let length = length.ok_or(malformed("no length"))?;
        Ok(Self { status, version, length })
    }
}

fn status(line: &str) -> Option<u16> {
    let after = line.strip_prefix("HTTP/1.1 ")?;
    let (code, reason) = after.split_at_checked(3)?;
    let fits = code.bytes().all(|byte| byte.is_ascii_digit())
        && (reason.is_empty() || reason.starts_with(' '));
    code.parse().ok().filter(|code| fits && (200..600).contains(code))
}

fn body_length(value: &str) -> Result<usize, ExchangeError> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    value
        .parse()
        .ok()
        .filter(|length| digits && *length <= BODY_LIMIT)
        .ok_or(ExchangeError::Malformed("its length"))
}

/// Holds the answer to `credential-process` whole, so that one read is enough.
const FIRST_READ: usize = 8 * 1024;
const HEAD_LIMIT: usize = 16 * 1024;
/// The status of some ten thousand profiles.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{ExchangeError, Reply, read_reply, request};

    fn reply(text: &str) -> Result<Reply, ExchangeError> {
        read_reply(&mut text.as_bytes())
    }

    #[test]
    fn the_request_is_pinned_to_the_byte() {
        let version = stsd_protocol::VERSION;
        let wanted = format!(
            "POST /v1/lock HTTP/1.1\r\nhost: stsd\r\nstsd-version: {version}\r\n\
             content-type: application/json\r\ncontent-length: 16\r\nconnection: close\r\n\r\n\
             {{\"profile\":null}}"
        );
        assert_eq!(request("POST", "/v1/lock", b"{\"profile\":null}"), wanted.as_bytes());
    }

    #[test]
    fn reads_a_reply_in_whatever_pieces_it_comes() {
        struct Drip<'a>(&'a [u8]);
        impl Read for Drip<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
                buffer[0] = *first;
                self.0 = rest;
                Ok(1)
            }
        }
        let text = b"HTTP/1.1 403 \r\nStsd-Version: 1\r\nContent-Length:  2 \r\nDate: x\r\n\r\n{}";
        let wanted = Reply { status: 403, version: Some("1".into()), body: b"{}".to_vec() };
        assert_eq!(read_reply(&mut &text[..]).unwrap(), wanted);
        assert_eq!(read_reply(&mut Drip(text)).unwrap(), wanted);
    }

    #[test]
    fn a_reply_that_stops_early_is_truncated_wherever_it_stops() {
        let whole = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        for end in 0..whole.len() {
            let error = reply(&whole[..end]).unwrap_err();
            assert!(matches!(error, ExchangeError::Truncated), "{end}: {error}");
        }
        assert!(reply(whole).is_ok());
    }

    #[test]
    fn what_the_daemon_does_not_write_is_malformed() {
        for text in [
            "SSH-2.0-OpenSSH\r\n\r\n",
            "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 +20 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 100 Continue\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nnonsense\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}{}",
        ] {
            let error = reply(text).unwrap_err();
            assert!(matches!(error, ExchangeError::Malformed(_)), "{text}: {error}");
        }
    }

    #[test]
    fn a_head_without_an_end_is_not_read_for_ever() {
        let error = read_reply(&mut std::io::repeat(b'a')).unwrap_err();
        assert!(matches!(error, ExchangeError::Malformed(_)), "{error}");
    }
}
