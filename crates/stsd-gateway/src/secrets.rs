//! The secrets that stand in the user's files under keys of their own, to be looked for in what leaves the
//! gateway. Hostile files have thousands, so a text is searched for all of them at once.

use crate::profiles::ProfileSet;

/// What must not be shown. Has no `Debug`.
pub(crate) struct Secrets {
    /// Sorted, and none is the beginning of another: a text that begins with one of them has no other
    /// between itself and that one.
    sorted: Vec<String>,
}

impl Secrets {
    /// Takes every value whose key says that it is one.
    pub(crate) fn of(set: &ProfileSet) -> Self {
        let settings = set.profiles.iter().flat_map(|profile| &profile.settings);
        let secret = settings.filter(|setting| {
            is_secret(&setting.entry.key) && setting.entry.key != "aws_access_key_id"
        });
        // A short one would be found everywhere; AWS's have 40 characters.
        let values = secret.map(|setting| &setting.entry.value).filter(|value| value.len() >= 8);
        Self::new(values.cloned().collect())
    }

    fn new(mut sorted: Vec<String>) -> Self {
        sorted.sort();
        sorted.dedup_by(|later, earlier| later.starts_with(earlier.as_str()));
        Self { sorted }
    }

    /// Whether the text has one of them in it.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        !self.sorted.is_empty() && text.char_indices().any(|(at, _)| self.begin(&text[at..]))
    }

    /// Whether the text begins with one of them.
    fn begin(&self, text: &str) -> bool {
        let after = self.sorted.partition_point(|secret| secret.as_str() <= text);
        self.sorted[..after].last().is_some_and(|secret| text.starts_with(secret.as_str()))
    }
}

/// Whether a key's value is a secret, or part of one. Wider than what AWS writes: saml2aws and its
/// kin have keys such as `x_security_token`.
pub(crate) fn is_secret(key: &str) -> bool {
    ["access_key", "secret", "password", "session_token", "security_token"]
        .iter()
        .any(|part| key.contains(part))
}

#[cfg(test)]
mod tests {
    use super::Secrets;

    #[test]
    fn each_secret_is_found_wherever_it_stands() {
        let secrets =
            ["fake-one", "fake-one-and-more", "fake-two", "\u{e9}-fake-\u{e9}", "aaaaaaaa"];
        let secrets = Secrets::new(secrets.map(str::to_owned).into());
        for text in
            ["fake-one", "x fake-one", "fake-one-and-more", "\u{e9}\u{e9}-fake-\u{e9}", "baaaaaaaa"]
        {
            assert!(secrets.are_in(text), "{text}");
        }
        for text in ["", "fake-on", "ake-one", "fake-three", "-fake-\u{e9}", "aaaaaaa"] {
            assert!(!secrets.are_in(text), "{text}");
        }
        assert!(!Secrets::new(Vec::new()).are_in("fake-one"));
    }
}
