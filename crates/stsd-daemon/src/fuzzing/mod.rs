//! What the fuzz targets of this crate do with their bytes: see fuzz/README.md. Compiled for tests and
//! for fuzzing alone, and beside the code, so that nothing is made public for it; no other line of the
//! crate depends on `cfg(fuzzing)`. Every function panics where a promise of the daemon is broken.

mod control;
mod exchanged;
#[cfg(test)]
mod replay;
mod request;
mod words;

pub use control::control;
pub use request::request;
pub use words::words;

#[cfg(target_os = "linux")]
pub use crate::audit::fuzzing::audit;
pub use crate::authorization::fuzzing::tokens;
#[cfg(target_os = "linux")]
pub use crate::caller::fuzzing::netlink;
pub use crate::gateway::fuzzing::frames;
pub use crate::survival::fuzzing::record;
