//! What the fuzz targets of this crate do with their bytes: see fuzz/README.md. Compiled for tests and
//! for fuzzing alone, and beside the code, so that nothing is made public for it; no other line of the
//! crate depends on `cfg(fuzzing)`. Every function panics where a promise of the gateway is broken.

#[cfg(test)]
mod replay;
mod sts;

pub use sts::sts;

pub use crate::profiles::fuzzing::profiles;
pub use crate::programs::fuzzing::programs;
