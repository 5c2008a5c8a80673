//! Two identities, one with a device and one without, and profiles of every kind.

use std::time::Duration;

use stsd_protocol::control::{ProfileState, SessionState, UnlockRequest};
use stsd_protocol::gateway::{
    Caller, FILE_ERROR, Failure, FailureKind, Hop, Issued, LongTermKeys, Operation, Outcome, Plan,
    PlannedIdentity, PlannedProfile, ProfileSource, Settings, StsTarget, TemporaryCredentials,
};
use stsd_protocol::{Refusal, Timestamp, path_form};
use stsd_secret::Secret;

use crate::clock::{Now, test::at};
use crate::state::{Answer, Finished, Followup, Job, Options, Remembered, State};

pub(crate) const ALICE: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const CI: &str = "AKIAI44QH8DHBEXAMPLE";
pub(crate) const SERIAL: &str = "arn:aws:iam::111122223333:mfa/alice";
pub(crate) const HOUR: u64 = 3600;

/// A state and the seconds that have passed.
pub(crate) struct Story {
    pub(crate) state: State,
    pub(crate) seconds: u64,
}

impl Story {
    pub(crate) fn begin() -> Self {
        Self::after_a_restart(Remembered::default())
    }

    pub(crate) fn after_a_restart(remembered: Remembered) -> Self {
        Self::configured(remembered, "default")
    }

    pub(crate) fn with_default(profile: &str) -> Self {
        Self::configured(Remembered::default(), profile)
    }

    fn configured(remembered: Remembered, default_profile: &str) -> Self {
        let mut story = Self::unplanned(remembered, default_profile);
        story.state.replan(plan());
        story
    }

    fn unplanned(remembered: Remembered, default_profile: &str) -> Self {
        let options = Options {
            default_profile: default_profile.to_owned(),
            prompt: true,
            session_duration: Duration::from_secs(12 * HOUR),
            settings: Settings::default(),
            seed: 1,
        };
        Self { state: State::new(remembered, options), seconds: 0 }
    }

    /// A daemon that has read no files yet.
    pub(crate) fn before_its_plan(remembered: Remembered) -> Self {
        Self::unplanned(remembered, "default")
    }

    pub(crate) fn unlocked() -> Self {
        let mut story = Self::begin();
        story.unlock("123456", 12 * HOUR);
        story
    }

    pub(crate) fn now(&self) -> Now {
        at(Duration::from_secs(self.seconds))
    }

    pub(crate) fn date(&self) -> Timestamp {
        self.now().date()
    }

    pub(crate) fn begin_unlock(&mut self, code: &str) -> Result<Job, Refusal> {
        let token_code = Some(Secret::new(code));
        let request = UnlockRequest { token_code, ..UnlockRequest::default() };
        self.state.begin_unlock(request, self.now())
    }

    /// Unlocks the default identity for so many seconds.
    pub(crate) fn unlock(&mut self, code: &str, seconds: u64) -> Followup {
        let job = self.begin_unlock(code).unwrap();
        let outcome = self.issued(seconds);
        self.finish(&job, outcome)
    }

    pub(crate) fn issued(&self, seconds: u64) -> Outcome {
        let credentials = TemporaryCredentials {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            session_token: Secret::new("example-session-token"),
            expiration: self.date().plus(Duration::from_secs(seconds)),
        };
        let user = Caller {
            user_id: "AIDACKCEVSQ6C2EXAMPLE".to_owned(),
            account: "111122223333".to_owned(),
            arn: "arn:aws:iam::111122223333:user/team/alice".to_owned(),
        };
        Outcome::Credentials(Issued { credentials, user: Some(user), assumed_role_arn: None })
    }

    pub(crate) fn finish(&mut self, job: &Job, outcome: Outcome) -> Followup {
        let finished = Finished {
            kind: job.kind.clone(),
            generation: job.generation,
            asked: job.asked.clone(),
            outcome,
            sts_date: Some(self.date()),
        };
        self.state.finish(finished, self.now())
    }

    pub(crate) fn want(&mut self, profile: &str) -> Option<Job> {
        let place = self.state.table().find(Some(profile)).unwrap();
        self.state.want(place, self.now())
    }

    /// Fetches a role for so many seconds.
    pub(crate) fn fetch(&mut self, profile: &str, seconds: u64) {
        let job = self.want(profile).unwrap();
        let outcome = self.issued(seconds);
        self.finish(&job, outcome);
    }

    pub(crate) fn answer(&self, profile: &str) -> Answer {
        self.state.table().answer(Some(profile), self.now())
    }

