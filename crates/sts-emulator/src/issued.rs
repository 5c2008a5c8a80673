//! The temporary credentials that were issued, and how they are made.
//!
//! They look as AWS's do (`ASIA…`, twenty characters; a secret of forty; a long session token with `/`, `+`
//! and `=` in it), and say EXAMPLE, so that nobody takes them for real ones.

use std::collections::HashMap;
use std::time::SystemTime;

use data_encoding::{BASE32_NOPAD, BASE64};

use crate::principal::Principal;
use crate::secret::Secret;

/// Temporary credentials that were issued: what a search for leaks looks for.
#[derive(Clone, Debug)]
pub struct IssuedCredentials {
    /// The secret access key.
    pub secret_access_key: Secret,
    /// The session token.
    pub session_token: Secret,
}

/// One set of temporary credentials.
#[derive(Clone, Debug)]
pub(crate) struct TemporaryCredentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret,
    pub(crate) session_token: Secret,
    pub(crate) expiration: SystemTime,
    pub(crate) principal: Principal,
    /// `aws:MultiFactorAuthPresent`.
    pub(crate) mfa_present: bool,
}

impl TemporaryCredentials {
    /// Makes fresh ones.
    pub(crate) fn new(principal: Principal, mfa_present: bool, expiration: SystemTime) -> Self {
        let id = BASE32_NOPAD.encode(&random::<6>());
        let secret = BASE64.encode(&random::<24>());
        Self {
            access_key_id: format!("ASIA{}EXAMPLE", &id[..9]),
            secret_access_key: Secret::from(format!("{}EXAMPLE/", secret)),
            session_token: Secret::from(format!(
                "IQoJb3JpZ2luX2VjEXAMPLE//+{}",
                BASE64.encode(&random::<256>())
            )),
            expiration,
            principal,
            mfa_present,
        }
    }
}

/// Every set that was issued. They are kept past their end: AWS says "expired", not "unknown".
#[derive(Debug, Default)]
pub(crate) struct Issued {
    by_access_key_id: HashMap<String, TemporaryCredentials>,
}

impl Issued {
    pub(crate) fn add(&mut self, credentials: TemporaryCredentials) {
        self.by_access_key_id.insert(credentials.access_key_id.clone(), credentials);
    }

    pub(crate) fn find(&self, access_key_id: &str) -> Option<&TemporaryCredentials> {
        self.by_access_key_id.get(access_key_id)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = IssuedCredentials> {
        self.by_access_key_id.values().map(|one| IssuedCredentials {
            secret_access_key: one.secret_access_key.clone(),
            session_token: one.session_token.clone(),
        })
    }
}

/// Random bytes from the kernel.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // getrandom(2) cannot fail with a valid buffer once the kernel's pool is ready, and blocks until then.
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_have_the_shape_of_real_ones_and_say_example() {
        let root = Principal::Root { account: "111122223333".into() };
        let one = TemporaryCredentials::new(root.clone(), false, SystemTime::UNIX_EPOCH);
        assert_eq!(one.access_key_id.len(), 20);
        assert!(one.access_key_id.starts_with("ASIA") && one.access_key_id.ends_with("EXAMPLE"));
        assert_eq!(one.secret_access_key.expose().len(), 40);
        assert!(one.secret_access_key.expose().contains("EXAMPLE"));
        assert!(one.session_token.expose().len() > 300);
        assert!(
            one.session_token.expose().contains('/') && one.session_token.expose().contains('+')
        );
        assert!(one.session_token.expose().ends_with('='));
        let other = TemporaryCredentials::new(root, false, SystemTime::UNIX_EPOCH);
        assert_ne!(one.access_key_id, other.access_key_id);
    }
}
