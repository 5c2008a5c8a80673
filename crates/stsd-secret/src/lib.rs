//! What the three programs share about secrets: a type that cannot be printed, an allocator that
//! wipes what it frees, and the hardening of a process before it touches either.
//!
//! This crate knows no profile and no AWS. Two of the three modules of stsd that hold `unsafe` stand
//! here, the allocator and, on a Mac, the functions of its C library; the third is the daemon's
//! `descriptors`.

mod allocator;
mod harden;
#[cfg(target_os = "macos")]
pub mod macos;
mod secret;

pub use allocator::WipingAllocator;
pub use harden::{HardenError, harden, hide_memory};
pub use secret::Secret;
