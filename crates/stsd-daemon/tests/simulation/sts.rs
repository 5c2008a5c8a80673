//! An STS with the true clock, which keeps a ledger of all that it gave: whose it is, of which role,
//! from which session, and when it really ends. And every way in which an answer can go wrong.

use stsd_protocol::Timestamp;
use stsd_protocol::gateway::{
    Base, Caller, Failure, FailureKind, Issued, Operation, Outcome, PROGRAM_ERROR,
    TemporaryCredentials,
};
use stsd_secret::Secret;

use crate::plans::{IDENTITIES, identity_of, role_of};
use crate::random::Random;
use crate::time::{MINUTE, SECOND, Time};

/// What the gateway was asked for, as STS reads it.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Session {
        identity: usize,
        code: Code,
        seconds: u32,
    },
    Role {
        identity: usize,
        role: u32,
        base: Option<usize>,
        seconds: u32,
        far: bool,
    },
    /// What time it is there, asked with this entry of the ledger.
    Time {
        base: usize,
        far: bool,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Code {
    None,
    Typed(String),
    OfProgram,
}

/// One entry of the ledger.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Issue {
    pub(crate) identity: usize,
    pub(crate) role: Option<u32>,
    pub(crate) ends: Timestamp,
    /// The same by the clock of the host that gave it, which may be wrong.
    pub(crate) said: Timestamp,
    /// The number of the call that asked for it: calls are counted as the daemon makes them.
    pub(crate) call: u64,
    /// It came when its session, its role or its identity was no longer what it had been asked for.
    pub(crate) stale: bool,
}

/// What is wrong for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Throttles,
    Hangs,
    IsUnreachable,
    Truncates,
    Refuses,
    IsAPortal,
    IsSlow,
    HasNoDate,
}

pub(crate) const FAULTS: [Fault; 8] = [
    Fault::Throttles,
    Fault::Hangs,
    Fault::IsUnreachable,
    Fault::Truncates,
    Fault::Refuses,
    Fault::IsAPortal,
    Fault::IsSlow,
    Fault::HasNoDate,
];

/// An answer on its way back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) outcome: Outcome,
    pub(crate) date: Option<Timestamp>,
    /// The entry of the ledger that it carries, where it carries one.
    pub(crate) issue: Option<usize>,
    /// How long it is under way, in milliseconds awake.
    pub(crate) delay: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Sts {
    pub(crate) ledger: Vec<Issue>,
    pub(crate) fault: Option<Fault>,
    /// Whether the fault spares a call now and then.
    pub(crate) spares: bool,
    /// By how much the clock of the host that is not AWS's is ahead, in milliseconds.
    pub(crate) far_ahead: i64,
    /// The last step of 30 s whose code each device has spent.
    spent: [u64; IDENTITIES.len()],
}

impl Sts {
    /// Looks at a request, at the moment at which it arrives.
    pub(crate) fn look(&mut self, ask: &Ask, call: u64, time: Time, random: &mut Random) -> Reply {
        let delay = random.between(20, 400);
        let spared = self.spares && random.one_in(5);
        let fault = self.fault.filter(|_| !spared);
        let session = matches!(ask, Ask::Session { .. });
        let date = Some(time.by(self.ahead(ask)));
        let failed = |kind, code, status, sent| failure(kind, code, status, session && sent);
        let unavailable = FailureKind::Unavailable;
        match fault {
            None => self.answer(ask, call, time, delay),
            Some(Fault::IsSlow) => self.answer(ask, call, time, random.between(1, 14) * SECOND),
            Some(Fault::HasNoDate) => Reply { date: None, ..self.answer(ask, call, time, delay) },
            Some(Fault::Throttles) => {
                Reply::of(failed(unavailable, "Throttling", Some(400), true), date, delay)
            }
            Some(Fault::IsUnreachable) => {
                Reply::of(failed(unavailable, "ConnectError", None, false), None, delay)
            }
            Some(Fault::Hangs) => {
                if random.one_in(2) {
                    self.answer(ask, call, time, 0);
                }
                Reply::of(failed(unavailable, "TimeoutError", None, true), None, 15 * SECOND)
            }
            Some(Fault::Truncates) => {
                self.answer(ask, call, time, 0);
                Reply::of(failed(unavailable, "ResponseError", Some(200), true), date, delay)
            }
            Some(Fault::Refuses) => {
                let sent = random.one_in(2);
                Reply::of(failed(FailureKind::Denied, "AccessDenied", Some(403), sent), date, delay)
            }
            Some(Fault::IsAPortal) => {
                let date = Timestamp::from_unix(random.between(1_500_000_000, 2_100_000_000));
                let outcome = failed(unavailable, "ResponseError", Some(200), false);
                Reply::of(outcome, Some(date), delay)
            }
        }
    }

