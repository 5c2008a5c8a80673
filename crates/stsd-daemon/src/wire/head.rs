//! The form of a request's head, as bytes. hyper forgives much (bare LF, two Hosts, HTTP/1.0,
//! absolute targets) and shows some of it to nobody, so its input is checked before it parses:
//! what passes here has one reading. Pure; knows no header's meaning.

use thiserror::Error;

/// The most that a head may have, in bytes.
pub(crate) const HEAD_LIMIT: usize = 8 * 1024;

/// The most header fields that a head may have.
const FIELDS_LIMIT: usize = 64;

/// How far the bytes that have come so far go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scan {
    /// More must come.
    Partial,
    /// The head is the first so many bytes.
    Whole(usize),
    /// Whatever comes, it will not be a head.
    Broken(HeadError),
}

/// Looks for the end of the head in `bytes`; the first `seen` of them were looked at before.
pub(crate) fn scan(bytes: &[u8], seen: usize) -> Scan {
    // A TLS hello, an empty line, a stray CR: nothing that a request begins with.
    if bytes.first().is_some_and(|first| !first.is_ascii_alphabetic()) {
        return Scan::Broken(HeadError::NotHttp);
    }
    for (at, _) in bytes.iter().enumerate().skip(seen).filter(|(_, byte)| **byte == b'\n') {
        match &bytes[..at] {
            [.., b'\r', b'\n', b'\r'] => return Scan::Whole(at + 1),
            [.., b'\r'] => {}
            _ => return Scan::Broken(HeadError::BareLineFeed),
        }
    }
    if bytes.len() >= HEAD_LIMIT { Scan::Broken(HeadError::TooLong) } else { Scan::Partial }
}

/// A head whose form is right. Its bytes are those that hyper parses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    target: &'a [u8],
    fields: &'a [u8],
}

impl<'a> Head<'a> {
    /// Takes a head with its empty last line, as [`scan`] found it.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, HeadError> {
        let lines = bytes.strip_suffix(b"\r\n").ok_or(HeadError::NotHttp)?;
        let end = lines.iter().position(|byte| *byte == b'\n').ok_or(HeadError::NotHttp)?;
        let (first, fields) = lines.split_at(end + 1);
        let target = request_target(first)?;
        let head = Self { target, fields };
        check_fields(fields)?;
        Ok(head)
    }

    /// The request target as it stands in the first line.
    pub(crate) fn target(self) -> &'a [u8] {
        self.target
    }

    /// The fields' names and values, without the blanks around the values.
    pub(crate) fn fields(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.fields.split_inclusive(|byte| *byte == b'\n').filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
    }
}

/// What is wrong with a head's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum HeadError {
    /// No request line.
    #[error("this is not an HTTP request")]
    NotHttp,
    /// HTTP, but not 1.1: no SDK speaks anything else on cleartext.
    #[error("only HTTP/1.1 is spoken here")]
    Version,
    /// A line that ends in LF alone: another reader might see other lines.
    #[error("a line of the request ends without CR")]
    BareLineFeed,
    /// A NUL, a bare CR or another control byte.
    #[error("the request has a control character in it")]
    ControlCharacter,
    /// A character in the target that no URI has.
    #[error("the request's target is not a URI")]
    Target,
    /// A field without a colon, with a blank before it, or a continuation line.
    #[error("the request has a malformed header field")]
    Field,
    /// Over [`HEAD_LIMIT`].
    #[error("the request's head is over 8 KiB")]
    TooLong,
    /// Over [`FIELDS_LIMIT`].
    #[error("the request has over 64 header fields")]
    TooManyFields,
    /// Bytes behind the head that no Content-Length announced: a second request, or a body.
    #[error("the request goes on behind its end")]
    Trailing,
}

/// `METHOD SP TARGET SP HTTP/1.1 CRLF`, with exactly these two blanks.
fn request_target(line: &[u8]) -> Result<&[u8], HeadError> {
    let line = line.strip_suffix(b"\r\n").ok_or(HeadError::BareLineFeed)?;
    let mut parts = line.split(|byte| *byte == b' ');
    let (method, target, version) = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(method), Some(target), Some(version), None) => (method, target, version),
        _ => return Err(HeadError::NotHttp),
    };
    if method.is_empty() || !method.iter().all(is_token) {
        return Err(HeadError::NotHttp);
    }
    if target.is_empty() || !target.iter().all(is_target) {
        return Err(HeadError::Target);
    }
    match version {
        b"HTTP/1.1" => Ok(target),
        [b'H', b'T', b'T', b'P', b'/', ..] => Err(HeadError::Version),
        _ => Err(HeadError::NotHttp),
    }
}

fn check_fields(fields: &[u8]) -> Result<(), HeadError> {
    let mut count = 0;
    for line in fields.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r\n").ok_or(HeadError::BareLineFeed)?;
        let colon = line.iter().position(|byte| *byte == b':').ok_or(HeadError::Field)?;
        let (name, value) = line.split_at(colon);
        if name.is_empty() || !name.iter().all(is_token) {
            return Err(HeadError::Field);
        }
        if !value.iter().all(is_text) {
            return Err(HeadError::ControlCharacter);
        }
        count += 1;
    }
    if count > FIELDS_LIMIT { Err(HeadError::TooManyFields) } else { Ok(()) }
}

