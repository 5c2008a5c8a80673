//! Faults on request: what goes wrong, with which requests, and how often.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Something to go wrong.
///
/// It applies to every request, for ever, until narrowed: `Fault::throttle().on("AssumeRole").times(2)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// The only action it applies to, as in `AssumeRole`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The only role it applies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// How many more requests it applies to; without a number, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// `Throttling`, "Rate exceeded", status 400. The request does nothing.
    Throttle,
    /// 500 `InternalFailure`, or 503 `ServiceUnavailable`, or another 5xx. The request does nothing.
    ServerError {
        /// The status.
        status: u16,
    },
    /// `AccessDenied`, whatever the policies say. The request does nothing.
    Deny,
    /// Another refusal, word for word: `ExpiredToken`, `RegionDisabledException`. The request does nothing.
    Refuse {
        /// The status.
        status: u16,
        /// The error code.
        code: String,
        /// The sentence.
        message: String,
    },
    /// No answer at all, and no end either. The request does nothing.
    Hang,
    /// The connection is closed without an answer. The request does nothing.
    HangUp,
    /// The answer comes late.
    Slow {
        /// By how much.
        milliseconds: u64,
    },
    /// The request is done, and its answer breaks off in the middle of the body.
    CutOff,
    /// The request is done, and its answer is 200 with a body that is no XML.
    Garbage,
    /// What is issued lives this long, whatever was asked for, also below STS's 900 seconds.
    ShortLived {
        /// The lifetime.
        seconds: u64,
    },
}

impl Fault {
    /// See [`FaultKind::Throttle`].
    pub fn throttle() -> Self {
        Self::new(FaultKind::Throttle)
    }

    /// See [`FaultKind::ServerError`].
    pub fn server_error(status: u16) -> Self {
        Self::new(FaultKind::ServerError { status })
    }

    /// See [`FaultKind::Deny`].
    pub fn deny() -> Self {
        Self::new(FaultKind::Deny)
    }

    /// See [`FaultKind::Refuse`].
    pub fn refuse(status: u16, code: &str, message: &str) -> Self {
        Self::new(FaultKind::Refuse { status, code: code.to_owned(), message: message.to_owned() })
    }

    /// See [`FaultKind::Hang`].
    pub fn hang() -> Self {
        Self::new(FaultKind::Hang)
    }

    /// See [`FaultKind::HangUp`].
    pub fn hang_up() -> Self {
        Self::new(FaultKind::HangUp)
    }

    /// See [`FaultKind::Slow`].
    pub fn slow(by: Duration) -> Self {
        Self::new(FaultKind::Slow {
            milliseconds: u64::try_from(by.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// See [`FaultKind::CutOff`].
    pub fn cut_off() -> Self {
        Self::new(FaultKind::CutOff)
    }

    /// See [`FaultKind::Garbage`].
    pub fn garbage() -> Self {
        Self::new(FaultKind::Garbage)
    }

    /// See [`FaultKind::ShortLived`].
    pub fn short_lived(lifetime: Duration) -> Self {
        Self::new(FaultKind::ShortLived { seconds: lifetime.as_secs() })
    }

    /// Narrows it to one action.
    #[must_use]
    pub fn on(mut self, action: &str) -> Self {
        self.action = Some(action.to_owned());
        self
    }

    /// Narrows it to one role.
    #[must_use]
    pub fn for_role(mut self, arn: &str) -> Self {
        self.role_arn = Some(arn.to_owned());
        self
    }

    /// Narrows it to the next requests that it applies to.
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.times = Some(count);
        self
    }

    fn new(kind: FaultKind) -> Self {
        Self { kind, action: None, role_arn: None, times: None }
    }

    fn applies(&self, action: &str, role_arn: Option<&str>) -> bool {
        let same_action = self.action.as_deref().is_none_or(|wanted| wanted == action);
        let same_role = self.role_arn.as_deref().is_none_or(|wanted| Some(wanted) == role_arn);
        same_action && same_role && self.times != Some(0)
    }
}

impl FaultKind {
    /// The name in the journal and in JSON.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Throttle => "throttle",
            Self::ServerError { .. } => "server_error",
            Self::Deny => "deny",
            Self::Refuse { .. } => "refuse",
            Self::Hang => "hang",
            Self::HangUp => "hang_up",
            Self::Slow { .. } => "slow",
            Self::CutOff => "cut_off",
            Self::Garbage => "garbage",
            Self::ShortLived { .. } => "short_lived",
        }
        .to_owned()
    }
}

/// The faults that were asked for and are not used up.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pending: Vec<Fault>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.pending.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.pending.clear();
    }

    pub(crate) fn pending(&self) -> &[Fault] {
        &self.pending
    }

    /// What befalls a request, which uses up one of each fault that applies.
    pub(crate) fn strike(&mut self, action: &str, role_arn: Option<&str>) -> Vec<FaultKind> {
        let mut struck = Vec::new();
        for fault in self.pending.iter_mut().filter(|fault| fault.applies(action, role_arn)) {
            fault.times = fault.times.map(|left| left - 1);
            struck.push(fault.kind.clone());
        }
        self.pending.retain(|fault| fault.times != Some(0));
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROD: Option<&str> = Some("arn:aws:iam::444455556666:role/prod");

    #[test]
    fn strikes_only_what_it_was_narrowed_to() {
        let mut faults = Faults::default();
        faults.add(
            Fault::throttle()
                .on("AssumeRole")
                .for_role("arn:aws:iam::444455556666:role/prod")
                .times(2),
        );
        assert!(faults.strike("GetSessionToken", None).is_empty());
        assert!(faults.strike("AssumeRole", Some("arn:aws:iam::444455556666:role/hub")).is_empty());
        assert_eq!(faults.strike("AssumeRole", PROD), [FaultKind::Throttle]);
        assert_eq!(faults.strike("AssumeRole", PROD), [FaultKind::Throttle]);
        assert!(faults.strike("AssumeRole", PROD).is_empty());
        assert!(faults.pending().is_empty());
    }

    #[test]
    fn several_faults_strike_together() {
        let mut faults = Faults::default();
        faults.add(Fault::slow(Duration::from_millis(5)));
        faults.add(Fault::short_lived(Duration::from_secs(60)).times(1));
        assert_eq!(faults.strike("AssumeRole", PROD).len(), 2);
        assert_eq!(faults.strike("AssumeRole", PROD), [FaultKind::Slow { milliseconds: 5 }]);
    }

    #[test]
    fn is_written_flat_in_json() {
        let fault = Fault::slow(Duration::from_secs(2)).on("AssumeRole").times(3);
        let json = serde_json::to_string(&fault).expect("a fault is JSON");
        assert_eq!(json, r#"{"kind":"slow","milliseconds":2000,"action":"AssumeRole","times":3}"#);
        assert_eq!(serde_json::from_str::<Fault>(&json).expect("the same fault"), fault);
    }
}
