//! What a well-formed request may not carry. An SDK sends a plain request to a loopback address;
//! whatever a browser, a proxy or a forwarder adds shows that somebody else is asking through it.
//! Tried with forty clients: none sends any of what is refused here.

use thiserror::Error;

use super::head::Head;

/// What the heads of one door must keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// What the request must call us.
    pub(crate) hosts: Hosts,
    /// The most that its body may have, in bytes.
    pub(crate) body_limit: usize,
}

/// The values of `Host` that a door answers to: a page that rebinds its own name to 127.0.0.1 still
/// sends its own name, and a forwarded port its own number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// `127.0.0.1`, `localhost` or `[::1]`, with this port or without one (the CRT sends none).
    Port(u16),
    /// The same with any port: a socket in the file system has none.
    AnyPort,
    /// This name alone.
    Name(&'static str),
}

impl Hosts {
    fn allow(self, host: &[u8]) -> bool {
        if let Self::Name(name) = self {
            return host == name.as_bytes();
        }
        let rest = ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .find_map(|name| host.strip_prefix(name.as_bytes()));
        match rest {
            None => false,
            Some([]) => true,
            Some([b':', port @ ..]) => self.allows_port(port),
            Some(_) => false,
        }
    }

    fn allows_port(self, port: &[u8]) -> bool {
        let number = decimal(port).and_then(|number| u16::try_from(number).ok());
        match (self, number) {
            (Self::Port(own), Some(number)) => own == number,
            (Self::AnyPort, Some(_)) => true,
            _ => false,
        }
    }
}

/// Looks through a head; gives the length of the body that follows it.
pub(crate) fn check(head: Head<'_>, rules: &Rules) -> Result<usize, PolicyError> {
    if head.target().first() != Some(&b'/') {
        return Err(PolicyError::Target);
    }
    let (mut host, mut authorized, mut length) = (None, false, None);
    for (name, value) in head.fields() {
        if let Some(refused) = refused(name) {
            return Err(PolicyError::Header(refused));
        }
        if name.eq_ignore_ascii_case(b"host") {
            once(host.replace(value).is_some(), "Host")?;
        } else if name.eq_ignore_ascii_case(b"authorization") {
            once(std::mem::replace(&mut authorized, true), "Authorization")?;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            once(
                length.replace(decimal(value).ok_or(PolicyError::Length)?).is_some(),
                "Content-Length",
            )?;
        }
    }
    if !rules.hosts.allow(host.ok_or(PolicyError::NoHost)?) {
        return Err(PolicyError::Host);
    }
    let length = length.unwrap_or(0);
    if length > rules.body_limit { Err(PolicyError::Body) } else { Ok(length) }
}

/// Why a request is refused. The text names headers, never their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum PolicyError {
    /// Absolute-form, authority-form or `*`: what a proxy is asked.
    #[error("stsd is no proxy")]
    Target,
    /// One of [`REFUSED`].
    #[error("stsd refuses requests with the header {0}")]
    Header(&'static str),
    /// The header stands there more than once.
    #[error("the request has the header {0} twice")]
    Twice(&'static str),
    /// HTTP/1.1 requires one.
    #[error("the request has no Host header")]
    NoHost,
    /// A name or a port that is not this door's.
    #[error("the request is for another host or port")]
    Host,
    /// A Content-Length that is not a number.
    #[error("the request's Content-Length is not a number")]
    Length,
    /// A body where none is taken, or a longer one than is taken.
    #[error("the request has a longer body than stsd takes")]
    Body,
}

fn once(twice: bool, name: &'static str) -> Result<(), PolicyError> {
    if twice { Err(PolicyError::Twice(name)) } else { Ok(()) }
}

/// The row of the table that a field's name falls under.
fn refused(name: &[u8]) -> Option<&'static str> {
    REFUSED.into_iter().find(|row| match row.as_bytes() {
        [start @ .., b'*'] => {
            name.get(..start.len()).is_some_and(|name| name.eq_ignore_ascii_case(start))
        }
        whole => name.eq_ignore_ascii_case(whole),
    })
}

/// A number as RFC 9110 writes it: digits alone.
fn decimal(text: &[u8]) -> Option<usize> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

