//! Whom a role's trust policy names.
//!
//! A principal is an account, a user or a role, as in the `Principal` element of a policy. Wildcards,
//! services and sessions are not played.

use serde::{Deserialize, Serialize};

use crate::principal::Principal;

/// One principal of a trust policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Trust {
    /// Every principal of an account: twelve digits, or the ARN of its root user.
    Account(String),
    /// One IAM user or one role, by its ARN.
    Arn(String),
}

impl Trust {
    /// Whether the principal is the one that is trusted, or belongs to the account that is.
    pub(crate) fn covers(&self, principal: &Principal) -> bool {
        match self {
            Self::Account(id) => principal.account() == id,
            Self::Arn(arn) => principal.arn() == *arn || principal.role_arn().as_ref() == Some(arn),
        }
    }

    /// Whether it is written as IAM would take it.
    pub(crate) fn is_well_formed(&self) -> bool {
        let (id, resource) = match self {
            Self::Account(id) => (id.as_str(), "root"),
            Self::Arn(arn) => {
                match arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(':')) {
                    Some(parts) => parts,
                    None => return false,
                }
            }
        };
        let named = |kind: &str| resource.strip_prefix(kind).is_some_and(|name| !name.is_empty());
        is_account_id(id) && (resource == "root" || named("user/") || named("role/"))
    }
}

impl From<String> for Trust {
    fn from(text: String) -> Self {
        let root_of =
            text.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_suffix(":root"));
        match root_of {
            Some(id) => Self::Account(id.to_owned()),
            None if text.contains(':') => Self::Arn(text),
            None => Self::Account(text),
        }
    }
}

impl From<Trust> for String {
    fn from(trust: Trust) -> Self {
        match trust {
            Trust::Account(text) | Trust::Arn(text) => text,
        }
    }
}

/// Twelve digits.
pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(text: &str) -> Trust {
        Trust::from(text.to_owned())
    }

    #[test]
    fn covers_whom_the_policy_names_and_nobody_else() {
        let alice = Principal::User { account: "111122223333".into(), name: "alice".into() };
        let hub = Principal::AssumedRole {
            account: "444455556666".into(),
            role: "hub".into(),
            session_name: "alice".into(),
        };
        let table = [
            ("111122223333", true, false),
            ("arn:aws:iam::111122223333:root", true, false),
            ("arn:aws:iam::111122223333:user/alice", true, false),
            ("arn:aws:iam::111122223333:user/al", false, false),
            ("444455556666", false, true),
            ("arn:aws:iam::444455556666:role/hub", false, true),
            ("arn:aws:iam::777788889999:role/hub", false, false),
        ];
        for (text, covers_alice, covers_hub) in table {
            assert_eq!(trust(text).covers(&alice), covers_alice, "{text}");
            assert_eq!(trust(text).covers(&hub), covers_hub, "{text}");
        }
    }

    #[test]
    fn knows_a_principal_that_iam_would_refuse() {
        for text in [
            "12345",
            "arn:aws:iam::12345:root",
            "arn:aws:iam::111122223333:user/",
            "alice",
            "arn:aws:s3:::b",
        ] {
            assert!(!trust(text).is_well_formed(), "{text}");
        }
        assert!(trust("arn:aws:iam::111122223333:role/path/name").is_well_formed());
    }
}
