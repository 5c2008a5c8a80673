//! GetSessionToken. A token code works once, so all that can be found wrong without it is looked for
//! before it is sent.

use stsd_protocol::gateway::{
    Base, Caller, Failure, FailureKind, Issued, Mfa, Outcome, TemporaryCredentials, UnlockRequest,
};
use stsd_secret::Secret;
use tokio::time::Instant;

use super::caller::caller;
use super::failure::{failure, never_sent, refusal};
use super::issued::credentials;
use super::{Session, of_files};
use crate::profiles::code_source;
use crate::signer::Signer;

/// Makes the session of one identity.
pub(crate) async fn unlock(
    session: &mut Session<'_>,
    request: &UnlockRequest,
) -> Result<Outcome, Failure> {
    check_code(request)?;
    let signer = session.signer(&Base::LongTerm(request.keys.clone())).await?;
    let user = who(session, &signer, request).await?;
    let credentials = match signer {
        // GetSessionToken cannot be called with them; they are all that there is to have.
        Signer::Temporary(credentials) => credentials,
        Signer::LongTerm(_) => session_token(session, &signer, request).await?,
    };
    Ok(Outcome::Credentials(Issued { credentials, user, assumed_role_arn: None }))
}

async fn session_token(
    session: &mut Session<'_>,
    signer: &Signer,
    request: &UnlockRequest,
) -> Result<TemporaryCredentials, Failure> {
    let duration = i32::try_from(request.duration_seconds).unwrap_or(i32::MAX);
    let code = token_code(session, request).await?;
    let with_code = code.is_some();
    let mut call =
        session.client(signer, &request.target)?.get_session_token().duration_seconds(duration);
    if let Some((serial_number, code)) = code {
        call = call.serial_number(serial_number).token_code(code.expose());
    }
    let answer = call.send().await.map_err(|error| Failure {
        code_sent: with_code && !never_sent(&error),
        ..failure(&error, &session.trace)
    })?;
    credentials(answer.credentials, &session.trace)
        .map_err(|failure| Failure { code_sent: with_code, ..failure })
}

fn check_code(request: &UnlockRequest) -> Result<(), Failure> {
    let code = request.mfa.as_ref().and_then(|mfa| mfa.token_code.as_ref()).map(Secret::expose);
    if code.is_some_and(|code| code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit())) {
        let message = "a token code has six digits";
        return Err(refusal(FailureKind::WrongCode, "InvalidTokenCode", message));
    }
    Ok(())
}

/// The device and its code: the one that a person typed, or the one that a program says now, as late
/// as can be, since it lives for half a minute.
async fn token_code(
    session: &mut Session<'_>,
    request: &UnlockRequest,
) -> Result<Option<(String, Secret)>, Failure> {
    let Some(Mfa { serial_number, token_code }) = &request.mfa else { return Ok(None) };
    let code = match token_code {
        Some(code) => code.clone(),
        None => {
            let source = code_source(session.settings, session.home, &request.keys, serial_number);
            let (source, started) = (source.map_err(of_files)?, Instant::now());
            let said = session.programs.token_code(&source).await;
            session.elsewhere += started.elapsed();
            said?
        }
    };
    Ok(Some((serial_number.clone(), code)))
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
        // Nothing else is asked of STS for these: they can be had while it is down.
        Err(failure)
            if failure.kind == FailureKind::Unavailable
                && matches!(signer, Signer::Temporary(_)) =>
        {
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}
