//! What a keeper says of the files that outlast the daemon. A lock is a promise, and told to whoever locks
//! if it cannot be kept; that of the names in use is none.

/// What lasts of a [`Remembered`](crate::state::Remembered).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whether the locks do.
    pub locked: bool,
    /// Whether the names in use do.
    pub in_use: bool,
}
