//! The files under which a record is taken over: an identity with a device whose codes a program says, one
//! without, one that a program says, and a role of each.

use stsd_protocol::gateway::{
    Hop, LongTermKeys, Plan, PlannedIdentity, PlannedProfile, ProfileSource, StsTarget,
};

/// The long-term access key ids.
pub(super) const IDENTITIES: [&str; 3] =
    ["AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE", "process:tool"];

/// The device of the first.
pub(super) const SERIAL: &str = "arn:aws:iam::111122223333:mfa/alice";

/// What the third's program is told by.
pub(super) const PROGRAM: u64 = 7;

/// The profiles; the name of an identity's own says whose it is.
pub(super) const PROFILES: [&str; 6] = ["default", "prod", "ci", "deploy", "tool", "tool role"];

/// What the files mean.
pub(super) fn plan() -> Plan {
    let identity = |place: usize| PlannedIdentity {
        keys: LongTermKeys {
            source_profile: PROFILES[2 * place].to_owned(),
            identity: IDENTITIES[place].to_owned(),
        },
        account_id: None,
        mfa_serial: (place == 0).then(|| SERIAL.to_owned()),
        mfa_process: place == 0,
        program: (place == 2).then_some(PROGRAM),
        target: StsTarget::default(),
    };
    let profile = |place: usize| PlannedProfile {
        name: PROFILES[place].to_owned(),
        path: stsd_protocol::path_form(PROFILES[place]),
        source: source(place),
        region: None,
        account_id: None,
        target: StsTarget::default(),
    };
    Plan {
        profiles: (0..PROFILES.len()).map(profile).collect(),
        identities: (0..IDENTITIES.len()).map(identity).collect(),
        ..Plan::default()
    }
}

/// What it takes to serve the profile at this place.
pub(super) fn source(place: usize) -> ProfileSource {
    let identity = IDENTITIES[place / 2].to_owned();
    if place.is_multiple_of(2) {
        return ProfileSource::Session { identity };
    }
    let hop = Hop {
        role_arn: "arn:aws:iam::444455556666:role/prod".to_owned(),
        external_id: None,
        role_session_name: None,
        duration_seconds: None,
        target: StsTarget::default(),
    };
    ProfileSource::Role { identity, hops: vec![hop] }
}
