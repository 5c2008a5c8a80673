//! Where the other two programs are: beside this one, and nowhere else.

use std::env;
use std::path::PathBuf;

use tracing::error;

use super::StartError;

/// The other two programs, which stand beside this one.
pub(super) struct Programs {
    pub(super) gateway: PathBuf,
    pub(super) client: PathBuf,
}

impl Programs {
    /// Never by PATH. Asked once, at the start: after an upgrade the system would name a file that
    /// is gone.
    pub(super) fn beside_this_one() -> Result<Self, StartError> {
        let program = env::current_exe().map_err(StartError::Program)?;
        let beside = |name: &str| program.with_file_name(name);
        let programs = Self { gateway: beside("stsd-gateway"), client: beside("stsd") };
        for program in [&programs.gateway, &programs.client] {
            if !program.exists() {
                error!(program = %program.display(), "found no such program; install it beside stsd-daemon");
            }
        }
        Ok(programs)
    }
}
