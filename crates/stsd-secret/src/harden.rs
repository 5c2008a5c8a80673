//! Closes a process to debuggers, core dumps and readers of its memory, before it holds a secret.
//!
//! What stays possible is said in SECURITY.md: root, and whoever opened `/proc/PID/mem` between exec
//! and [`harden`] (a root-owned binary of mode 0711 closes that gap).

use nix::errno::Errno;
use nix::sys::resource::{Resource, setrlimit};

/// Makes this process unreadable for others of the same user, and leaves no core.
///
/// The first call of every program's `main`. For the daemon and the gateway: the core limit is
/// inherited by whatever they start.
///
/// # Errors
/// If the system refuses; a program that holds secrets should then not go on.
pub fn harden() -> Result<(), HardenError> {
    hide_memory()?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).map_err(HardenError::Core)
}

/// Makes this process unreadable for others of the same user, and nothing that outlives an exec.
///
/// For a program that becomes another, as `stsd exec` does: the user's own program keeps the user's
/// core limit.
///
/// # Errors
/// As for [`harden`].
pub fn hide_memory() -> Result<(), HardenError> {
    platform::hide_memory().map_err(HardenError::Memory)
}

/// The system refused to close the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HardenError {
    /// Other processes of this user could read the memory.
    #[error("cannot close the memory of this process to others")]
    Memory(#[source] Errno),
    /// A crash could write the memory to disk.
    #[error("cannot switch core dumps off")]
    Core(#[source] Errno),
}

#[cfg(target_os = "linux")]
mod platform {
    use super::Errno;

    /// Also closes `/proc/PID/{mem,environ,maps,fd}`, ptrace, `process_vm_readv` and
    /// `pidfd_getfd` to the same user, and stops core dumps through a pipe, which the limit does not.
    pub(super) fn hide_memory() -> Result<(), Errno> {
        nix::sys::prctl::set_dumpable(false)
    }
}

#[cfg(target_os = "macos")]
mod platform {
    use super::Errno;

    pub(super) fn hide_memory() -> Result<(), Errno> {
        crate::macos::deny_attach()
    }
}
