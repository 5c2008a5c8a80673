//! The file in which authorization tokens last, whatever a disk or an editor has made of it.

use std::time::{Duration, UNIX_EPOCH};

use super::grant::Scope;
use super::issued::Token;
use super::record::{read, text};
use crate::clock::Now;

/// Reads the bytes as a record, in the boot that wrote it and in another.
pub fn tokens(bytes: &[u8]) {
    let Ok(record) = std::str::from_utf8(bytes) else { return };
    let now = Now {
        wall: UNIX_EPOCH + Duration::from_secs(1_790_000_000),
        boot: Duration::from_secs(60),
    };
    for boot in [Some("boot"), None] {
        match read(record, now, boot) {
            Ok(tokens) => written_and_read(&tokens, now, boot),
            Err(why) => assert!(!why.contains("fake") && !why.contains(char::is_control), "{why}"),
        }
    }
}

/// What was read lasts: written and read again, it opens what it opened, and ends when it ended.
fn written_and_read(tokens: &[Token], now: Now, boot: Option<&str>) {
    let again = read(&text(tokens, boot), now, boot).expect("a record that was written");
    assert_eq!(again.len(), tokens.len());
    for (was, is) in tokens.iter().zip(&again) {
        assert_eq!((&was.name, &was.scope, was.created), (&is.name, &is.scope, is.created));
        assert_eq!(was.secret.expose(), is.secret.expose());
        assert_eq!(was.is_over(now), is.is_over(now));
        // A name may be that of a secret.
        let nameless = Token { name: "".into(), scope: Scope::Everything, ..was.clone() };
        let shown = format!("{nameless:?}");
        assert!(!shown.contains("fake-authorization-token"), "a secret is shown");
    }
}
