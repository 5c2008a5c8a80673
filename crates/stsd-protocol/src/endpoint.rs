//! Which URLs stsd sends signed requests to: https, or http to this machine. One place, for the
//! user's profiles and for stsd's own settings alike.

use std::net::Ipv4Addr;

/// Why an endpoint is refused; nothing if it is a good one.
pub fn endpoint_mistake(url: &str) -> Option<&'static str> {
    let lower = url.to_ascii_lowercase();
    let (secure, rest) = match (lower.strip_prefix("https://"), lower.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Some("the endpoint is no https:// URL"),
    };
    if rest.contains(['@', '?', '#', '\\']) || rest.contains(|c: char| !c.is_ascii_graphic()) {
        return Some("the endpoint has more in it than a host, a port and a path");
    }
    let authority = rest.split('/').next().unwrap_or_default();
    match host(authority) {
        None => Some("the endpoint has no proper host and port"),
        Some(host) if !secure && !is_loopback(host) => {
            Some("an http:// endpoint must be on this machine (127.0.0.1, [::1] or localhost)")
        }
        Some(_) => None,
    }
}

fn host(authority: &str) -> Option<&str> {
    let end_of_ipv6 = authority.strip_prefix('[').and_then(|rest| rest.find(']')).map(|at| at + 2);
    let (host, port) = match end_of_ipv6 {
        Some(end) => authority.split_at(end),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port_fits = match port.strip_prefix(':') {
        Some(digits) => digits.parse::<u16>().is_ok_and(|port| port > 0),
        None => port.is_empty(),
    };
    (!host.is_empty() && port_fits).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::endpoint_mistake;

    #[test]
    fn takes_https_anywhere_and_http_on_this_machine_only() {
        for good in [
            "https://sts.eu-central-1.amazonaws.com",
            "https://vpce-1.sts.us-east-1.vpce.amazonaws.com:8443/path/",
            "HTTPS://STS.AMAZONAWS.COM",
            "http://127.0.0.1:4566",
            "http://127.9.9.9",
            "http://localhost:1/",
            "http://[::1]:4566",
        ] {
            assert_eq!(endpoint_mistake(good), None, "{good}");
        }
        for bad in [
            "http://sts.amazonaws.com",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "http://127.0.0.1@evil.example",
            "http://127.0.0.1:80@evil.example/",
            "http://127.0.0.1\\@evil.example",
            "https://",
            "https:///path",
            "https://host:0",
            "https://host:99999",
            "https://ho st",
            "https://host/?a=b",
            "http://[::1]x:80",
            "ftp://127.0.0.1",
            "127.0.0.1:80",
            "",
        ] {
            assert!(endpoint_mistake(bad).is_some(), "{bad}");
        }
    }
}
