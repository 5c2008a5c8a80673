//! `~/.aws` for the emulator's example world: an identity with a device, role profiles in other
//! accounts, one of them a chain of three, an identity of another account, and one without a device.
//! Regions differ, so that a call to the wrong one shows in the journal.

use sts_emulator::World;

/// Alice's long-term access key id, in `[default]`.
pub const ALICE: &str = "AKIAIOSFODNN7EXAMPLE";
/// Alice's device.
pub const ALICE_DEVICE: &str = "arn:aws:iam::111122223333:mfa/alice";
/// Bob's long-term access key id, in `[bob]`.
pub const BOB: &str = "AKIAI44QH8DHBEXAMPLE";
/// Bob's device, whose name is not his.
pub const BOB_DEVICE: &str = "arn:aws:iam::123456789012:mfa/bobs-phone";
/// The long-term access key id of `[ci]`, which has no device.
pub const CI: &str = "AKIAIOSFODNN8EXAMPLE";

/// The text of `~/.aws/config` for an STS at `url`.
pub fn config(url: &str) -> String {
    let mut text = format!(
        "[default]\nregion = eu-central-1\nendpoint_url = {url}\nmfa_serial = {ALICE_DEVICE}\n\n\
         [profile bob]\nregion = us-west-2\nendpoint_url = {url}\nmfa_serial = {BOB_DEVICE}\n\n\
         [profile ci]\nregion = us-west-2\nendpoint_url = {url}\n\n"
    );
    for (name, region, account, source, more) in ROLES {
        text.push_str(&format!(
            "[profile {name}]\nregion = {region}\nendpoint_url = {url}\n\
             role_arn = arn:aws:iam::{account}:role/{name}\nsource_profile = {source}\n{more}\n"
        ));
    }
    text
}

/// The text of `~/.aws/credentials`.
pub fn credentials() -> String {
    let sections = secrets().into_iter().map(|(profile, id, secret)| {
        format!("[{profile}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n\n")
    });
    sections.collect()
}

/// Profile, long-term access key id and secret access key of every identity.
pub fn secrets() -> Vec<(&'static str, String, String)> {
    let world = World::example();
    let users = world.accounts.iter().flat_map(|account| &account.users);
    users
        .flat_map(|user| &user.login.access_keys)
        .zip(["default", "bob", "ci"])
        .map(|(key, profile)| (profile, key.id.clone(), key.secret.expose().to_owned()))
        .collect()
}

/// Name, region, account, source profile, and what else the profile has.
const ROLES: &[(&str, &str, &str, &str, &str)] = &[
    ("prod", "us-east-1", "444455556666", "default", ""),
    ("staging", "eu-west-1", "444455556666", "default", ""),
    ("hub", "eu-central-1", "444455556666", "default", ""),
    ("audit", "eu-north-1", "777788889999", "hub", "external_id = audit-2026-EXAMPLE\n"),
    ("deep", "ap-southeast-2", "777788889999", "audit", ""),
    ("deploy", "us-west-2", "123456789012", "ci", ""),
];
