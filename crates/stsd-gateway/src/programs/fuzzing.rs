//! What a program of the user's prints: credentials, a token code, or why it has none. The first byte
//! chooses.

use std::time::{Duration, UNIX_EPOCH};

use serde::de::IgnoredAny;
use stsd_protocol::Timestamp;

use super::{credentials, says, token_code};
use crate::signer::Signer;

/// Reads the bytes as one of them.
pub fn programs(bytes: &[u8]) {
    let Some((choice, output)) = bytes.split_first() else { return };
    match choice % 3 {
        0 => credentials_of(output),
        1 => code(output),
        _ => words(output),
    }
}

/// What passes can be signed with, has not ended, and stands in the output as another reader sees it.
fn credentials_of(output: &[u8]) {
    let now = Timestamp::from_unix(1_790_000_000);
    let signer = credentials::read(output, UNIX_EPOCH + Duration::from_secs(now.unix()));
    let (id, secret, session_token) = match &signer {
        Err(error) => return assert!(!error.to_string().is_empty()),
        Ok(Signer::LongTerm(keys)) => (&keys.access_key_id, &keys.secret_access_key, None),
        Ok(Signer::Temporary(given)) => {
            assert!(given.expiration > now);
            (&given.access_key_id, &given.secret_access_key, Some(&given.session_token))
        }
    };
    let values =
        [Some(id.as_str()), Some(secret.expose()), session_token.map(|text| text.expose())];
    let keys = ["AccessKeyId", "SecretAccessKey", "SessionToken"];
    // A key that nobody reads may hold what is no text.
    let Ok(output) = std::str::from_utf8(output) else { return };
    // Nor may that reader have room for it: a number beyond every f64, nesting without end.
    let Ok(json) = serde_json::from_str::<serde_json::Value>(output) else {
        let _: IgnoredAny = serde_json::from_str(output).expect("it was read before");
        return;
    };
    for (at, (key, value)) in keys.into_iter().zip(values).enumerate() {
        let Some(value) = value else { continue };
        assert!(value.len() < 8192 && value.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
        assert!(!value.is_empty(), "{key}");
        if json.is_object() {
            assert_eq!(json[key], value, "{at}");
        }
    }
    assert!(session_token.is_some() || !id.starts_with("ASIA"));
    assert!(json.is_object(), "only an object is credentials");
}

fn code(output: &[u8]) {
    let Some(code) = token_code::read(output) else { return };
    let seen: Vec<u8> = output.iter().copied().filter(u8::is_ascii_digit).collect();
    assert_eq!(code.expose().as_bytes(), seen);
    assert_eq!(seen.len(), 6);
}

/// One short line without what looks like a code, a key or a session token.
fn words(output: &[u8]) {
    let shown = says::shown(output);
    assert!(shown.len() <= 202 && !shown.contains(char::is_control), "{shown:?}");
    assert!(shown.is_empty() || shown.starts_with(": "));
    let digits = shown.split(|sign: char| !sign.is_ascii_digit());
    // Cut at the limit, a longer number may look like one.
    let cut = shown.len() > 190;
    assert!(cut || digits.into_iter().all(|run| run.len() != 6), "{shown:?}");
    let words = shown.split(|sign: char| !sign.is_ascii_alphanumeric() && !"+/=_-".contains(sign));
    assert!(words.into_iter().all(|run| run.len() < 100), "{shown:?}");
}
