//! Who signs a request: the root user, an IAM user or an assumed role, and the names AWS gives them.

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

/// The identity behind an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The root user of an account.
    Root {
        /// Twelve digits.
        account: String,
    },
    /// An IAM user.
    User {
        /// Twelve digits.
        account: String,
        /// The friendly name, without a path.
        name: String,
    },
    /// A role, under the session name that its caller chose.
    AssumedRole {
        /// The account of the role.
        account: String,
        /// The role's name, with its path where it has one.
        role: String,
        /// The role session name.
        session_name: String,
    },
}

impl Principal {
    /// The account the principal belongs to.
    pub fn account(&self) -> &str {
        match self {
            Self::Root { account }
            | Self::User { account, .. }
            | Self::AssumedRole { account, .. } => account,
        }
    }

    /// The ARN as GetCallerIdentity gives it.
    pub fn arn(&self) -> String {
        match self {
            Self::Root { account } => format!("arn:aws:iam::{account}:root"),
            Self::User { account, name } => format!("arn:aws:iam::{account}:user/{name}"),
            Self::AssumedRole { account, role, session_name } => {
                format!("arn:aws:sts::{account}:assumed-role/{}/{session_name}", without_path(role))
            }
        }
    }

    /// The unique id as GetCallerIdentity gives it: stable for a user or role, and obviously made up.
    pub fn user_id(&self) -> String {
        match self {
            Self::Root { account } => account.clone(),
            Self::User { .. } => unique_id("AIDA", &self.arn()),
            Self::AssumedRole { session_name, .. } => {
                format!(
                    "{}:{session_name}",
                    unique_id("AROA", &self.role_arn().unwrap_or_default())
                )
            }
        }
    }

    /// The ARN of the role itself, which trust policies name.
    pub fn role_arn(&self) -> Option<String> {
        match self {
            Self::AssumedRole { account, role, .. } => Some(role_arn(account, role)),
            Self::Root { .. } | Self::User { .. } => None,
        }
    }
}

/// The ARN of a role in an account.
pub(crate) fn role_arn(account: &str, role: &str) -> String {
    format!("arn:aws:iam::{account}:role/{role}")
}

fn without_path(role: &str) -> &str {
    role.rsplit('/').next().unwrap_or(role)
}

/// Twenty-one characters, as IAM's unique ids have.
fn unique_id(prefix: &str, arn: &str) -> String {
    let digest = BASE32_NOPAD.encode(&Sha256::digest(arn.as_bytes()));
    format!("{prefix}{}EXAMPLE", &digest[..10])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_each_kind_as_get_caller_identity_does() {
        let account = || "111122223333".to_owned();
        let root = Principal::Root { account: account() };
        assert_eq!(root.arn(), "arn:aws:iam::111122223333:root");
        assert_eq!(root.user_id(), "111122223333");

        let user = Principal::User { account: account(), name: "alice".into() };
        assert_eq!(user.arn(), "arn:aws:iam::111122223333:user/alice");
        assert!(user.user_id().starts_with("AIDA"));
        assert_eq!(user.user_id().len(), 21);

        let role = Principal::AssumedRole {
            account: account(),
            role: "team/prod".into(),
            session_name: "alice".into(),
        };
        assert_eq!(role.arn(), "arn:aws:sts::111122223333:assumed-role/prod/alice");
        assert_eq!(role.role_arn().as_deref(), Some("arn:aws:iam::111122223333:role/team/prod"));
        assert!(role.user_id().starts_with("AROA") && role.user_id().ends_with("EXAMPLE:alice"));
    }
}
