//! A home folder with AWS files in it, and a gateway that reads them.
#![expect(dead_code, reason = "each test file uses its own part")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

pub(crate) mod program;
pub(crate) mod script;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use stsd_gateway::Gateway;
use stsd_protocol::VERSION;
use stsd_protocol::gateway::{
    LongTermKeys, Operation, Outcome, Plan, PlanRequest, PlannedProfile, ProfileSource, Request,
    Settings, StsTarget,
};
use tempfile::TempDir;

pub(crate) const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(crate) const KEYS: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
                        aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n";

/// A home folder that goes away with the value.
pub(crate) struct Home(pub(crate) TempDir);

impl Home {
    pub(crate) fn new(config: &str, credentials: &str) -> Self {
        let home = Self(TempDir::new().unwrap());
        fs::create_dir(home.0.path().join(".aws")).unwrap();
        home.write("config", config.as_bytes());
        home.write("credentials", credentials.as_bytes());
        home
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.file(name), bytes).unwrap();
        fs::set_permissions(self.file(name), Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(".aws").join(name)
    }

    pub(crate) fn path(&self) -> Option<PathBuf> {
        Some(self.0.path().to_owned())
    }

    pub(crate) fn plan(&self) -> Plan {
        self.plan_for("/usr/bin/stsd")
    }

    pub(crate) fn plan_for(&self, client_program: &str) -> Plan {
        self.plan_with(Settings::default(), client_program)
    }

    pub(crate) fn plan_with(&self, settings: Settings, client_program: &str) -> Plan {
        let client_program = client_program.to_owned();
        match self.answer(settings, Operation::Plan(PlanRequest { client_program })) {
            Outcome::Plan(plan) => plan,
            other => panic!("{other:?}"),
        }
    }

    /// The outcome of what waits for nothing, and so needs no runtime.
    pub(crate) fn answer(&self, settings: Settings, op: Operation) -> Outcome {
        let gateway = Gateway::new(self.path());
        let answer = pin!(gateway.handle(request(settings, op)));
        match answer.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(response) => response.outcome,
            Poll::Pending => panic!("it waits"),
        }
    }
}

/// The plan of two files that nobody needs afterwards.
pub(crate) fn plan(config: &str, credentials: &str) -> Plan {
    Home::new(config, credentials).plan()
}

pub(crate) fn plan_operation() -> Operation {
    Operation::Plan(PlanRequest { client_program: "/usr/bin/stsd".to_owned() })
}

pub(crate) fn request(settings: Settings, op: Operation) -> Request {
    Request { v: VERSION.to_owned(), id: 7, settings, op }
}

pub(crate) fn keys() -> LongTermKeys {
    LongTermKeys { source_profile: "default".to_owned(), identity: KEY_ID.to_owned() }
}

pub(crate) fn target(endpoint_url: Option<&str>) -> StsTarget {
    StsTarget {
        region: "eu-central-1".to_owned(),
        endpoint_url: endpoint_url.map(str::to_owned),
        ..StsTarget::default()
    }
}

pub(crate) fn profile<'a>(plan: &'a Plan, name: &str) -> &'a PlannedProfile {
    plan.profiles.iter().find(|profile| profile.name == name).unwrap()
}

/// Why a profile is not served.
pub(crate) fn reason<'a>(plan: &'a Plan, name: &str) -> &'a str {
    match &profile(plan, name).source {
        ProfileSource::Unsupported { reason, .. } | ProfileSource::Invalid { reason, .. } => reason,
        served => panic!("{served:?}"),
    }
}

/// `FILE:LINE PROFILE KEY SEVERITY`, the file without its folder, for each mistake.
pub(crate) fn places(plan: &Plan) -> Vec<String> {
    let place = |problem: &stsd_protocol::gateway::Problem| {
        let file = problem.file.rsplit('/').next().unwrap();
        let line = problem.line.map_or("-".to_owned(), |line| line.to_string());
        let profile = problem.profile.as_deref().unwrap_or("-");
        let key = problem.key.as_deref().unwrap_or("-");
        format!("{file}:{line} {profile} {key} {:?}", problem.severity)
    };
    plan.problems.iter().map(place).collect()
}
