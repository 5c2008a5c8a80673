//! What the three programs share about secrets: a type that cannot be printed, an allocator that
//! wipes what it frees, and the hardening of a process before it touches either.
//!
//! This crate knows no profile, no socket and no AWS; most of the `unsafe` of stsd stands here.

mod allocator;
mod harden;
mod secret;

pub use allocator::WipingAllocator;
pub use harden::{HardenError, harden, hide_memory};
pub use secret::Secret;
