//! Landlock: which files can be read, and that no port can be taken and nobody outside be signalled.

use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

/// Leaves these files, and what is in these folders, to be read by this thread and by what it starts.
/// What is not there is left out. Gives the kernel's version of Landlock, if it has one.
pub(super) fn leave(reads: &[PathBuf]) -> Option<u32> {
    let status = restrict(reads).ok()?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => None,
        (_, LandlockStatus::Available { effective_abi, kernel_abi }) => kernel_abi
            .and_then(|abi| u32::try_from(abi).ok())
            // An ABI is a number in print alone.
            .or_else(|| effective_abi.to_string().parse().ok()),
        _ => None,
    }
}

/// As much of it as the kernel can: each part is left out alone where it is unknown.
fn restrict(reads: &[PathBuf]) -> Result<landlock::RestrictionStatus, RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(TRIED))?
        .handle_access(AccessNet::BindTcp)?
        .scope(Scope::from_all(TRIED))?
        .create()?
        .add_rules(path_beneath_rules(reads, AccessFs::ReadFile | AccessFs::ReadDir))?
        .restrict_self()
}

/// The newest that this was tried with (Linux 6.15). What a newer kernel could take beyond it is not asked
/// for before somebody has seen stsd work without it.
const TRIED: ABI = ABI::V7;
