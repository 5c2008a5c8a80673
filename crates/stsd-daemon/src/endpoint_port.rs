//! The state of the endpoint's port: ours or somebody else's, for whoever must publish its URI or
//! say why there is none.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{PoisonError, RwLock};

use stsd_protocol::gateway::{Problem, Severity};

/// Shared by the doors, which write it, and the service, which reads it.
#[derive(Debug, Default)]
pub struct EndpointPort(RwLock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    port: Option<u16>,
    /// One for each address that cannot be had.
    obstacles: BTreeMap<SocketAddr, String>,
}

impl EndpointPort {
    /// The port, while 127.0.0.1 answers there.
    pub fn port(&self) -> Option<u16> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).port
    }

    /// Somebody answers here. The port is known by 127.0.0.1 alone.
    pub fn opened(&self, address: SocketAddr) {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        inner.obstacles.remove(&address);
        if address.is_ipv4() {
            inner.port = Some(address.port());
        }
    }

    /// An address cannot be had.
    pub fn obstructed(&self, address: SocketAddr, obstacle: String) {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        inner.obstacles.insert(address, obstacle);
    }

    /// The obstacles as `stsd status` shows them.
    pub fn problems(&self) -> Vec<Problem> {
        let inner = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let problem = |obstacle: &String| Problem {
            file: "the endpoint".to_owned(),
            line: None,
            profile: None,
            key: None,
            severity: Severity::Error,
            message: obstacle.clone(),
        };
        inner.obstacles.values().map(problem).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::EndpointPort;

    #[test]
    fn each_address_has_its_own_obstacle_and_loses_it_when_it_opens() {
        let (v4, v6) = ("127.0.0.1:7873".parse().unwrap(), "[::1]:7873".parse().unwrap());
        let port = EndpointPort::default();
        port.obstructed(v4, "v4 is taken".to_owned());
        port.obstructed(v6, "v6 is taken".to_owned());
        assert_eq!((port.port(), port.problems().len()), (None, 2));
        port.opened(v4);
        assert_eq!((port.port(), port.problems().len()), (Some(7873), 1));
        port.opened(v6);
        assert!(port.problems().is_empty());
    }
}
