//! What a daemon says on a good day, built from the protocol's own types so that the tests follow
//! it.

use serde_json::{Value, json};
use stsd_protocol::control::{
    Challenge, Environment, ProfileReport, ProfileState, Restart, RestartKeeps, SessionReport,
    SessionState, Sockets, Status, Unlocked,
};
use stsd_protocol::{Confinement, Confinements, Refusal, RefusalCode, Timestamp};

use super::Reply;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const ACCOUNT: &str = "111122223333";
const NOW: u64 = 1_800_000_000;

fn value(of: impl serde::Serialize) -> Value {
    serde_json::to_value(of).unwrap()
}

/// No, with the table's hint.
pub(crate) fn refusal(code: RefusalCode, message: &str) -> Reply {
    Reply::with_status(code.http_status(), &value(Refusal::new(code, message)))
}

/// One identity to unlock; a name makes its device.
pub(crate) fn challenge(profile: &str, device: Option<&str>) -> Value {
    value(Challenge {
        identity: KEY.into(),
        source_profile: profile.into(),
        account_id: Some(ACCOUNT.into()),
        mfa_serial: device.map(|name| format!("arn:aws:iam::{ACCOUNT}:mfa/{name}")),
        mfa_process: false,
        prompt: true,
        resting: None,
    })
}

/// A session of twelve hours.
pub(crate) fn session(profile: &str) -> SessionReport {
    SessionReport {
        identity: KEY.into(),
        source_profile: profile.into(),
        account_id: Some(ACCOUNT.into()),
        mfa_serial: Some(format!("arn:aws:iam::{ACCOUNT}:mfa/alice")),
        state: SessionState::Unlocked,
        issued: Some(Timestamp::from_unix(NOW)),
        expiration: Some(Timestamp::from_unix(NOW + 43_200)),
        remaining_seconds: Some(43_199),
        access_key_id: Some("ASIAIOSFODNN7EXAMPLE".into()),
        last_error: None,
    }
}

/// The reply to a successful unlock.
pub(crate) fn unlocked(profile: &str) -> Reply {
    let profiles = vec![profile.to_owned(), "prod".to_owned()];
    Reply::json(&value(Unlocked { session: session(profile), profiles }))
}

/// A profile without a role, which nobody has asked for.
pub(crate) fn profile(name: &str) -> ProfileReport {
    ProfileReport {
        profile: name.into(),
        path: stsd_protocol::path_form(name),
        state: ProfileState::Cold,
        session: Some(KEY.into()),
        role_arn: None,
        account_id: Some(ACCOUNT.into()),
        region: None,
        expiration: None,
        remaining_seconds: None,
        last_error: None,
    }
}

/// All of it.
pub(crate) fn status(sessions: Vec<SessionReport>, profiles: Vec<ProfileReport>) -> Status {
    Status {
        version: "1.2.3".into(),
        pid: 4242,
        endpoint: Some("http://127.0.0.1:7873".into()),
        authorization_token_file: "/state/authorization-token".into(),
        config_view: "/state/aws/config".into(),
        sockets: Sockets {
            control: "/run/stsd.sock".into(),
            credentials: "/run/creds.sock".into(),
        },
        clock_offset_seconds: 0,
        default_profile: "default".into(),
        restart: Restart { sessions: RestartKeeps::Kept, reason: None },
        confinement: Confinements {
            daemon: Confinement { no_new_privileges: true, seccomp_filters: 3, landlock_abi: None },
            gateway: Some(Confinement {
                no_new_privileges: true,
                seccomp_filters: 6,
                landlock_abi: Some(7),
            }),
        },
        sessions,
        profiles,
    }
}

/// The variables' values for a profile.
pub(crate) fn environment(profile: &str) -> Environment {
    let path = stsd_protocol::path_form(profile);
    Environment {
        profile: profile.into(),
        credentials_uri: Some(format!("http://127.0.0.1:7873/creds/{path}")),
        authorization_token_file: "/state/authorization-token".into(),
        config_view: "/state/aws/config".into(),
        credentials_view: "/state/aws/credentials".into(),
        region: Some("eu-central-1".into()),
    }
}

/// AWS's documented example keys.
pub(crate) fn credentials() -> Value {
    json!({
        "Version": 1,
        "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "SessionToken": "AQoDYXdzEJr1K5CKK9SqyvTvEXAMPLE",
        "Expiration": "2027-01-15T08:00:00Z",
        "AccountId": ACCOUNT,
    })
}
