//! GetCallerIdentity: costs no permission, so it is also the way to learn a user's name, to find out
//! that keys or clock are wrong before a token code is spent, and to tell the root user.

use stsd_protocol::gateway::{Base, Caller, Failure, Outcome, StsTarget};

use super::Session;
use super::failure::{failure, garbled, is_skew};
use crate::clock;
use crate::signer::Signer;

/// Says who the credentials belong to.
pub(crate) async fn whoami(
    session: &mut Session<'_>,
    base: &Base,
    target: &StsTarget,
) -> Result<Outcome, Failure> {
    let signer = session.signer(base).await?;
    caller(session, &signer, target).await.map(Outcome::Caller)
}

/// The call. If STS says that the clock is wrong and what time it is, the clock of this request is
/// corrected and the call made once more.
pub(super) async fn caller(
    session: &mut Session<'_>,
    signer: &Signer,
    target: &StsTarget,
) -> Result<Caller, Failure> {
    match once(session, signer, target).await {
        Err(failure) if is_skew(&failure) && session.correct_clock() => {
            once(session, signer, target).await
        }
        other => other,
    }
}

async fn once(
    session: &Session<'_>,
    signer: &Signer,
    target: &StsTarget,
) -> Result<Caller, Failure> {
    let answer = session.client(signer, target)?.get_caller_identity().send().await;
    let answer = answer.map_err(|error| failure(&error, &session.trace))?;
    let (user_id, account, arn) = (answer.user_id, answer.account, answer.arn);
    match (user_id, account, arn) {
        (Some(user_id), Some(account), Some(arn)) => Ok(Caller { user_id, account, arn }),
        _ => Err(garbled(Some(200), &session.trace)),
    }
}

impl Session<'_> {
    /// Sets the clock by the last answer; false if it brought no date.
    pub(super) fn correct_clock(&mut self) -> bool {
        let Some(date) = self.trace.date() else { return false };
        self.clock_offset = clock::seconds_ahead(date, self.time.now());
        true
    }
}
