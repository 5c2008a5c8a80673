//! World files: TOML, checked as a whole before a world is served.

use super::trust::is_account_id;
use super::{Account, World, decode_seed};

/// Why a world file is not served.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// Not TOML, or not the keys that a world has.
    #[error("the world file does not parse")]
    Syntax(#[from] toml::de::Error),
    /// Well-formed, but not a world that AWS could be.
    #[error("the world file has mistakes: {}", .0.join("; "))]
    Mistakes(Vec<String>),
}

impl World {
    /// Reads the text of a world file.
    ///
    /// # Errors
    /// Its syntax, else every mistake at once.
    pub fn parse(text: &str) -> Result<Self, WorldError> {
        let world: Self = toml::from_str(text)?;
        let mistakes = world.mistakes();
        if mistakes.is_empty() { Ok(world) } else { Err(WorldError::Mistakes(mistakes)) }
    }

    fn mistakes(&self) -> Vec<String> {
        let mut mistakes: Vec<String> = self.accounts.iter().flat_map(account_mistakes).collect();
        let keys =
            self.logins().flat_map(|(_, login)| login.access_keys.iter().map(|key| key.id.clone()));
        let serials = self
            .logins()
            .flat_map(|(_, login)| login.mfa_devices.iter().map(|mfa| mfa.serial.clone()));
        mistakes.extend(twice(self.accounts.iter().map(|account| account.id.clone())));
        mistakes.extend(twice(keys));
        mistakes.extend(twice(serials));
        mistakes
    }
}

fn account_mistakes(account: &Account) -> Vec<String> {
    let mut mistakes = Vec::new();
    if !is_account_id(&account.id) {
        mistakes.push(format!("account {}: an id is twelve digits", account.id));
    }
    for role in &account.roles {
        let name = format!("role {} of account {}", role.name, account.id);
        if !(3600..=43200).contains(&role.max_session_duration) {
            mistakes.push(format!("{name}: max_session_duration is 3600 to 43200"));
        }
        if role.trusts.iter().any(|trust| !trust.is_well_formed()) {
            mistakes.push(format!("{name}: trusts takes account ids and ARNs of users and roles"));
        }
    }
    let logins = account.users.iter().map(|user| &user.login).chain(&account.root);
    for device in logins.flat_map(|login| &login.mfa_devices) {
        if device.seed.as_ref().is_some_and(|seed| decode_seed(seed.expose()).is_none()) {
            mistakes.push(format!("device {}: its seed is not base32", device.serial));
        }
    }
    mistakes
}

fn twice(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut sorted: Vec<String> = names.collect();
    sorted.sort_unstable();
    sorted
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| format!("{} stands twice", pair[0]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_file_is_the_example_world() {
        let text = include_str!("../../world.example.toml");
        assert_eq!(World::parse(text).expect("the example parses"), World::example());
    }

    #[test]
    fn names_every_mistake_at_once() {
        let text = r#"
            [[account]]
            id = "12"
            [[account.user]]
            name = "alice"
            access_key = [{ id = "AKIA1EXAMPLE", secret = "a" }, { id = "AKIA1EXAMPLE", secret = "b" }]
            mfa_device = [{ serial = "arn:aws:iam::111122223333:mfa/x", seed = "0189" }]
            [[account.role]]
            name = "short"
            trusts = ["nobody"]
            max_session_duration = 60
        "#;
        let error = World::parse(text).expect_err("six mistakes").to_string();
        for part in [
            "twelve digits",
            "3600 to 43200",
            "trusts takes",
            "AKIA1EXAMPLE stands twice",
            "not base32",
        ] {
            assert!(error.contains(part), "{part} in {error}");
        }
    }

    #[test]
    fn refuses_a_key_that_it_does_not_know() {
        let account = "[[account]]\nid = \"111122223333\"\n";
        for unknown in
            ["bucket = []", "root = { keys = [] }", "user = [{ name = \"alice\", keys = [] }]"]
        {
            let error = World::parse(&format!("{account}{unknown}")).expect_err(unknown);
            assert!(matches!(error, WorldError::Syntax(_)), "{unknown}");
        }
    }
}
