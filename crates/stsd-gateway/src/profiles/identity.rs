//! Which long-term keys there are, which device belongs to each, and who holds them. Keys that a program
//! says are not known yet: they are told apart by the profile that has the program.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use stsd_protocol::gateway::{LongTermKeys, PlannedIdentity, Problem, Severity};

use super::arn;
use super::chain::program_identity;
use super::own;
use super::set::{Profile, ProfileSet};
use super::target::target;

/// One access key and the profiles that lead to it.
pub(crate) struct Identity<'a> {
    /// The access key id, or where the keys come from.
    pub(crate) id: String,
    first: &'a Profile,
    /// The profiles that hold the key.
    holders: Vec<&'a Profile>,
    /// The profiles whose roles are assumed with it.
    roles: Vec<&'a Profile>,
    /// Their names: an identity may feed thousands.
    held_by: HashSet<&'a str>,
    assumed: HashSet<&'a str>,
}

impl<'a> Identity<'a> {
    pub(crate) fn new(id: String, holder: &'a Profile) -> Self {
        let (held_by, assumed) = Default::default();
        Self { id, first: holder, holders: Vec::new(), roles: Vec::new(), held_by, assumed }
    }

    /// Takes note of one chain.
    pub(crate) fn add(&mut self, holder: &'a Profile, roles: &[&'a Profile]) {
        if self.held_by.insert(&holder.name) {
            self.holders.push(holder);
        }
        self.roles.extend(roles.iter().filter(|role| self.assumed.insert(&role.name)));
    }

    /// The profile that stands for the key: `default`, else the first.
    fn source(&self) -> &'a Profile {
        let default = self.holders.iter().find(|profile| profile.name == "default");
        default.copied().unwrap_or(self.first)
    }

    /// The profiles that may name the device, the ones that count first.
    fn candidates(&self) -> impl Iterator<Item = &'a Profile> {
        let source = self.source();
        let holders = self.holders.iter().copied().filter(move |p| p.name != source.name);
        std::iter::once(source).chain(holders).chain(self.roles.iter().copied())
    }

    /// The profiles that name a device, the one that counts first. What stsd's own configuration says
    /// goes before the user's files, then the source's word before a role's: a key has one session.
    fn named(&self) -> Vec<&'a Profile> {
        let mut named: Vec<&Profile> =
            self.candidates().filter(|profile| profile.setting("mfa_serial").is_some()).collect();
        named.sort_by_key(|profile| profile.place_of("mfa_serial").file != own::FILE);
        named
    }

    /// The device.
    pub(crate) fn mfa_serial(&self) -> Option<String> {
        self.named().first().and_then(|profile| profile.value("mfa_serial"))
    }

    /// The profile whose program may be run for the device's code: the one that names the device goes
    /// before the one that stands for the key.
    pub(super) fn mfa_process(&self) -> Option<&'a Profile> {
        let named = *self.named().first()?;
        let has_one = |profile: &&Profile| profile.program("mfa_process").is_some();
        [named, self.source()].into_iter().find(has_one)
    }

    /// What tells one command from another, the same in every process of this version. The command
    /// itself stays here: people put passwords into commands.
    pub(super) fn program(&self) -> Option<u64> {
        let holder = self.first;
        let of_program = self.id == program_identity(&holder.name);
        let command = holder.program("credential_process").filter(|_| of_program)?;
        let mut hasher = DefaultHasher::new();
        command.hash(&mut hasher);
        Some(hasher.finish())
    }

    /// The identity as the daemon sees it.
    pub(crate) fn planned(&self, set: &ProfileSet, home: Option<&Path>) -> PlannedIdentity {
        let (source, mfa_serial) = (self.source(), self.mfa_serial());
        let owner = mfa_serial.as_deref().and_then(arn::mfa_device);
        let mut target = target(set, source, home);
        if let (Some(owner), None) = (owner, source.setting("region")) {
            target.region = arn::default_region(owner.partition).to_owned();
        }
        PlannedIdentity {
            keys: LongTermKeys { source_profile: source.name.clone(), identity: self.id.clone() },
            account_id: owner.map(|owner| owner.account.to_owned()),
            mfa_serial,
            mfa_process: self.mfa_process().is_some(),
            program: self.program(),
            target,
        }
    }

    /// Devices that do not count, and one that cannot be used.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let Some(chosen) = self.mfa_serial() else { return Vec::new() };
        let mut problems = Vec::new();
        let mut named = self.named().into_iter();
        if let Some(first) = named.next() {
            if arn::is_fido(&chosen) {
                problems.push(first.problem(Severity::Error, "mfa_serial", FIDO));
            }
            for other in named.filter(|p| p.value("mfa_serial").as_deref() != Some(chosen.as_str()))
            {
                let message = format!(
                    "it has no effect, because the device of profile {} counts for the same key",
                    first.name
                );
                problems.push(other.problem(Severity::Notice, "mfa_serial", message));
            }
        }
        problems
    }
}

const FIDO: &str = "the device is a FIDO key, and STS takes six-digit codes only; use `aws login`, or register a virtual device beside it";
