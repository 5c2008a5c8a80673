//! What a process of stsd gives up once it has what it needs: system calls, by seccomp, and files, by
//! Landlock. Two fits, the gateway's, which is tight, and the daemon's, which whatever it starts wears
//! too.
//!
//! A kernel without the one or the other is no error: what is missing is missing from the report, which
//! is asked of the kernel afterwards. On other systems than Linux nothing happens, and the report says so.

#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
mod linux;

use std::path::PathBuf;

use stsd_protocol::Confinement;

/// Leaves a gateway these files to read and no others, none to write, no program to start, no socket but
/// those of the network, nothing to wait on for a connection, and no other process to touch.
///
/// To be called while the process has one thread alone, since Landlock binds the thread that calls it.
/// It holds for what that thread starts, for as long as it lives.
pub fn confine_gateway(reads: &[PathBuf]) -> Confinement {
    #[cfg(target_os = "linux")]
    return linux::gateway(reads);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = reads;
        Confinement::default()
    }
}

/// Takes from the daemon, and from all that it starts, what only a debugger, a container or the system's
/// own administration needs.
///
/// It takes with it that a program may gain rights when it is started (sudo, for one).
pub fn confine_daemon() -> Confinement {
    #[cfg(target_os = "linux")]
    return linux::daemon();
    #[cfg(not(target_os = "linux"))]
    Confinement::default()
}

/// What is in force in this process, without a change to it. Landlock is not looked for.
pub fn in_force() -> Confinement {
    #[cfg(target_os = "linux")]
    return linux::in_force();
    #[cfg(not(target_os = "linux"))]
    Confinement::default()
}
