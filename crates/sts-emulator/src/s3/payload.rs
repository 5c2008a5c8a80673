//! `x-amz-content-sha256`: what S3 signs of a body, and the body without its chunks.

use bytes::{Bytes, BytesMut};
use hyper::Request;

use crate::authenticate::Unauthenticated;
use crate::sigv4;
use crate::sts::Refusal;

/// The payload hash of the canonical request, verified where it is a hash.
///
/// Presigned URLs sign `UNSIGNED-PAYLOAD`; the signatures of single chunks are not verified.
pub(super) fn hash(request: &Request<Bytes>) -> Result<String, Unauthenticated> {
    let header =
        request.headers().get("x-amz-content-sha256").and_then(|value| value.to_str().ok());
    match header {
        None => Ok("UNSIGNED-PAYLOAD".to_owned()),
        Some(word) if word == "UNSIGNED-PAYLOAD" || word.starts_with("STREAMING-") => {
            Ok(word.to_owned())
        }
        Some(hash) if hash == sigv4::hex_digest(request.body()) => Ok(hash.to_owned()),
        Some(_) => Err(Unauthenticated::PayloadHash),
    }
}

/// The object in a PutObject: the body itself, or the chunks of `aws-chunked`.
pub(super) fn content(request: &Request<Bytes>) -> Result<Bytes, Refusal> {
    let header =
        request.headers().get("x-amz-content-sha256").and_then(|value| value.to_str().ok());
    if !header.is_some_and(|word| word.starts_with("STREAMING-")) {
        return Ok(request.body().clone());
    }
    unchunked(request.body())
        .ok_or_else(|| Refusal::new(400, "IncompleteBody", "The chunks do not end as announced."))
}

/// `SIZE[;chunk-signature=…]\r\nBYTES\r\n`, until a chunk of no bytes; what follows is the trailer.
fn unchunked(mut rest: &[u8]) -> Option<Bytes> {
    let mut content = BytesMut::new();
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let head = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(head.split(';').next()?, 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(content.freeze());
        }
        content.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_chunks_and_drops_the_trailer() {
        let body =
            b"3;chunk-signature=00\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
        assert_eq!(unchunked(body).as_deref(), Some(b"abcde".as_slice()));
    }

    #[test]
    fn refuses_chunks_that_break_off() {
        for body in [b"".as_slice(), b"5\r\nabc\r\n", b"3\r\nabc", b"x\r\n", b"3\r\nabcd\r\n0\r\n"]
        {
            assert_eq!(unchunked(body), None);
        }
    }

    #[test]
    fn refuses_a_hash_of_another_body() {
        let request = |hash: &str| {
            Request::builder().header("x-amz-content-sha256", hash).body(Bytes::from("a"))
        };
        let good = sigv4::hex_digest(b"a");
        assert_eq!(hash(&request(&good).expect("a request")), Ok(good));
        let other = sigv4::hex_digest(b"b");
        assert_eq!(hash(&request(&other).expect("a request")), Err(Unauthenticated::PayloadHash));
    }
}
