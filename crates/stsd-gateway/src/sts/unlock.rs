//! GetSessionToken. A token code works once, so all that can be found wrong without it is looked for
//! before it is sent.

use stsd_protocol::gateway::{Base, Caller, Failure, FailureKind, Issued, Outcome, UnlockRequest};
use stsd_secret::Secret;

use super::Session;
use super::caller::caller;
use super::client::Signer;
use super::failure::{failure, never_sent, refusal};
use super::issued::credentials;

/// Makes the session of one identity.
pub(crate) async fn unlock(
    session: &mut Session<'_>,
    request: &UnlockRequest,
) -> Result<Outcome, Failure> {
    let code = request.mfa.as_ref().and_then(|mfa| mfa.token_code.as_ref()).map(Secret::expose);
    if code.is_some_and(|code| code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(refusal(
            FailureKind::WrongCode,
            "InvalidTokenCode",
            "a token code has six digits",
        ));
    }
    let signer = session.signer(&Base::LongTerm(request.keys.clone()))?;
    let user = who(session, &signer, request).await?;
    let duration = i32::try_from(request.duration_seconds).unwrap_or(i32::MAX);
    let mut call =
        session.client(&signer, &request.target)?.get_session_token().duration_seconds(duration);
    if let Some(mfa) = &request.mfa {
        call = call.serial_number(&mfa.serial_number).set_token_code(code.map(str::to_owned));
    }
    let with_code = request.mfa.is_some();
    let answer = call.send().await.map_err(|error| Failure {
        code_sent: with_code && !never_sent(&error),
        ..failure(&error, &session.trace)
    })?;
    let credentials = credentials(answer.credentials, &session.trace)
        .map_err(|failure| Failure { code_sent: with_code, ..failure })?;
    Ok(Outcome::Credentials(Issued { credentials, user, assumed_role_arn: None }))
}

/// Whose keys these are. A policy of the organisation may forbid even that question; the session may
/// still be had.
async fn who(
    session: &mut Session<'_>,
    signer: &Signer,
    request: &UnlockRequest,
) -> Result<Option<Caller>, Failure> {
    match caller(session, signer, &request.target).await {
        Ok(caller) if caller.arn.ends_with(":root") => Err(refusal(
            FailureKind::Unsupported,
            "RootUser",
            "these are keys of the root user, which stsd does not unlock; make an IAM user",
        )),
        Ok(caller) => Ok(Some(caller)),
        Err(failure)
            if matches!(failure.code.as_str(), "AccessDenied" | "AccessDeniedException") =>
        {
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}