    /// What a healthy STS says.
    fn answer(&mut self, ask: &Ask, call: u64, time: Time, delay: u64) -> Reply {
        let ahead = self.ahead(ask);
        let date = Some(time.by(ahead));
        let denied = |kind, code| Reply::of(failure(kind, code, Some(403), true), date, delay);
        let ended = |base: &usize| time.until_by(ahead, self.ledger[*base].said) <= 0;
        let (identity, role, seconds) = match ask {
            Ask::Time { base, .. } if ended(base) => {
                return denied(FailureKind::Denied, "ExpiredToken");
            }
            Ask::Time { .. } => return Reply::of(somebody(), date, delay),
            Ask::Session { identity, code, seconds } => {
                if !self.takes(*identity, code, time) {
                    return denied(FailureKind::WrongCode, "AccessDenied");
                }
                (*identity, None, *seconds)
            }
            Ask::Role { identity, role, base, seconds, .. } => {
                if base.as_ref().is_some_and(ended) {
                    return denied(FailureKind::Denied, "ExpiredToken");
                }
                (*identity, Some(*role), *seconds)
            }
        };
        let life = std::time::Duration::from_secs(seconds.into());
        let (ends, said) = (time.sts().plus(life), time.by(ahead).plus(life));
        let issue = self.ledger.len();
        self.ledger.push(Issue { identity, role, ends, said, call, stale: false });
        Reply { outcome: credentials(issue, said), date, issue: Some(issue), delay }
    }

    /// By how much the clock of the host that is asked is ahead.
    fn ahead(&self, ask: &Ask) -> i64 {
        match ask {
            Ask::Role { far: true, .. } | Ask::Time { far: true, .. } => self.far_ahead,
            _ => 0,
        }
    }

    /// Whether a code is that of this step of 30 s or of one of its neighbours, and a new one.
    fn takes(&mut self, identity: usize, code: &Code, time: Time) -> bool {
        let step = step(time);
        let said = match code {
            Code::None => return true,
            Code::OfProgram => Some(step),
            Code::Typed(typed) => {
                (step.saturating_sub(1)..=step + 1).find(|step| *typed == shown(identity, *step))
            }
        };
        let new = said.filter(|said| *said > self.spent[identity]);
        self.spent[identity] = new.unwrap_or(self.spent[identity]);
        new.is_some()
    }
}

impl Reply {
    pub(crate) fn of(outcome: Outcome, date: Option<Timestamp>, delay: u64) -> Self {
        Self { outcome, date, issue: None, delay }
    }

    /// The gateway was killed over it.
    pub(crate) fn lost(code_sent: bool) -> Self {
        Self::of(failure(FailureKind::Unavailable, "GatewayLost", None, code_sent), None, 0)
    }

    /// The program said no code.
    pub(crate) fn of_program(delay: u64) -> Self {
        Self::of(failure(FailureKind::Unavailable, PROGRAM_ERROR, None, false), None, delay)
    }
}

impl Ask {
    /// Reads what the daemon wants.
    pub(crate) fn of(operation: &Operation, ledger: &[Issue]) -> Self {
        match operation {
            Operation::Unlock(request) => Self::Session {
                identity: identity_of(&request.keys.identity),
                code: match &request.mfa {
                    None => Code::None,
                    Some(mfa) => mfa
                        .token_code
                        .as_ref()
                        .map_or(Code::OfProgram, |code| Code::Typed(code.expose().to_owned())),
                },
                seconds: request.duration_seconds,
            },
            Operation::Assume(request) => {
                let hop = request.hops.last().expect("no chain is empty");
                let wanted = hop.duration_seconds.unwrap_or(3600);
                let (identity, base, longest) = match &request.base {
                    Base::LongTerm(keys) => (identity_of(&keys.identity), None, 43_200),
                    Base::Temporary(credentials) => {
                        let base = number_of(&credentials.access_key_id);
                        (ledger[base].identity, Some(base), 3600)
                    }
                };
                let seconds = wanted.min(longest);
                let far = hop.target.endpoint_url.is_some();
                Self::Role { identity, role: role_of(&hop.role_arn), base, seconds, far }
            }
            Operation::Whoami(request) => {
                let Base::Temporary(credentials) = &request.base else {
                    panic!("the state asks for the time with what it holds")
                };
                let base = number_of(&credentials.access_key_id);
                Self::Time { base, far: request.target.endpoint_url.is_some() }
            }
            other => panic!("the state asked for {other:?}"),
        }
    }
}

/// The six digits that a device shows now.
pub(crate) fn code_of(identity: usize, time: Time) -> String {
    shown(identity, step(time))
}

fn step(time: Time) -> u64 {
    // A device's first step is not the one before the beginning.
    10 + time.elapsed() / (MINUTE / 2)
}

fn shown(identity: usize, step: u64) -> String {
    let digits = Random::seeded(step * 8 + identity as u64).between(0, 1_000_000);
    format!("{digits:06}")
}

/// Which entry of the ledger credentials are.
pub(crate) fn number_of(access_key_id: &str) -> usize {
    let digits = access_key_id.trim_start_matches("ASIA");
    digits.parse().expect("STS has given no other access key ids")
}

fn somebody() -> Outcome {
    Outcome::Caller(Caller {
        user_id: "AIDACKCEVSQ6C2EXAMPLE".to_owned(),
        account: "111122223333".to_owned(),
        arn: "arn:aws:iam::111122223333:user/alice".to_owned(),
    })
}

fn credentials(issue: usize, ends: Timestamp) -> Outcome {
    let credentials = TemporaryCredentials {
        access_key_id: format!("ASIA{issue:016}"),
        secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        session_token: Secret::new("example-session-token"),
        expiration: ends,
    };
    Outcome::Credentials(Issued { credentials, user: None, assumed_role_arn: None })
}

fn failure(kind: FailureKind, code: &str, http_status: Option<u16>, code_sent: bool) -> Outcome {
    Outcome::Failure(Failure {
        kind,
        code: code.to_owned(),
        message: "as the adversary has it".to_owned(),
        retryable: kind == FailureKind::Unavailable,
        http_status,
        code_sent,
    })
}
