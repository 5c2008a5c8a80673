//! `~/.aws/config` and `~/.aws/credentials` for a world: a profile for each user, and one for each role,
//! whose source is whoever the role trusts first.

use sts_emulator::{Account, Role, Trust, User, World};

/// The region of every profile.
const REGION: &str = "eu-central-1";

/// The text of `~/.aws/config`.
pub(super) fn config(world: &World, url: &str) -> String {
    let mut text = String::new();
    for (account, user) in users(world) {
        text.push_str(&heading(&profile_of(world, account, user)));
        text.push_str(&common(url));
        for device in user.login.mfa_devices.iter().take(1) {
            text.push_str(&format!("mfa_serial = {}\n", device.serial));
        }
        text.push('\n');
    }
    for account in &world.accounts {
        for role in &account.roles {
            text.push_str(&role_profile(world, account, role, url));
        }
    }
    text
}

/// The text of `~/.aws/credentials`.
pub(super) fn credentials(world: &World) -> String {
    let sections = users(world).filter_map(|(account, user)| {
        let key = user.login.access_keys.first()?;
        let profile = profile_of(world, account, user);
        let (id, secret) = (&key.id, key.secret.expose());
        Some(format!("[{profile}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n\n"))
    });
    sections.collect()
}

fn role_profile(world: &World, account: &Account, role: &Role, url: &str) -> String {
    let Some(source) = role.trusts.iter().find_map(|trust| source_profile(world, trust)) else {
        return format!("# Nobody here is trusted by {} of {}.\n\n", role.name, account.id);
    };
    let mut text = heading(&role.name) + &common(url);
    text.push_str(&format!(
        "role_arn = arn:aws:iam::{}:role/{}\nsource_profile = {source}\n",
        account.id, role.name
    ));
    if let Some(id) = &role.external_id {
        text.push_str(&format!("external_id = {id}\n"));
    }
    text + "\n"
}

/// The profile that signs for whoever is trusted.
fn source_profile(world: &World, trust: &Trust) -> Option<String> {
    match trust {
        Trust::Account(id) => {
            let (account, user) = users(world).find(|(account, _)| account.id == *id)?;
            Some(profile_of(world, account, user))
        }
        Trust::Arn(arn) => {
            let (account_id, resource) = arn.strip_prefix("arn:aws:iam::")?.split_once(':')?;
            let account = world.accounts.iter().find(|account| account.id == account_id)?;
            match resource.split_once('/')? {
                ("role", name) => account
                    .roles
                    .iter()
                    .find(|role| role.name == name)
                    .map(|role| role.name.clone()),
                (_, name) => {
                    let user = account.users.iter().find(|user| user.name == name)?;
                    Some(profile_of(world, account, user))
                }
            }
        }
    }
}

/// The first user is the default one.
fn profile_of(world: &World, account: &Account, user: &User) -> String {
    let is_first = users(world)
        .next()
        .is_some_and(|(first, name)| first.id == account.id && name.name == user.name);
    if is_first { "default".to_owned() } else { user.name.clone() }
}

fn users(world: &World) -> impl Iterator<Item = (&Account, &User)> {
    world.accounts.iter().flat_map(|account| account.users.iter().map(move |user| (account, user)))
}

fn heading(profile: &str) -> String {
    if profile == "default" { "[default]\n".to_owned() } else { format!("[profile {profile}]\n") }
}

fn common(url: &str) -> String {
    format!("region = {REGION}\nendpoint_url = {url}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_profile_for_each_user_and_each_role_of_the_example() {
        let text = config(&World::example(), "http://127.0.0.1:7874");
        for profile in
            ["[default]", "[profile bob]", "[profile ci]", "[profile prod]", "[profile deep]"]
        {
            assert!(text.contains(profile), "{profile} in {text}");
        }
        assert!(
            text.contains("role/audit\nsource_profile = hub\nexternal_id = audit-2026-EXAMPLE\n"),
            "{text}"
        );
        assert!(text.contains("mfa_serial = arn:aws:iam::123456789012:mfa/bobs-phone\n"), "{text}");
    }

    #[test]
    fn writes_the_keys_of_each_user() {
        let text = credentials(&World::example());
        assert_eq!(text.matches("aws_secret_access_key = ").count(), 3);
        assert!(
            text.starts_with("[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"),
            "{text}"
        );
    }
}
