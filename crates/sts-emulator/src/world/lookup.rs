//! Questions to a world: whose key is this, whose device, which role.

use super::{Login, MfaDevice, Role, World};
use crate::principal::{Principal, role_arn};
use crate::secret::Secret;

/// Whom a long-term access key belongs to, and its secret.
pub(crate) struct KeyOwner<'a> {
    pub(crate) principal: Principal,
    pub(crate) secret: &'a Secret,
}

impl World {
    /// The owner of a long-term access key.
    pub(crate) fn key_owner(&self, access_key_id: &str) -> Option<KeyOwner<'_>> {
        self.logins().find_map(|(principal, login)| {
            let key = login.access_keys.iter().find(|key| key.id == access_key_id)?;
            Some(KeyOwner { principal, secret: &key.secret })
        })
    }

    /// The device, if it is one of this user's own.
    pub(crate) fn device_of(&self, owner: &Principal, serial: &str) -> Option<&MfaDevice> {
        let (_, login) = self.logins().find(|(principal, _)| principal == owner)?;
        login.mfa_devices.iter().find(|device| device.serial == serial)
    }

    /// The device, whoever has it.
    pub(crate) fn device(&self, serial: &str) -> Option<&MfaDevice> {
        self.logins()
            .flat_map(|(_, login)| &login.mfa_devices)
            .find(|device| device.serial == serial)
    }

    /// The role that an ARN names, and the id of its account.
    pub(crate) fn role(&self, arn: &str) -> Option<(&str, &Role)> {
        let roles = self
            .accounts
            .iter()
            .flat_map(|account| account.roles.iter().map(move |role| (account, role)));
        roles
            .map(|(account, role)| (account.id.as_str(), role))
            .find(|(account, role)| role_arn(account, &role.name) == arn)
    }

    /// The buckets of an account.
    pub(crate) fn buckets(&self, account: &str) -> &[String] {
        self.accounts
            .iter()
            .find(|candidate| candidate.id == account)
            .map_or(&[], |account| &account.buckets)
    }

    /// Every user and root user with what they sign in with.
    pub(crate) fn logins(&self) -> impl Iterator<Item = (Principal, &Login)> {
        self.accounts.iter().flat_map(|account| {
            let root = account
                .root
                .iter()
                .map(|login| (Principal::Root { account: account.id.clone() }, login));
            let users = account.users.iter().map(|user| {
                (
                    Principal::User { account: account.id.clone(), name: user.name.clone() },
                    &user.login,
                )
            });
            root.chain(users)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_a_device_only_to_its_own_user() {
        let world = World::example();
        let alice = world.key_owner("AKIAIOSFODNN7EXAMPLE").expect("alice has this key").principal;
        assert!(world.device_of(&alice, "arn:aws:iam::111122223333:mfa/alice").is_some());
        assert!(world.device_of(&alice, "arn:aws:iam::123456789012:mfa/bobs-phone").is_none());
        assert!(world.device("arn:aws:iam::123456789012:mfa/bobs-phone").is_some());
    }

    #[test]
    fn finds_a_role_by_its_whole_arn_only() {
        let world = World::example();
        assert!(world.role("arn:aws:iam::444455556666:role/prod").is_some());
        assert!(world.role("arn:aws:iam::777788889999:role/prod").is_none());
        assert!(world.role("prod").is_none());
    }
}
