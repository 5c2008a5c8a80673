//! The state of the endpoint's port: ours or somebody else's, for whoever must publish its URI or
//! say why there is none.

use std::sync::{PoisonError, RwLock};

use stsd_protocol::gateway::{Problem, Severity};

/// Shared by the doors, which write it, and the service, which reads it.
#[derive(Debug, Default)]
pub struct EndpointPort(RwLock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    port: Option<u16>,
    obstacle: Option<String>,
}

impl EndpointPort {
    /// The port, while 127.0.0.1 answers there.
    pub fn port(&self) -> Option<u16> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).port
    }

    /// 127.0.0.1 answers at this port.
    pub fn opened(&self, port: u16) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) =
            Inner { port: Some(port), obstacle: None };
    }

    /// The port cannot be had.
    pub fn obstructed(&self, obstacle: String) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).obstacle = Some(obstacle);
    }

    /// The obstacle as `stsd status` shows it.
    pub fn problem(&self) -> Option<Problem> {
        let obstacle = self.0.read().unwrap_or_else(PoisonError::into_inner).obstacle.clone()?;
        Some(Problem {
            file: "the endpoint".to_owned(),
            line: None,
            profile: None,
            key: None,
            severity: Severity::Error,
            message: format!("{obstacle}; it is tried again every 30 seconds"),
        })
    }
}
