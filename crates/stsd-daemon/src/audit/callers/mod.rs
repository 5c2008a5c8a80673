//! Which process a caller is: found as soon as it is admitted, since most have left a moment later, and
//! on the writer's time. Whatever the kernel does not tell for certain stays unsaid.

#[cfg(target_os = "linux")]
mod budget;
#[cfg(all(target_os = "linux", any(test, fuzzing)))]
pub(super) mod fuzzing;
#[cfg(target_os = "linux")]
mod holders;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod units;

#[cfg(target_os = "linux")]
pub(super) use linux::Callers;
#[cfg(not(target_os = "linux"))]
pub(super) use other::Callers;
