//! An STS on loopback that is as strict as the real one.
//!
//! Signatures, session tokens, clocks, MFA codes, trust policies and durations are checked as AWS checks
//! them, and refused in AWS's words. On the same listener an S3 with ListBuckets and a few objects, since
//! everybody's first command is `aws s3 ls`. The clock can be moved, faults can be ordered, and a journal says
//! who asked what.
//!
//! ```
//! use sts_emulator::{Emulator, Fault};
//!
//! let emulator = Emulator::builder()
//!     .account("111122223333", |account| {
//!         account.user("alice", |user| {
//!             user.access_key("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
//!                 .mfa("arn:aws:iam::111122223333:mfa/alice")
//!         })
//!     })
//!     .account("444455556666", |account| {
//!         account.role("prod", |role| role.trusts_account("111122223333").requires_mfa())
//!     })
//!     .start()?;
//! emulator.fault(Fault::throttle().on("AssumeRole").times(2));
//! assert_eq!(emulator.code("arn:aws:iam::111122223333:mfa/alice").map(|code| code.len()), Ok(6));
//! # Ok::<(), std::io::Error>(())
//! ```

#![forbid(unsafe_code)]

mod authenticate;
mod clock;
mod control;
mod emulator;
mod fault;
mod issued;
mod journal;
mod principal;
mod reply;
mod s3;
mod secret;
mod server;
mod service;
mod sigv4;
mod state;
mod sts;
#[cfg(feature = "tls")]
mod tls;
mod totp;
mod world;

pub use emulator::{Builder, Emulator};
pub use fault::{Fault, FaultKind};
pub use issued::IssuedCredentials;
pub use journal::{Asked, Entry};
pub use principal::Principal;
pub use secret::Secret;
pub use state::CodeError;
pub use world::{AccessKey, Account, Login, MfaDevice, Role, Trust, User, World, WorldError};
