//! The user's programs run below a process of their own, since they must be able to do whatever the user
//! can, and the gateway, which hears the network, must not. That process is started before the gateway is
//! confined. It hears which profile's program is wanted and never a command: what runs is what the user's
//! files name and stsd's own configuration allows, whatever has become of the gateway.

mod frames;
mod gateway;
mod runner;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use stsd_protocol::gateway::{FailureKind, Settings};
use stsd_secret::Secret;

pub(crate) use gateway::Apart;
pub use gateway::{ProgramsApart, RUN_PROGRAMS};
pub use runner::run_programs;

/// The first message to the process: all that it goes by, and from where it knows what is allowed.
#[derive(Serialize, Deserialize)]
struct Begin {
    settings: Settings,
}

/// The further ones.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    /// What a program prints.
    Run(Ask),
    /// No longer: nobody waits for it.
    Forget(u64),
}

#[derive(Serialize, Deserialize)]
struct Ask {
    id: u64,
    profile: String,
    /// `credential_process` or `mfa_process`.
    key: String,
    /// How long it may take.
    milliseconds: u64,
}

/// What came of one.
#[derive(Serialize, Deserialize)]
struct Answer {
    id: u64,
    said: Result<Output, Failed>,
}

/// What a program has printed. What is no text is no credentials either, and arrives as another.
#[derive(Serialize, Deserialize)]
struct Output(#[serde(serialize_with = "Secret::expose_to_wire")] Secret);

/// Why it has printed nothing, without its name.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Failed {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
}
