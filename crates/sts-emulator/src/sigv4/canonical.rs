//! The canonical request, from the bytes that arrived.
//!
//! Paths: S3 signs the path as it is, every other service a normalized path that is encoded twice.

use bytes::Bytes;
use hyper::{HeaderMap, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::Authorization;

/// AWS's UriEncode: everything but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same for a path, whose slashes stay.
const ENCODED_IN_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// The canonical request, ready to be hashed.
pub(super) fn request(
    request: &Request<Bytes>,
    authorization: &Authorization,
    payload_hash: &str,
) -> String {
    let uri = request.uri();
    let path =
        if authorization.scope.service == "s3" { s3_path(uri.path()) } else { path(uri.path()) };
    let query = query(uri.query().unwrap_or_default());
    let headers: String = authorization
        .signed_headers
        .iter()
        .map(|name| format!("{name}:{}\n", header_value(request.headers(), name)))
        .collect();
    let names = authorization.signed_headers.join(";");
    format!("{}\n{path}\n{query}\n{headers}\n{names}\n{payload_hash}", request.method())
}

/// A path with its percent signs resolved.
pub(crate) fn decoded_path(raw: &str) -> String {
    percent_decode_str(raw).decode_utf8_lossy().into_owned()
}

fn s3_path(raw: &str) -> String {
    utf8_percent_encode(&decoded_path(raw), ENCODED_IN_PATH).to_string()
}

/// RFC 3986's normalization, then the second encoding (the client made the first).
fn path(raw: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    let directory = raw.ends_with('/') && !kept.is_empty();
    let normalized = format!("/{}{}", kept.join("/"), if directory { "/" } else { "" });
    utf8_percent_encode(&normalized, ENCODED_IN_PATH).to_string()
}

/// Decoded, encoded AWS's way, sorted by name and then by value, without the signature itself.
fn query(raw: &str) -> String {
    let mut pairs: Vec<(String, String)> = raw
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (reencode(name), reencode(value)))
        .filter(|(name, _)| name != "X-Amz-Signature")
        .collect();
    pairs.sort_unstable();
    let joined: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    joined.join("&")
}

fn reencode(text: &str) -> String {
    let decoded: Vec<u8> = percent_decode_str(text).collect();
    percent_encoding::percent_encode(&decoded, ENCODED).to_string()
}

/// Trimmed, inner runs of blanks made one, several values joined by commas.
fn header_value(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter().map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    });
    values.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalizes_and_encodes_paths_as_the_service_does() {
        for (raw, canonical) in [
            ("/", "/"),
            ("", "/"),
            ("/a/./b//../c/", "/a/c/"),
            ("/a%20b", "/a%2520b"),
            ("/..", "/"),
        ] {
            assert_eq!(path(raw), canonical, "{raw}");
        }
        for (raw, canonical) in [
            ("/", "/"),
            ("/a//b", "/a//b"),
            ("/test%24file.text", "/test%24file.text"),
            ("/a b~", "/a%20b~"),
        ] {
            assert_eq!(s3_path(raw), canonical, "{raw}");
        }
    }

    #[test]
    fn sorts_and_encodes_queries() {
        let table = [
            ("b=2&a=1&a=0", "a=0&a=1&b=2"),
            ("lifecycle", "lifecycle="),
            ("delimiter=/&prefix=a b", "delimiter=%2F&prefix=a%20b"),
            ("k=%2f~&X-Amz-Signature=00", "k=%2F~"),
        ];
        for (raw, canonical) in table {
            assert_eq!(query(raw), canonical, "{raw}");
        }
    }
}