/// RFC 9110's `tchar`.
fn is_token(byte: &u8) -> bool {
    TOKEN[usize::from(*byte)]
}

/// What RFC 3986 lets stand in a path, a query or an authority. No `#`: a fragment is never sent.
fn is_target(byte: &u8) -> bool {
    TARGET[usize::from(*byte)]
}

/// What may stand in a field's value; bytes over 0x7f may, since a user agent can hold a name.
fn is_text(byte: &u8) -> bool {
    *byte == b'\t' || *byte >= b' ' && *byte != 0x7f
}

/// Letters, digits and `others`, as a table: every byte of a request is looked up here.
const fn alphabet(others: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128u8 {
        table[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
}

static TOKEN: [bool; 256] = alphabet(b"!#$%&'*+-.^_`|~");
static TARGET: [bool; 256] = alphabet(b"-._~!$&'()*+,;=:@/?%[]");

#[cfg(test)]
mod tests {
    use super::{HEAD_LIMIT, Head, HeadError, Scan, scan};

    const GOOD: &[u8] = b"GET /creds HTTP/1.1\r\nHost: localhost\r\nA:\tb \r\n\r\n";

    #[test]
    fn the_end_of_a_head_is_found_wherever_its_bytes_are_cut() {
        for cut in 1..GOOD.len() {
            assert_eq!(scan(&GOOD[..cut], 0), Scan::Partial, "{cut}");
            assert_eq!(scan(GOOD, cut), Scan::Whole(GOOD.len()), "{cut}");
        }
        let more = [GOOD, b"GET"].concat();
        assert_eq!(scan(&more, 0), Scan::Whole(GOOD.len()));
    }

    #[test]
    fn what_cannot_become_a_head_is_known_at_once() {
        for (bytes, error) in [
            (&b"\x16\x03\x01"[..], HeadError::NotHttp),
            (b"\r", HeadError::NotHttp),
            (b" GET", HeadError::NotHttp),
            (b"GET / HTTP/1.1\n", HeadError::BareLineFeed),
            (b"GET / HTTP/1.1\r\na: b\n", HeadError::BareLineFeed),
            (b"GET / HTTP/1.1\r\n\n", HeadError::BareLineFeed),
            (&[b'a'; HEAD_LIMIT], HeadError::TooLong),
        ] {
            assert_eq!(scan(bytes, 0), Scan::Broken(error), "{bytes:?}");
        }
        let mut longest = b"GET / HTTP/1.1\r\na:".to_vec();
        longest.resize(HEAD_LIMIT - 4, b'x');
        longest.extend_from_slice(b"\r\n\r\n");
        assert_eq!(scan(&longest, 0), Scan::Whole(HEAD_LIMIT));
        // As ARCHITECTURE.md says it.
        assert_eq!(HEAD_LIMIT, 8192);
    }

    #[test]
    fn a_good_head_gives_its_target_and_its_fields() {
        let head = Head::parse(GOOD).unwrap();
        assert_eq!(head.target(), b"/creds");
        let fields: Vec<_> = head.fields().collect();
        assert_eq!(fields, [(&b"Host"[..], &b"localhost"[..]), (b"A", b"b")]);
    }

    #[test]
    fn each_malformed_head_has_its_error() {
        for (head, error) in [
            (&b"GET / HTTP/1.0\r\n\r\n"[..], HeadError::Version),
            (b"GET / HTTP/1.1x\r\n\r\n", HeadError::Version),
            (b"GET / FTP/1.1\r\n\r\n", HeadError::NotHttp),
            (b"GET /\r\n\r\n", HeadError::NotHttp),
            (b"GET / HTTP/1.1 x\r\n\r\n", HeadError::NotHttp),
            (b"G@T / HTTP/1.1\r\n\r\n", HeadError::NotHttp),
            (b"GET /\x7f HTTP/1.1\r\n\r\n", HeadError::Target),
            (b"GET /# HTTP/1.1\r\n\r\n", HeadError::Target),
            (b"GET / HTTP/1.1\r\na\r\n\r\n", HeadError::Field),
            (b"GET / HTTP/1.1\r\na : b\r\n\r\n", HeadError::Field),
            (b"GET / HTTP/1.1\r\n: b\r\n\r\n", HeadError::Field),
            (b"GET / HTTP/1.1\r\na: b\r\n c: d\r\n\r\n", HeadError::Field),
            (b"GET / HTTP/1.1\r\na: b\rc: d\r\n\r\n", HeadError::ControlCharacter),
            (b"GET / HTTP/1.1\r\na: \0\r\n\r\n", HeadError::ControlCharacter),
        ] {
            let shown = String::from_utf8_lossy(head);
            assert_eq!(Head::parse(head).err(), Some(error), "{shown:?}");
        }
    }

    #[test]
    fn sixty_four_fields_are_the_most() {
        let head = |count| format!("GET / HTTP/1.1\r\n{}\r\n", "a:b\r\n".repeat(count));
        assert!(Head::parse(head(64).as_bytes()).is_ok());
        assert_eq!(Head::parse(head(65).as_bytes()).err(), Some(HeadError::TooManyFields));
    }
}