    /// The code and the sentence that a request for a profile gets.
    pub(crate) fn refusal(&self, profile: &str) -> Refusal {
        match self.answer(profile) {
            Answer::Refuse(refusal) => refusal,
            answer => panic!("{profile} is not refused but {answer:?}"),
        }
    }

    pub(crate) fn serves(&self, profile: &str) -> bool {
        matches!(self.answer(profile), Answer::Ready(_))
    }

    pub(crate) fn session_state(&self, identity: &str) -> SessionState {
        self.state.table().session(identity).unwrap().state(self.now())
    }

    pub(crate) fn profile_state(&self, profile: &str) -> ProfileState {
        let table = self.state.table();
        let profile = &table.profiles[table.find(Some(profile)).unwrap()];
        profile.state(table.session_of(profile), self.now())
    }

    pub(crate) fn due(&mut self) -> Vec<Job> {
        self.state.due(self.now())
    }

    /// Lets time pass in naps, as the owner does, and says when the first job came.
    pub(crate) fn nap_until_due(&mut self, most: u64) -> Vec<Job> {
        let end = self.seconds + most;
        loop {
            let jobs = self.due();
            if !jobs.is_empty() || self.seconds >= end {
                return jobs;
            }
            self.seconds += self.state.nap(self.now()).as_secs().max(1);
        }
    }
}

pub(crate) fn failure(kind: FailureKind, code: &str) -> Failure {
    let http = !matches!(kind, FailureKind::Unavailable);
    Failure {
        kind,
        code: code.to_owned(),
        message: "as STS says it".to_owned(),
        retryable: kind == FailureKind::Unavailable,
        http_status: http.then_some(403),
        code_sent: true,
    }
}

/// A file that is not there at the moment.
pub(crate) fn of_a_file() -> Outcome {
    let failure = failure(FailureKind::Configuration, FILE_ERROR);
    Outcome::Failure(Failure { retryable: true, http_status: None, code_sent: false, ..failure })
}

pub(crate) fn failed(kind: FailureKind, code: &str) -> Outcome {
    Outcome::Failure(failure(kind, code))
}

pub(crate) fn base_is_temporary(job: &Job) -> bool {
    match &job.operation {
        Operation::Assume(request) => {
            matches!(request.base, stsd_protocol::gateway::Base::Temporary(_))
        }
        other => panic!("not an AssumeRole but {other:?}"),
    }
}

pub(crate) fn plan() -> Plan {
    let alice = |name: &str| session_profile(name, ALICE);
    Plan {
        profiles: vec![
            alice("default"),
            role_profile("prod", ALICE, "prod"),
            role_profile("my staging", ALICE, "staging"),
            session_profile("ci", CI),
            role_profile("deploy", CI, "deploy"),
            other_profile(
                "sso",
                ProfileSource::Unsupported {
                    reason: "profile sso uses IAM Identity Center".to_owned(),
                    hint: "use `aws sso login`".to_owned(),
                },
            ),
            other_profile(
                "loop",
                ProfileSource::Invalid {
                    reason: "profile loop leads back to itself".to_owned(),
                    hint: "correct source_profile in ~/.aws/config".to_owned(),
                },
            ),
        ],
        identities: vec![identity(ALICE, "default", Some(SERIAL)), identity(CI, "ci", None)],
        ..Plan::default()
    }
}

pub(crate) fn identity(key: &str, profile: &str, serial: Option<&str>) -> PlannedIdentity {
    PlannedIdentity {
        keys: LongTermKeys { source_profile: profile.to_owned(), identity: key.to_owned() },
        account_id: None,
        mfa_serial: serial.map(str::to_owned),
        mfa_process: false,
        program: None,
        target: target(),
    }
}

pub(crate) fn role_profile(name: &str, identity: &str, role: &str) -> PlannedProfile {
    let hop = Hop {
        role_arn: format!("arn:aws:iam::444455556666:role/{role}"),
        external_id: None,
        role_session_name: None,
        duration_seconds: None,
        target: target(),
    };
    other_profile(name, ProfileSource::Role { identity: identity.to_owned(), hops: vec![hop] })
}

pub(crate) fn session_profile(name: &str, identity: &str) -> PlannedProfile {
    other_profile(name, ProfileSource::Session { identity: identity.to_owned() })
}

fn other_profile(name: &str, source: ProfileSource) -> PlannedProfile {
    PlannedProfile {
        name: name.to_owned(),
        path: path_form(name),
        source,
        region: None,
        account_id: None,
        target: target(),
    }
}

fn target() -> StsTarget {
    StsTarget { region: "us-east-1".to_owned(), ..StsTarget::default() }
}
