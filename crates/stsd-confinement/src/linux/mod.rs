//! The two fits, and the order in which they are put on.

mod calls;
mod daemon;
mod files;
mod filter;
mod gateway;
mod report;
mod unknown;

use std::path::PathBuf;

use stsd_protocol::Confinement;

use report::Report;

/// See [`crate::confine_gateway`].
pub(super) fn gateway(reads: &[PathBuf]) -> Confinement {
    // Opened first: afterwards this process cannot.
    let report = Report::open();
    let landlock_abi = files::leave(reads);
    install(gateway::denials(), unknown::TOO_NEW);
    let landlock_abi = landlock_abi.filter(|_| Report::is_out_of_reach());
    Confinement { landlock_abi, ..report.read() }
}

/// See [`crate::confine_daemon`].
pub(super) fn daemon() -> Confinement {
    install(daemon::denials(), unknown::NO_CALLS);
    in_force()
}

/// What a kernel cannot do is missing from the report.
fn install(denials: [filter::Denials; 2], unknown_from: u32) {
    for denials in denials {
        let _ = denials.install();
    }
    let _ = unknown::deny_from(unknown_from);
}

/// See [`crate::in_force`].
pub(super) fn in_force() -> Confinement {
    Report::open().read()
}
