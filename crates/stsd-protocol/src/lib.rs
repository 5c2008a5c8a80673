//! What the client, the daemon and the gateway agree on: requests, replies, refusals, names and
//! places. No I/O happens here, and nothing here knows AWS, HTTP or a screen.

#![forbid(unsafe_code)]

pub mod audit;
mod confinement;
pub mod control;
mod endpoint;
pub mod frame;
pub mod gateway;
mod length;
mod places;
mod profile_name;
mod refusal;
mod timestamp;

pub use confinement::{Confinement, Confinements};
pub use endpoint::endpoint_mistake;
pub use length::{LONGEST_TOKEN_LIFE, LengthError, parse_length};
pub use places::{Places, PlacesError};
pub use profile_name::path_form;
pub use refusal::{Refusal, RefusalCode};
pub use timestamp::{Timestamp, TimestampError};

/// The version that the three programs tell each other. Programs of different versions refuse to
/// talk: an upgrade replaces all three, and a restart of the daemon follows.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
