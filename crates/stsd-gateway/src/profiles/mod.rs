//! The user's profiles: read, joined, followed to their keys, and every mistake in them. Pure but for
//! reading the two files; nothing that leaves this room holds a secret, save what `keys` reads.

mod arn;
mod chain;
mod checks;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod header;
mod identity;
mod inspect;
mod keys;
mod kind;
#[cfg(test)]
mod oracle;
mod own;
mod plan;
mod read;
mod scan;
mod set;
mod target;

pub(crate) use chain::LONGEST_CHAIN;
pub(crate) use inspect::inspect;
pub(crate) use keys::{
    KeyPair, KeySource, KeysError, Program, allowed_program, code_source, key_source,
};
pub(crate) use plan::plan;
pub(crate) use read::ca_bundles;
pub(crate) use scan::is_identifier;
pub(crate) use set::{OtherSection, Profile, ProfileSet, Setting};
