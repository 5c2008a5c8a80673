//! What the end-to-end tests and the demo stand on: the real programs, built first, in a temporary
//! home, against an STS emulator in this process.
//!
//! Nothing here looks into a program: what a test learns comes by a socket, a file, an exit code, the
//! log or the emulator's journal. What a test waits for is an event wherever there is one, and always
//! has a deadline.

#![forbid(unsafe_code)]

mod aws_files;
mod daemon;
mod fixture;
mod home;
mod http;
pub mod leaks;
mod log;
#[cfg(target_os = "linux")]
pub mod processes;
mod programs;
mod ran;
pub mod residue;
mod said;
#[cfg(target_os = "linux")]
mod service_manager;
#[cfg(target_os = "linux")]
mod terminal;

use std::time::Duration;

pub use aws_files::{ALICE, ALICE_DEVICE, BOB, BOB_DEVICE, CI, config, credentials, secrets};
pub use daemon::{Daemon, DaemonError};
pub use fixture::{Builder, Fixture, count};
pub use home::Home;
pub use http::{Reply, exchange, exchange_unix, get, request};
pub use log::Log;
pub use programs::{BuildError, Programs};
pub use ran::Ran;
#[cfg(target_os = "linux")]
pub use service_manager::ServiceManager;
#[cfg(target_os = "linux")]
pub use terminal::Terminal;

/// How long anything may take that is not supposed to take long: far more than a loaded machine
/// needs, so that only what never comes runs into it.
pub const PATIENCE: Duration = Duration::from_secs(30);
