//! Which authorization tokens the daemon takes, by the files in which it keeps them: the user's own, and
//! those of the record with their scopes.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use stsd_protocol::path_form;
use stsd_secret::Secret;

use super::disk;

/// All of them.
pub(super) struct OurTokens {
    own: Option<Secret>,
    others: Vec<Other>,
}

impl OurTokens {
    /// Reads them; `own` is the file of the user's own.
    pub(super) fn read(own: Option<&Path>) -> Self {
        let record = own.and_then(|own| fs::read_to_string(own.with_file_name(RECORD)).ok());
        // One that does not read opens nothing, and `stsd status` says so.
        let read = record.and_then(|text| serde_json::from_str::<Record>(&text).ok());
        let own = own.and_then(|path| disk::token(path).ok());
        Self { own, others: read.map_or_else(Vec::new, |record| record.tokens) }
    }

    /// Whether a token opens a profile, which is named in its path form; nothing where the daemon's are
    /// not known. When one ends is the daemon's to say.
    pub(super) fn open(&self, token: &str, profile: &str) -> Option<bool> {
        let own = self.own.as_ref()?;
        let opens = |other: &Other| {
            let holds = |names: &Vec<String>| names.iter().any(|name| path_form(name) == profile);
            other.authorization_token.expose() == token && other.profiles.as_ref().is_none_or(holds)
        };
        Some(own.expose() == token || self.others.iter().any(opens))
    }
}

#[derive(Deserialize)]
struct Record {
    tokens: Vec<Other>,
}

#[derive(Deserialize)]
struct Other {
    authorization_token: Secret,
    profiles: Option<Vec<String>>,
}

/// Beside the user's own.
const RECORD: &str = "authorization-tokens.json";

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{OurTokens, RECORD};

    #[test]
    fn a_token_of_the_record_opens_what_it_is_for() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("authorization-token");
        assert_eq!(OurTokens::read(Some(&own)).open("fake-own", "prod"), None);
        fs::write(&own, "fake-own").unwrap();
        let record = r#"{"version": 1, "tokens": [
            {"name": "a", "authorization_token": "fake-a", "profiles": ["my prod"], "end": null},
            {"name": "b", "authorization_token": "fake-b", "profiles": null}]}"#;
        fs::write(folder.path().join(RECORD), record).unwrap();
        let tokens = OurTokens::read(Some(&own));
        for (token, profile, opens) in [
            ("fake-own", "dev", true),
            ("fake-a", "my-prod", true),
            ("fake-a", "dev", false),
            ("fake-b", "dev", true),
            ("revoked", "my-prod", false),
        ] {
            assert_eq!(tokens.open(token, profile), Some(opens), "{token} {profile}");
        }
    }
}
