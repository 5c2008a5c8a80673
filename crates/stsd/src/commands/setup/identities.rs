//! Who the user is to AWS, asked of the gateway before there is a daemon: which long-term keys there
//! are, whose they are, and which device belongs to them.

use stsd_configuration::Configuration;
use stsd_configuration::device::{account_of_arn, fido_mistake};
use stsd_protocol::gateway::{
    Base, Caller, FailureKind, Operation, Outcome, Plan, PlanRequest, PlannedIdentity, Severity,
    WhoamiRequest,
};
use stsd_protocol::{Refusal, RefusalCode};

use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::show::{printable, warn};

/// One access key, and what is known of it.
#[derive(Debug)]
pub(super) struct Identity {
    /// The profile that holds the key.
    pub(super) profile: String,
    /// As AWS knows the user; nothing if AWS was not asked or did not answer.
    pub(super) arn: Option<String>,
    /// What is configured, in `~/.aws` or in stsd's own file, and can be asked for codes.
    pub(super) mfa_serial: Option<String>,
    /// Why what is configured cannot: it is a security key.
    pub(super) fido: Option<String>,
}

impl Identity {
    /// The device that AWS names after its user unless the user chooses otherwise.
    pub(super) fn likely_device(&self) -> Option<String> {
        likely_device(self.arn.as_deref()?)
    }
}

/// Every identity that the user's files have, the default one first. AWS is asked who those are
/// that have no device yet.
///
/// # Errors
/// If there is none, or if AWS takes none of the keys, or not the default one. An old key in another
/// profile is told and left out.
pub(super) fn find(configuration: &Configuration, client: &str) -> Result<Vec<Identity>, Failure> {
    let mut gateway = Gateway::start()?;
    let plan = plan(&mut gateway, configuration, client)?;
    if plan.identities.is_empty() {
        return Err(nobody(&plan));
    }
    let mut identities = Vec::new();
    let mut refused = Vec::new();
    for planned in plan.identities {
        let profile = planned.keys.source_profile.clone();
        let fido = planned.mfa_serial.as_deref().and_then(fido_mistake);
        let mfa_serial = planned.mfa_serial.clone().filter(|_| fido.is_none());
        let arn = match mfa_serial {
            Some(_) => None,
            None => match whoami(&mut gateway, configuration, planned) {
                Err(Failure::Refused(refusal))
                    if refusal.code == RefusalCode::Denied
                        && profile != configuration.default_profile =>
                {
                    refused.push(refusal);
                    continue;
                }
                caller => caller?.map(|caller| caller.arn),
            },
        };
        identities.push(Identity { profile, arn, mfa_serial, fido });
    }
    if identities.is_empty() && !refused.is_empty() {
        return Err(refused.swap_remove(0).into());
    }
    for refusal in refused {
        warn(&printable(&format!("{}; it is left out", refusal.message)));
    }
    identities.sort_by_key(|identity| identity.profile != configuration.default_profile);
    Ok(identities)
}

fn plan(
    gateway: &mut Gateway,
    configuration: &Configuration,
    client: &str,
) -> Result<Plan, Failure> {
    let operation = Operation::Plan(PlanRequest { client_program: client.to_owned() });
    match gateway.ask(configuration.settings.clone(), operation)? {
        Outcome::Plan(plan) => Ok(plan),
        Outcome::Failure(failure) => {
            Err(Refusal::new(RefusalCode::Configuration, failure.message).into())
        }
        _ => {
            Err(Refusal::new(RefusalCode::Internal, "stsd-gateway answered something else").into())
        }
    }
}

fn nobody(plan: &Plan) -> Failure {
    let mistake = plan.problems.iter().find(|problem| problem.severity == Severity::Error);
    if let Some(problem) = mistake {
        let line = problem.line.map_or(String::new(), |line| format!(":{line}"));
        let message = format!("{}{line}: {}", problem.file, problem.message);
        return Refusal::new(RefusalCode::Configuration, message)
            .with_hint("correct that line, and run this again")
            .into();
    }
    let message = "there is no access key in the AWS configuration";
    Refusal::new(RefusalCode::Configuration, message)
        .with_hint(
            "make one in the AWS console (IAM, your user, security credentials), give it to \
             `aws configure`, and run this again",
        )
        .into()
}

/// Nothing where AWS cannot be reached: a setup on a train is a setup too.
fn whoami(
    gateway: &mut Gateway,
    configuration: &Configuration,
    identity: PlannedIdentity,
) -> Result<Option<Caller>, Failure> {
    let profile = identity.keys.source_profile.clone();
    let (base, target) = (Base::LongTerm(identity.keys), identity.target);
    let operation = Operation::Whoami(WhoamiRequest { base, target, clock_offset: 0 });
    let failure = match gateway.ask(configuration.settings.clone(), operation)? {
        Outcome::Caller(caller) => return Ok(Some(caller)),
        Outcome::Failure(failure) => failure,
        _ => return Ok(None),
    };
    let reason = format!("{}: {}", failure.code, failure.message);
    if failure.kind == FailureKind::Denied {
        let message = format!("AWS does not take the access key of profile {profile}: {reason}");
        return Err(Refusal::new(RefusalCode::Denied, message)
            .with_hint(
                "look at the key in the AWS console, and give the right one to `aws configure`",
            )
            .into());
    }
    warn(&format!("AWS was not asked who profile {} is: {reason}", printable(&profile)));
    Ok(None)
}

/// `arn:aws:iam::111122223333:user/team/alice` most likely has `arn:aws:iam::111122223333:mfa/alice`.
fn likely_device(arn: &str) -> Option<String> {
    let partition = arn.split(':').nth(1)?;
    let account = account_of_arn(arn)?;
    let user = arn.split_once(":user/")?.1.rsplit('/').next()?;
    Some(format!("arn:{partition}:iam::{account}:mfa/{user}"))
}

#[cfg(test)]
mod tests {
    use super::likely_device;

    #[test]
    fn a_users_device_is_named_after_the_user() {
        for (arn, device) in [
            ("arn:aws:iam::111122223333:user/alice", Some("arn:aws:iam::111122223333:mfa/alice")),
            (
                "arn:aws-cn:iam::111122223333:user/team/a/alice@x",
                Some("arn:aws-cn:iam::111122223333:mfa/alice@x"),
            ),
            ("arn:aws:iam::111122223333:root", None),
            ("arn:aws:sts::111122223333:assumed-role/r/s", None),
            ("nonsense", None),
        ] {
            assert_eq!(likely_device(arn).as_deref(), device, "{arn}");
        }
    }
}
