//! GetSessionToken: a session of an IAM user, with MFA or without.

use std::time::Duration;

use super::parameters::Constraints;
use super::{Call, NAMESPACE, Refusal, Xml};
use crate::authenticate::Kind;
use crate::clock;
use crate::issued::TemporaryCredentials;
use crate::principal::Principal;

/// Limits and default of `DurationSeconds`, GetSessionToken in the STS API reference.
const LONGEST: u32 = 129_600;
const DEFAULT: u32 = 43_200;

/// "For AWS account owners … the session defaults to one hour."
const LONGEST_FOR_ROOT: u32 = 3600;

impl Call<'_> {
    pub(super) fn get_session_token(&self) -> Result<Xml, Refusal> {
        let mut constraints = Constraints::default();
        let asked = constraints.duration(self.parameters, LONGEST)?;
        self.constrain_mfa(&mut constraints);
        constraints.finish()?;
        if self.caller.credentials != Kind::LongTerm {
            return Err(Refusal::access_denied(
                "Cannot call GetSessionToken with session credentials",
            ));
        }
        let mfa_present = self.verify_mfa()?;
        let seconds = match self.caller.principal {
            Principal::Root { .. } => asked.unwrap_or(LONGEST_FOR_ROOT).min(LONGEST_FOR_ROOT),
            _ => asked.unwrap_or(DEFAULT),
        };
        let credentials = self.issue(self.caller.principal.clone(), mfa_present, seconds);
        Ok(Xml::document("GetSessionTokenResponse", NAMESPACE, |xml| {
            xml.element("GetSessionTokenResult", |xml| write_credentials(xml, &credentials));
            self.write_metadata(xml);
        }))
    }

    /// Makes credentials that live as long as was asked for, unless a fault says otherwise.
    pub(super) fn issue(
        &self,
        principal: Principal,
        mfa_present: bool,
        seconds: u32,
    ) -> TemporaryCredentials {
        let lifetime = self.lifetime_override.unwrap_or(Duration::from_secs(seconds.into()));
        let credentials =
            TemporaryCredentials::new(principal, mfa_present, self.state.clock.now() + lifetime);
        self.state.issued().add(credentials.clone());
        credentials
    }
}

/// The `Credentials` element, the same in every result.
pub(super) fn write_credentials(xml: &mut Xml, credentials: &TemporaryCredentials) {
    xml.element("Credentials", |xml| {
        xml.text("AccessKeyId", &credentials.access_key_id);
        xml.text("SecretAccessKey", credentials.secret_access_key.expose());
        xml.text("SessionToken", credentials.session_token.expose());
        xml.text("Expiration", &clock::rfc3339(credentials.expiration));
    });
}
