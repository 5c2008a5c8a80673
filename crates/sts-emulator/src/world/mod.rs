//! The world that the emulator plays: accounts with their users, keys, MFA devices, roles and buckets.
//!
//! Plain values, built by method chains in tests ([`Account::user`] and its like), or read from a world
//! file ([`World::parse`]). A world never changes while it is served; what happens in it (issued
//! credentials, spent codes, objects) is kept elsewhere.

mod example;
mod file;
mod lookup;
mod trust;

use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use file::WorldError;
pub use trust::Trust;

use crate::secret::Secret;

/// Every account there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// The accounts, in the order in which they were written.
    #[serde(default, rename = "account")]
    pub accounts: Vec<Account>,
}

/// One AWS account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// The names of its S3 buckets.
    #[serde(default)]
    pub buckets: Vec<String>,
    /// The root user, where it has access keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Login>,
    /// Its IAM users.
    #[serde(default, rename = "user")]
    pub users: Vec<User>,
    /// Its roles.
    #[serde(default, rename = "role")]
    pub roles: Vec<Role>,
}

/// An IAM user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The friendly name.
    pub name: String,
    /// What the user signs in with.
    #[serde(flatten)]
    pub login: Login,
}

/// The long-term access keys and the MFA devices of a user, or of the root user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Long-term access keys; AWS allows two.
    #[serde(default, rename = "access_key")]
    pub access_keys: Vec<AccessKey>,
    /// Virtual MFA devices; AWS allows eight, with names of their own.
    #[serde(default, rename = "mfa_device")]
    pub mfa_devices: Vec<MfaDevice>,
}

/// A long-term access key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// `AKIA…`
    pub id: String,
    /// The secret access key.
    pub secret: Secret,
}

/// A virtual MFA device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MfaDevice {
    /// The serial number: an ARN, whose name is free.
    pub serial: String,
    /// The seed in base32, as an authenticator app takes it; without it one follows from the serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Secret>,
}

/// A role and its trust policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The role's name, with its path where it has one.
    pub name: String,
    /// Who may assume it; nobody, while this is empty.
    #[serde(default)]
    pub trusts: Vec<Trust>,
    /// The policy's condition on `aws:MultiFactorAuthPresent`.
    #[serde(default)]
    pub requires_mfa: bool,
    /// The policy's condition on `sts:ExternalId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// MaxSessionDuration in seconds: IAM's default is an hour, its limits are 3600 and 43200.
    #[serde(default = "one_hour")]
    pub max_session_duration: u32,
}

impl World {
    /// Adds an account.
    #[must_use]
    pub fn account(mut self, id: &str, build: impl FnOnce(Account) -> Account) -> Self {
        let empty = Account {
            id: id.to_owned(),
            buckets: Vec::new(),
            root: None,
            users: Vec::new(),
            roles: Vec::new(),
        };
        self.accounts.push(build(empty));
        self
    }
}

impl Account {
    /// Adds an IAM user.
    #[must_use]
    pub fn user(mut self, name: &str, build: impl FnOnce(Login) -> Login) -> Self {
        self.users.push(User { name: name.to_owned(), login: build(Login::default()) });
        self
    }

    /// Gives the root user access keys.
    #[must_use]
    pub fn root(mut self, build: impl FnOnce(Login) -> Login) -> Self {
        self.root = Some(build(Login::default()));
        self
    }

    /// Adds a role that nobody may assume until `build` says who.
    #[must_use]
    pub fn role(mut self, name: &str, build: impl FnOnce(Role) -> Role) -> Self {
        self.roles.push(build(Role {
            name: name.to_owned(),
            trusts: Vec::new(),
            requires_mfa: false,
            external_id: None,
            max_session_duration: one_hour(),
        }));
        self
    }

    /// Adds an S3 bucket.
    #[must_use]
    pub fn bucket(mut self, name: &str) -> Self {
        self.buckets.push(name.to_owned());
        self
    }
}

impl Login {
    /// Adds a long-term access key.
    #[must_use]
    pub fn access_key(mut self, id: &str, secret: &str) -> Self {
        self.access_keys
            .push(AccessKey { id: id.to_owned(), secret: Secret::from(secret.to_owned()) });
        self
    }

    /// Adds a virtual MFA device whose seed follows from its serial number.
    #[must_use]
    pub fn mfa(mut self, serial: &str) -> Self {
        self.mfa_devices.push(MfaDevice { serial: serial.to_owned(), seed: None });
        self
    }
}

impl MfaDevice {
    /// The key of the device's codes: its own seed, else one made from the serial number.
    pub(crate) fn seed_bytes(&self) -> Vec<u8> {
        let own = self.seed.as_ref().and_then(|seed| decode_seed(seed.expose()));
        own.unwrap_or_else(|| Sha256::digest(self.serial.as_bytes())[..20].to_vec())
    }
}

impl Role {
    /// Trusts every principal of an account.
    #[must_use]
    pub fn trusts_account(mut self, id: &str) -> Self {
        self.trusts.push(Trust::Account(id.to_owned()));
        self
    }

    /// Trusts the user or the role that the ARN names.
    #[must_use]
    pub fn trusts(mut self, arn: &str) -> Self {
        self.trusts.push(Trust::from(arn.to_owned()));
        self
    }

    /// Requires `aws:MultiFactorAuthPresent`.
    #[must_use]
    pub fn requires_mfa(mut self) -> Self {
        self.requires_mfa = true;
        self
    }

    /// Requires an external id.
    #[must_use]
    pub fn external_id(mut self, id: &str) -> Self {
        self.external_id = Some(id.to_owned());
        self
    }

    /// Sets MaxSessionDuration.
    #[must_use]
    pub fn max_session_duration(mut self, length: Duration) -> Self {
        self.max_session_duration = u32::try_from(length.as_secs()).unwrap_or(u32::MAX);
        self
    }
}

/// Base32 as authenticator apps take it: any case, blanks and padding ignored.
fn decode_seed(text: &str) -> Option<Vec<u8>> {
    let bare: String = text.chars().filter(|c| *c != ' ' && *c != '=').collect();
    BASE32_NOPAD.decode(bare.to_ascii_uppercase().as_bytes()).ok()
}

fn one_hour() -> u32 {
    3600
}
