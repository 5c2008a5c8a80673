//! AssumeRole, down a chain: each role with the credentials of the one before.

use stsd_protocol::gateway::{
    AssumeRequest, Caller, Failure, FailureKind, Hop, Issued, Outcome, TemporaryCredentials,
};

use super::Session;
use super::caller::caller;
use super::failure::{failure, is_skew, refusal};
use super::issued::credentials;
use crate::signer::Signer;

/// Gets the credentials at the end of the chain.
pub(crate) async fn assume(
    session: &mut Session<'_>,
    request: &AssumeRequest,
) -> Result<Outcome, Failure> {
    let mut signer = session.signer(&request.base).await?;
    let user = name_giver(session, &signer, &request.hops).await?;
    let from_user = user.as_ref().map(|user| user.arn.rsplit('/').next().unwrap_or_default());
    let mut last: Option<Assumed> = None;
    for hop in &request.hops {
        let name = session_name(hop.role_session_name.as_deref().or(from_user));
        let chained = matches!(signer, Signer::Temporary(_));
        let assumed = call(session, &signer, hop, &name, chained).await?;
        signer = Signer::Temporary(assumed.credentials.clone());
        last = Some(assumed);
    }
    let Some(Assumed { credentials, arn }) = last else {
        return Err(refusal(
            FailureKind::Configuration,
            "ConfigError",
            "the chain has no role in it",
        ));
    };
    Ok(Outcome::Credentials(Issued { credentials, user, assumed_role_arn: arn }))
}

struct Assumed {
    credentials: TemporaryCredentials,
    arn: Option<String>,
}

/// The user whose name the sessions take, where a hop brings none. Trust policies may demand that
/// name, so an outage here is an outage of the whole: another name could be refused for good.
async fn name_giver(
    session: &mut Session<'_>,
    signer: &Signer,
    hops: &[Hop],
) -> Result<Option<Caller>, Failure> {
    let Some(hop) = hops.iter().find(|hop| hop.role_session_name.is_none()) else {
        return Ok(None);
    };
    match caller(session, signer, &hop.target).await {
        Ok(caller) => Ok(Some(caller)),
        Err(failure) if failure.code.starts_with("AccessDenied") => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn call(
    session: &mut Session<'_>,
    signer: &Signer,
    hop: &Hop,
    name: &str,
    chained: bool,
) -> Result<Assumed, Failure> {
    match once(session, signer, hop, name, chained).await {
        Err(failure) if is_skew(&failure) && session.correct_clock() => {
            once(session, signer, hop, name, chained).await
        }
        other => other,
    }
}

async fn once(
    session: &Session<'_>,
    signer: &Signer,
    hop: &Hop,
    name: &str,
    chained: bool,
) -> Result<Assumed, Failure> {
    let most = if chained { ROLE_CHAINING } else { u32::MAX };
    let duration = hop.duration_seconds.map(|seconds| seconds.min(most));
    let answer = session
        .client(signer, &hop.target)?
        .assume_role()
        .role_arn(&hop.role_arn)
        .role_session_name(name)
        .set_external_id(hop.external_id.clone())
        .set_duration_seconds(duration.and_then(|seconds| i32::try_from(seconds).ok()))
        .send()
        .await
        .map_err(|error| failure(&error, &session.trace))?;
    let credentials = credentials(answer.credentials, &session.trace)?;
    Ok(Assumed { credentials, arn: answer.assumed_role_user.map(|user| user.arn) })
}

/// A name that AssumeRole takes: `[\w+=,.@-]`, 2 to 64 of them. IAM allows users of one letter.
fn session_name(wanted: Option<&str>) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let name: String = wanted
        .unwrap_or_default()
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .take(64)
        .collect();
    match name.len() {
        0 => "stsd".to_owned(),
        1 => format!("stsd-{name}"),
        _ => name,
    }
}

/// Credentials that come from temporary ones last an hour at most: STS refuses to give more (its
/// error says "role chaining"), so no more is asked for.
const ROLE_CHAINING: u32 = 3600;

#[cfg(test)]
mod tests {
    use super::session_name;

    #[test]
    fn a_session_name_is_always_one_that_sts_takes() {
        let long = "a".repeat(80);
        for (wanted, name) in [
            (Some("alice@example.com"), "alice@example.com"),
            (Some("al ice/é"), "al-ice--"),
            (Some("a"), "stsd-a"),
            (Some(""), "stsd"),
            (None, "stsd"),
            (Some(long.as_str()), &long[..64]),
        ] {
            assert_eq!(session_name(wanted), name);
        }
    }
}
