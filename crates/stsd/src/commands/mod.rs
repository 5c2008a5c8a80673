//! One file for each command: asks the daemon, prints, and nothing else.

pub(crate) mod completions;
pub(crate) mod credential_process;
pub(crate) mod doctor;
pub(crate) mod env;
pub(crate) mod exec;
pub(crate) mod lock;
pub(crate) mod log;
pub(crate) mod profiles;
pub(crate) mod refresh;
pub(crate) mod service;
pub(crate) mod setup;
pub(crate) mod short_status;
pub(crate) mod status;
pub(crate) mod token;
mod undo;
pub(crate) mod unlock;
mod variables;
pub(crate) mod whoami;
