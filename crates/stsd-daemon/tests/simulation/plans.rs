//! The user's files: five identities, with a device, without, and with a program that says the codes;
//! and the profiles that lead to them. The adversary edits them.

use stsd_protocol::gateway::{
    Hop, LongTermKeys, Plan, PlannedIdentity, PlannedProfile, ProfileSource, StsTarget,
};

/// One long-term access key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    pub(crate) key: &'static str,
    pub(crate) own_profile: &'static str,
    pub(crate) serial: Option<&'static str>,
    pub(crate) program: bool,
}

/// One profile as the files have it now.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) name: &'static str,
    pub(crate) identity: usize,
    /// The number in its role's name; an identity's own profile has none.
    pub(crate) role: Option<u32>,
    /// In seconds, as the profile has it.
    pub(crate) duration: Option<u32>,
    /// Whether its role is asked for at an STS that has a clock of its own.
    pub(crate) far: bool,
    /// Whether the files have it at the moment.
    pub(crate) present: bool,
}

pub(crate) const IDENTITIES: [Identity; 5] = [
    Identity {
        key: "AKIAIOSFODNN7EXAMPLE",
        own_profile: "default",
        serial: Some("arn:aws:iam::111122223333:mfa/alice"),
        program: false,
    },
    Identity {
        key: "AKIAI44QH8DHBEXAMPLE",
        own_profile: "bob",
        serial: Some("arn:aws:iam::123456789012:mfa/bobs-phone"),
        program: false,
    },
    Identity { key: "AKIAIOSFODNN8EXAMPLE", own_profile: "ci", serial: None, program: false },
    Identity {
        key: "AKIAIOSFODNN9EXAMPLE",
        own_profile: "robot",
        serial: Some("arn:aws:iam::111122223333:mfa/robot"),
        program: true,
    },
    Identity { key: "AKIAI55QH8DHBEXAMPLE", own_profile: "logs", serial: None, program: false },
];

/// The files at the beginning.
pub(crate) fn profiles() -> Vec<Profile> {
    let own = |(identity, of): (usize, &Identity)| profile(of.own_profile, identity, None, None);
    let mut profiles: Vec<Profile> = IDENTITIES.iter().enumerate().map(own).collect();
    profiles.push(profile("prod", 0, Some(1), None));
    profiles.push(profile("audit", 1, Some(2), Some(900)));
    profiles.push(profile("deploy", 2, Some(3), Some(43_200)));
    profiles.push(profile("reports", 3, Some(4), None));
    profiles
}

fn profile(
    name: &'static str,
    identity: usize,
    role: Option<u32>,
    duration: Option<u32>,
) -> Profile {
    let far = name == "audit";
    Profile { name, identity, role, duration, far, present: true }
}

/// What the gateway makes of the files.
pub(crate) fn plan(profiles: &[Profile]) -> Plan {
    let present = profiles.iter().filter(|profile| profile.present);
    let used = |at: usize| profiles.iter().any(|p| p.present && p.identity == at);
    Plan {
        profiles: present.map(planned).collect(),
        identities: (0..IDENTITIES.len()).filter(|at| used(*at)).map(identity).collect(),
        ..Plan::default()
    }
}

fn planned(profile: &Profile) -> PlannedProfile {
    let identity = IDENTITIES[profile.identity].key.to_owned();
    let hop = |role| Hop {
        role_arn: role_arn(role),
        external_id: None,
        role_session_name: Some("simulation".to_owned()),
        duration_seconds: profile.duration,
        target: StsTarget {
            endpoint_url: profile.far.then(|| "https://sts.example.com".to_owned()),
            ..StsTarget::default()
        },
    };
    PlannedProfile {
        name: profile.name.to_owned(),
        path: profile.name.to_owned(),
        source: match profile.role {
            None => ProfileSource::Session { identity },
            Some(role) => ProfileSource::Role { identity, hops: vec![hop(role)] },
        },
        region: None,
        account_id: None,
        target: StsTarget::default(),
    }
}

fn identity(at: usize) -> PlannedIdentity {
    let Identity { key, own_profile, serial, program } = IDENTITIES[at];
    PlannedIdentity {
        keys: LongTermKeys { source_profile: own_profile.to_owned(), identity: key.to_owned() },
        account_id: None,
        mfa_serial: serial.map(str::to_owned),
        mfa_process: program,
        program: None,
        target: StsTarget::default(),
    }
}

pub(crate) fn role_arn(role: u32) -> String {
    format!("arn:aws:iam::444455556666:role/{role}")
}

/// Which role, and which identity, a text of the daemon names.
pub(crate) fn role_of(arn: &str) -> u32 {
    let number = arn.rsplit('/').next().and_then(|number| number.parse().ok());
    number.expect("the plan has no other roles")
}

pub(crate) fn identity_of(key: &str) -> usize {
    IDENTITIES.iter().position(|identity| identity.key == key).expect("the plan has no other keys")
}
