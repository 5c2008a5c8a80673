//! The world of stsd's documentation, demo and tests.

use std::time::Duration;

use super::World;

impl World {
    /// The example world, the same as `world.example.toml`.
    ///
    /// - `111122223333`: alice, with a key and the device `mfa/alice`.
    /// - `444455556666`: the roles `prod`, `staging` and `hub`, which trust alice with MFA.
    /// - `777788889999`: `audit`, which trusts only `hub` and wants an external id, and `deep`, which trusts
    ///   only `audit`: a chain of three.
    /// - `123456789012`: bob, whose device has a name of its own; `ci`, without MFA; `deploy`, which `ci`
    ///   may assume.
    pub fn example() -> Self {
        let alice = "arn:aws:iam::111122223333:user/alice";
        Self::default()
            .account("111122223333", |account| {
                account.bucket("alice-notes").bucket("alice-photos").user("alice", |user| {
                    user.access_key(
                        "AKIAIOSFODNN7EXAMPLE",
                        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                    )
                    .mfa("arn:aws:iam::111122223333:mfa/alice")
                })
            })
            .account("444455556666", |account| {
                let half_a_day = Duration::from_secs(43200);
                account
                    .bucket("prod-backups")
                    .bucket("staging-uploads")
                    .role("prod", |role| {
                        role.trusts(alice).requires_mfa().max_session_duration(half_a_day)
                    })
                    .role("staging", |role| role.trusts(alice).requires_mfa())
                    .role("hub", |role| role.trusts(alice).requires_mfa())
            })
            .account("777788889999", |account| {
                account
                    .bucket("audit-trail")
                    .role("audit", |role| {
                        role.trusts("arn:aws:iam::444455556666:role/hub")
                            .external_id("audit-2026-EXAMPLE")
                    })
                    .role("deep", |role| role.trusts("arn:aws:iam::777788889999:role/audit"))
            })
            .account("123456789012", |account| {
                account
                    .bucket("build-artifacts")
                    .user("bob", |user| {
                        user.access_key(
                            "AKIAI44QH8DHBEXAMPLE",
                            "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
                        )
                        .mfa("arn:aws:iam::123456789012:mfa/bobs-phone")
                    })
                    .user("ci", |user| {
                        user.access_key(
                            "AKIAIOSFODNN8EXAMPLE",
                            "ci8MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
                        )
                    })
                    .role("deploy", |role| role.trusts("arn:aws:iam::123456789012:user/ci"))
            })
    }
}
