//! What `--listen` and `listen` in the configuration may say.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// `127.0.0.1:PORT`. Port 0 means any free one.
///
/// Nothing else can be said: the SDKs accept `127.0.0.1` and refuse its neighbours, and `[::1]` gets
/// the same port without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct ListenAddress(u16);

impl ListenAddress {
    /// The port; 0 means any free one.
    pub fn port(self) -> u16 {
        self.0
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "127.0.0.1:{}", self.0)
    }
}

impl FromStr for ListenAddress {
    type Err = ListenAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address: SocketAddr = text.parse().map_err(|_| ListenAddressError::Malformed)?;
        match address.ip() {
            IpAddr::V4(Ipv4Addr::LOCALHOST) => Ok(Self(address.port())),
            ip if ip.is_loopback() => Err(ListenAddressError::Neighbour(ip)),
            ip => Err(ListenAddressError::Elsewhere(ip)),
        }
    }
}

impl TryFrom<String> for ListenAddress {
    type Error = ListenAddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// No address that the endpoint may listen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenAddressError {
    /// No address and port.
    #[error("not of the form 127.0.0.1:PORT")]
    Malformed,
    /// On this machine, but not where the SDKs look.
    #[error(
        "{0} is not 127.0.0.1, the one address that every AWS SDK accepts ([::1] gets the same port)"
    )]
    Neighbour(IpAddr),
    /// Reachable for others.
    #[error("{0} is not a loopback address: credentials are served on this machine alone")]
    Elsewhere(IpAddr),
}

#[cfg(test)]
mod tests {
    use super::{ListenAddress, ListenAddressError};

    #[test]
    fn only_127_0_0_1_and_a_port_is_an_address() {
        let parse = |text: &str| text.parse::<ListenAddress>();
        assert_eq!(parse("127.0.0.1:7873").unwrap().port(), 7873);
        assert_eq!(parse("127.0.0.1:0").unwrap().to_string(), "127.0.0.1:0");
        for malformed in ["", "7873", ":7873", "127.0.0.1", "localhost:7873", "127.0.0.1:70000"] {
            assert_eq!(parse(malformed), Err(ListenAddressError::Malformed), "{malformed}");
        }
        for neighbour in ["127.0.0.2:7873", "[::1]:7873"] {
            let error = parse(neighbour).unwrap_err();
            assert!(matches!(error, ListenAddressError::Neighbour(_)), "{neighbour}");
        }
        for elsewhere in ["0.0.0.0:7873", "192.0.2.1:7873", "[::]:7873"] {
            let error = parse(elsewhere).unwrap_err();
            assert!(matches!(error, ListenAddressError::Elsewhere(_)), "{elsewhere}");
        }
    }
}
