//! The small parsers of the protocol: names in paths, times, lengths, endpoints. The first byte chooses.

use std::net::IpAddr;
use std::time::Duration;

use hyper::Uri;
use stsd_protocol::{Timestamp, endpoint_mistake, parse_length, path_form};

/// Reads the bytes as one of them.
pub fn words(bytes: &[u8]) {
    let Some((choice, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    match choice % 4 {
        0 => path(text),
        1 => time(text),
        2 => length(text),
        _ => endpoint(text),
    }
}

/// A path is one segment that no client re-encodes or resolves, and stays as it is.
fn path(name: &str) {
    let form = path_form(name);
    assert_eq!(path_form(&form), form);
    assert_eq!(form.chars().count(), name.chars().count());
    let target = format!("/creds/{form}");
    let uri: Uri = target.parse().expect("a path form is a path");
    assert_eq!(uri.path(), target);
    assert!(form.is_empty() || !form.chars().all(|sign| sign == '.'), "{form}");
}

/// What reads as a time is written in the same way.
fn time(text: &str) {
    if let Ok(time) = text.parse::<Timestamp>() {
        assert_eq!(time.to_string(), text);
        assert_eq!(Timestamp::from_unix(time.unix()), time);
        let later = time.plus(Duration::from_secs(86_399));
        assert!(later >= time && later.since(time) <= Duration::from_secs(86_399));
    }
    if let Ok(seconds) = text.parse::<u64>() {
        let time = Timestamp::from_unix(seconds);
        assert_eq!(time.to_string().parse(), Ok(time));
    }
}

fn length(text: &str) {
    let Ok(length) = parse_length(text) else { return };
    assert_eq!(parse_length(&length.as_secs().to_string()), Ok(length));
    assert!(!text.contains(['+', '-', '.', ' ']), "{text}");
}

/// A signed request goes to the host that stands there, and in cleartext only to this machine.
fn endpoint(url: &str) {
    if endpoint_mistake(url).is_some() {
        return;
    }
    // What no client can call is refused later, and harmless.
    let Ok(uri) = url.parse::<Uri>() else { return };
    let authority = uri.authority().expect("an endpoint has a host");
    assert!(!authority.as_str().contains('@') && uri.query().is_none(), "{url}");
    let host = authority.host().trim_matches(['[', ']']);
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") => {
            let local = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
            assert!(local || host.eq_ignore_ascii_case("localhost"), "{url}");
        }
        other => panic!("{other:?}: {url}"),
    }
}
