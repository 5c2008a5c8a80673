//! Signature Version 4, verified: the request's own account of its signature, the canonical request, and
//! the signature that the secret access key makes of them.
//!
//! Pure: no clock, no key store. Who signed, and whether in time, is decided in `authenticate`.

mod authorization;
mod canonical;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use hyper::Request;
use sha2::{Digest, Sha256};

pub(crate) use authorization::{Authorization, Scope, Unreadable};
pub(crate) use canonical::decoded_path;

use crate::clock;
use crate::secret::Secret;

/// The only algorithm that is played; SigV4A and SigV2 are not.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Whether the secret access key makes this signature of this request.
pub(crate) fn verifies(
    request: &Request<Bytes>,
    authorization: &Authorization,
    payload_hash: &str,
    secret: &Secret,
) -> bool {
    let canonical = canonical::request(request, authorization, payload_hash);
    let scope = &authorization.scope;
    let string_to_sign = format!(
        "{ALGORITHM}\n{}\n{scope}\n{}",
        clock::basic(authorization.signed_at),
        hex_digest(canonical.as_bytes())
    );
    let date_key = mac(format!("AWS4{}", secret.expose()).as_bytes(), &scope.date);
    let region_key = mac(&bytes_of(date_key), &scope.region);
    let service_key = mac(&bytes_of(region_key), &scope.service);
    let signing_key = mac(&bytes_of(service_key), TERMINATOR);
    mac(&bytes_of(signing_key), &string_to_sign).verify_slice(&authorization.signature).is_ok()
}

/// The lower-case hexadecimal SHA-256, as payload hashes are written.
pub(crate) fn hex_digest(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The last part of every credential scope.
const TERMINATOR: &str = "aws4_request";

fn mac(key: &[u8], message: &str) -> Hmac<Sha256> {
    // RFC 2104 section 2: a key of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
    mac.update(message.as_bytes());
    mac
}

fn bytes_of(mac: Hmac<Sha256>) -> Vec<u8> {
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests;