/// Header fields that no SDK sends, and that show a browser, a proxy or a forwarder, or a body of
/// unknown length. A `*` stands for any ending. `TE` is none of them: it only says which codings the
/// caller could read, and Erlang's httpc and Perl's LWP send it with every request.
const REFUSED: [&str; 16] = [
    "Origin",
    "Referer",
    "Cookie",
    "Sec-*",
    "Access-Control-*",
    "Forwarded",
    "X-Forwarded-*",
    "X-Real-IP",
    "Via",
    "Proxy-*",
    "Upgrade",
    "HTTP2-Settings",
    "Trailer",
    "Transfer-Encoding",
    "Content-Encoding",
    "Expect",
];

#[cfg(test)]
mod tests {
    use super::{Hosts, PolicyError, Rules, check};
    use crate::wire::head::Head;

    fn checked(head: &str, hosts: Hosts, body_limit: usize) -> Result<usize, PolicyError> {
        let head = head.replace('\n', "\r\n");
        check(Head::parse(head.as_bytes()).unwrap(), &Rules { hosts, body_limit })
    }

    #[test]
    fn a_door_answers_to_its_own_names() {
        for (hosts, host, allowed) in [
            (Hosts::Port(7873), "127.0.0.1:7873", true),
            (Hosts::Port(7873), "[::1]", true),
            (Hosts::Port(7873), "localhost:7874", false),
            (Hosts::Port(7873), "localhost:73409", false),
            (Hosts::Port(7873), "stsd", false),
            (Hosts::AnyPort, "localhost:1", true),
            (Hosts::AnyPort, "localhost:65536", false),
            (Hosts::AnyPort, "example.com", false),
            (Hosts::Name("stsd"), "stsd", true),
            (Hosts::Name("stsd"), "stsd:1", false),
            (Hosts::Name("stsd"), "localhost", false),
        ] {
            let outcome = checked(&format!("GET / HTTP/1.1\nHost: {host}\n\n"), hosts, 0);
            assert_eq!(outcome.is_ok(), allowed, "{hosts:?} {host}");
        }
    }

    #[test]
    fn the_target_is_a_path_and_what_says_who_is_meant_stands_there_once() {
        for (head, why) in [
            ("GET http://stsd/ HTTP/1.1\nHost: stsd\n\n", PolicyError::Target),
            ("OPTIONS * HTTP/1.1\nHost: stsd\n\n", PolicyError::Target),
            ("GET / HTTP/1.1\n\n", PolicyError::NoHost),
            ("GET / HTTP/1.1\nHost: stsd\nhost: stsd\n\n", PolicyError::Twice("Host")),
            (
                "GET / HTTP/1.1\nHost: stsd\nAuthorization: a\nauthorization: a\n\n",
                PolicyError::Twice("Authorization"),
            ),
        ] {
            assert_eq!(checked(head, Hosts::Name("stsd"), 0), Err(why), "{head}");
        }
    }

    #[test]
    fn a_length_is_digits_once_and_within_the_limit() {
        for (fields, outcome) in [
            ("", Ok(0)),
            ("content-length: 0\n", Ok(0)),
            ("Content-Length: 10\n", Ok(10)),
            ("Content-Length: 11\n", Err(PolicyError::Body)),
            ("Content-Length: 1e1\n", Err(PolicyError::Length)),
            // What Rust's own parser would take, and a proxy in front might read otherwise.
            ("Content-Length: +1\n", Err(PolicyError::Length)),
            ("Content-Length:\n", Err(PolicyError::Length)),
            ("Content-Length: 1\nContent-Length: 1\n", Err(PolicyError::Twice("Content-Length"))),
        ] {
            let head = format!("POST / HTTP/1.1\nHost: stsd\n{fields}\n");
            assert_eq!(checked(&head, Hosts::Name("stsd"), 10), outcome, "{fields}");
        }
    }

    #[test]
    fn a_refused_header_is_named_by_its_family() {
        for (field, family) in [
            ("oRiGiN: a", "Origin"),
            ("Sec-Fetch-Dest: empty", "Sec-*"),
            ("X-Forwarded-Anything: a", "X-Forwarded-*"),
            ("Proxy-Connection: a", "Proxy-*"),
        ] {
            let head = format!("GET / HTTP/1.1\nHost: stsd\n{field}\n\n");
            let refused = Err(PolicyError::Header(family));
            assert_eq!(checked(&head, Hosts::Name("stsd"), 0), refused);
        }
        let close = "GET / HTTP/1.1\nHost: stsd\nSecure: a\nOrigins: b\nX-Amz-Via: c\n\n";
        assert_eq!(checked(close, Hosts::Name("stsd"), 0), Ok(0));
    }
}
