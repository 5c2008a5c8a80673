//! What a person is told whose code was on its way when the machine fell asleep.

use std::time::Duration;

use stsd_protocol::gateway::Failure;
use stsd_protocol::{Refusal, RefusalCode};

use super::job::{CodeFrom, ENDED_CREDENTIALS, JobKind};
use super::session::Session;
use super::sts_clock::Question;
use crate::clock::Now;

/// A call of a session's that failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) code_from: CodeFrom,
    /// The machine slept while it was under way: no call takes so long awake.
    pub(super) slept: bool,
}

impl Attempt {
    pub(super) fn new(kind: &JobKind, asked: &Question, now: Now) -> Self {
        let slept = now.boot.saturating_sub(asked.at) > LONGEST_CALL;
        Self { code_from: kind.code_from(), slept }
    }

    /// What a person is told whose code was overtaken by a sleep of the machine: it is no use to look at
    /// the device, or to wait for its next code.
    pub(super) fn told(self, refusal: Refusal, failure: &Failure, session: &Session) -> Refusal {
        if !self.slept || self.code_from != CodeFrom::Person {
            return refusal;
        }
        let detail = format!("{}: {}", failure.code, failure.message);
        let message = match refusal.code {
            RefusalCode::WrongCode => {
                "the machine slept while the token code was under way, and STS did not take it"
                    .into()
            }
            RefusalCode::OutcomeUnknown => format!(
                "STS's answer was lost while the machine slept, and the token code may be spent: {detail}"
            ),
            _ if failure.code == ENDED_CREDENTIALS => {
                "the machine slept while STS was asked, and the session that it gave has ended"
                    .into()
            }
            _ => return refusal,
        };
        let unlock = session.unlock_command();
        Refusal::new(refusal.code, message)
            .with_hint(format!("run `{unlock}` with the code that the device shows now"))
    }
}

/// Longer than a gateway is given, the user's programs included; and no code is taken so late.
const LONGEST_CALL: Duration = Duration::from_secs(90);
