//! Why the daemon does not run, what to do about it, and with which code it leaves.

use stsd_configuration::ConfigurationError;
use stsd_protocol::PlacesError;
use tokio::io;

use crate::listeners::{InheritedError, ListenAddressError, ListenersError};

/// Why the daemon is not running.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No home.
    #[error(transparent)]
    Places(#[from] PlacesError),
    /// Its own configuration.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// `listen` in its own configuration.
    #[error("listen: {0}")]
    Listen(#[from] ListenAddressError),
    /// What the service manager passed.
    #[error(transparent)]
    Inherited(#[from] InheritedError),
    /// The doors.
    #[error(transparent)]
    Listeners(#[from] ListenersError),
    /// No randomness for an authorization token.
    #[error("the system gives no random numbers")]
    Random(#[from] getrandom::Error),
    /// The programs beside this one cannot be found without knowing where it is.
    #[error("cannot tell where this program is")]
    Program(#[source] io::Error),
    /// No signals.
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    /// No room to wait at a door.
    #[error("could not wait for connections")]
    Doors(#[source] io::Error),
    /// A task ended.
    #[error("{0} died")]
    Died(&'static str),
}

impl StartError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::Places(_) => "start it from a login session, or set HOME",
            Self::Configuration(_) => "correct the file, or remove it: stsd needs none",
            Self::Listen(_) => "write, for example, listen = \"127.0.0.1:7873\"",
            Self::Inherited(_) if cfg!(target_os = "macos") => {
                "look at Sockets in the agent's plist"
            }
            Self::Inherited(_) => "look at the sockets in stsd.socket and stsd-endpoint.socket",
            Self::Listeners(error) => return error.hint(),
            Self::Random(_) | Self::Program(_) | Self::Signals(_) | Self::Doors(_) => {
                "this is a defect of the system"
            }
            Self::Died(_) => "look at the log above, and start it again",
        };
        hint.to_owned()
    }

    /// As in `sysexits.h`: 75 for a second daemon, 78 for configuration, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Listeners(ListenersError::AlreadyRunning { .. }) => 75,
            Self::Places(_) | Self::Configuration(_) | Self::Listen(_) | Self::Inherited(_) => 78,
            Self::Listeners(_) => 78,
            Self::Random(_)
            | Self::Program(_)
            | Self::Signals(_)
            | Self::Doors(_)
            | Self::Died(_) => 1,
        }
    }
}
