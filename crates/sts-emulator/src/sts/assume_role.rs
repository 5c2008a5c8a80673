//! AssumeRole: the trust policy, the second factor, and how long the role's session lives.

use super::parameters::{Constraints, TextRule, is_word};
use super::session_token::write_credentials;
use super::{Call, NAMESPACE, Refusal, Xml};
use crate::authenticate::{Caller, Kind};
use crate::principal::Principal;
use crate::world::{Role, Trust};

/// Limits and default of `DurationSeconds`, AssumeRole in the STS API reference.
const LONGEST: u32 = 43_200;
const DEFAULT: u32 = 3600;

/// The cap when the caller's own credentials are temporary. STS counts GetSessionToken's as well, although
/// its pages speak of roles alone.
const LONGEST_CHAINED: u32 = 3600;

const ROLE_ARN: TextRule = TextRule {
    name: "RoleArn",
    member: "roleArn",
    required: true,
    length: (20, 2048),
    pattern: r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+",
    allows: |c| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{85}'),
};

const ROLE_SESSION_NAME: TextRule = TextRule {
    name: "RoleSessionName",
    member: "roleSessionName",
    required: true,
    length: (2, 64),
    pattern: r"[\w+=,.@-]*",
    allows: |c| is_word(c) || "+=,.@-".contains(c),
};

const EXTERNAL_ID: TextRule = TextRule {
    name: "ExternalId",
    member: "externalId",
    required: false,
    length: (2, 1224),
    pattern: r"[\w+=,.@:\/-]*",
    allows: |c| is_word(c) || "+=,.@:/-".contains(c),
};

impl Call<'_> {
    pub(super) fn assume_role(&self) -> Result<Xml, Refusal> {
        let asked = self.constrained_duration()?;
        let role_arn = self.parameters.text("RoleArn").unwrap_or_default();
        let session_name = self.parameters.text("RoleSessionName").unwrap_or_default();
        check_arn(role_arn)?;
        if matches!(self.caller.principal, Principal::Root { .. }) {
            return Err(Refusal::access_denied("Roles may not be assumed by root accounts."));
        }
        let code_given = self.verify_mfa()?;
        let (account, role) =
            self.state.world.role(role_arn).ok_or_else(|| not_authorized(self.caller, role_arn))?;
        if !admits(role, self.caller, code_given, self.parameters.text("ExternalId")) {
            return Err(not_authorized(self.caller, role_arn));
        }
        let seconds = session_length(role, self.caller, asked)?;
        let assumed = Principal::AssumedRole {
            account: account.to_owned(),
            role: role.name.clone(),
            session_name: session_name.to_owned(),
        };
        Ok(self.reply(assumed, seconds))
    }

    fn constrained_duration(&self) -> Result<Option<u32>, Refusal> {
        let mut constraints = Constraints::default();
        for rule in [&ROLE_ARN, &ROLE_SESSION_NAME, &EXTERNAL_ID] {
            constraints.text(self.parameters, rule);
        }
        let asked = constraints.duration(self.parameters, LONGEST)?;
        self.constrain_mfa(&mut constraints);
        constraints.finish()?;
        Ok(asked)
    }

    fn reply(&self, assumed: Principal, seconds: u32) -> Xml {
        // The second factor is a property of the session that showed it, and ends here.
        let credentials = self.issue(assumed, false, seconds);
        Xml::document("AssumeRoleResponse", NAMESPACE, |xml| {
            xml.element("AssumeRoleResult", |xml| {
                if let Some(identity) = self.parameters.text("SourceIdentity") {
                    xml.text("SourceIdentity", identity);
                }
                xml.element("AssumedRoleUser", |xml| {
                    xml.text("AssumedRoleId", &credentials.principal.user_id());
                    xml.text("Arn", &credentials.principal.arn());
                });
                write_credentials(xml, &credentials);
            });
            self.write_metadata(xml);
        })
    }
}

/// Whether the role's trust policy lets the caller in.
fn admits(role: &Role, caller: &Caller, code_given: bool, external_id: Option<&str>) -> bool {
    let mfa_present = code_given || caller.credentials == Kind::Temporary { mfa_present: true };
    let named = role.trusts.iter().any(|trust: &Trust| trust.covers(&caller.principal));
    let with_external_id = role.external_id.is_none() || role.external_id.as_deref() == external_id;
    named && with_external_id && (mfa_present || !role.requires_mfa)
}

fn session_length(role: &Role, caller: &Caller, asked: Option<u32>) -> Result<u32, Refusal> {
    let seconds = asked.unwrap_or(DEFAULT);
    if caller.credentials != Kind::LongTerm && seconds > LONGEST_CHAINED {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    if seconds > role.max_session_duration {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(seconds)
}

fn check_arn(arn: &str) -> Result<(), Refusal> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "iam", "", account, resource]
            if account.bytes().all(|byte| byte.is_ascii_digit())
                && account.len() == 12
                && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty()) =>
        {
            Ok(())
        }
        _ => Err(Refusal::validation("Request ARN is invalid")),
    }
}

fn not_authorized(caller: &Caller, role_arn: &str) -> Refusal {
    Refusal::access_denied(format!(
        "User: {} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
        caller.principal.arn()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;

    fn alice(credentials: Kind) -> Caller {
        Caller {
            principal: Principal::User { account: "111122223333".into(), name: "alice".into() },
            credentials,
        }
    }

    #[test]
    fn a_session_with_mfa_or_a_code_of_its_own_opens_a_role_that_requires_mfa() {
        let world = World::example();
        let (_, prod) =
            world.role("arn:aws:iam::444455556666:role/prod").expect("the example has prod");
        let table = [
            (Kind::LongTerm, false, false),
            (Kind::LongTerm, true, true),
            (Kind::Temporary { mfa_present: false }, false, false),
            (Kind::Temporary { mfa_present: true }, false, true),
        ];
        for (kind, code_given, opens) in table {
            assert_eq!(
                admits(prod, &alice(kind), code_given, None),
                opens,
                "{kind:?} {code_given}"
            );
        }
    }

    #[test]
    fn the_longest_session_depends_on_the_role_and_on_the_chain() {
        let world = World::example();
        let (_, prod) =
            world.role("arn:aws:iam::444455556666:role/prod").expect("the example has prod");
        let (_, staging) =
            world.role("arn:aws:iam::444455556666:role/staging").expect("and staging");
        let direct = alice(Kind::LongTerm);
        let chained = alice(Kind::Temporary { mfa_present: true });
        assert_eq!(session_length(prod, &direct, Some(43_200)), Ok(43_200));
        assert_eq!(session_length(prod, &direct, None), Ok(3600));
        assert_eq!(session_length(prod, &chained, Some(3600)), Ok(3600));
        let refused = |role, caller, asked| {
            session_length(role, caller, Some(asked)).expect_err("too long").message
        };
        assert!(refused(staging, &direct, 3601).contains("MaxSessionDuration"));
        assert!(refused(prod, &chained, 3601).contains("role chaining"));
    }

    #[test]
    fn refuses_what_is_no_arn_of_a_role() {
        for arn in [
            "arn:aws:iam::444455556666:user/prod",
            "arn:aws:iam::4444:role/prod-prod",
            "garbage-that-is-long-enough",
        ] {
            assert_eq!(check_arn(arn).expect_err(arn).message, "Request ARN is invalid");
        }
        assert_eq!(check_arn("arn:aws:iam::444455556666:role/team/prod"), Ok(()));
    }
}
