//! A search for secrets in what should hold none, in every spelling that a program could have given
//! them by accident.

pub(crate) mod spellings;

use spellings::spellings;

/// A secret, and what to call it when it is found.
#[derive(Clone, Debug)]
pub struct Planted {
    /// Such as "the session token of alice".
    pub name: String,
    spellings: Vec<(&'static str, String)>,
}

impl Planted {
    /// Prepares the search for a secret.
    pub fn new(name: impl Into<String>, secret: &str) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("every spelling is ASCII");
        let spellings = spellings(secret).into_iter();
        let spellings = spellings.map(|(name, bytes)| (name, text(bytes))).collect();
        Self { name: name.into(), spellings }
    }

    /// How it is spelt there, if it is there at all. Every spelling is ASCII, so that bytes which are
    /// no text in between change nothing.
    pub fn found_in(&self, bytes: &[u8]) -> Option<&'static str> {
        self.found_in_text(&String::from_utf8_lossy(bytes))
    }

    fn found_in_text(&self, text: &str) -> Option<&'static str> {
        let found = self.spellings.iter().find(|(_, part)| text.contains(part.as_str()));
        found.map(|(spelling, _)| *spelling)
    }
}

/// Makes sure that none of the secrets is there.
///
/// # Panics
/// If one is. Says which, never what.
#[track_caller]
pub fn assert_clean(place: &str, bytes: &[u8], planted: &[Planted]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in planted {
        if let Some(spelling) = secret.found_in_text(&text) {
            panic!("{} stands {spelling} in {place}", secret.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Planted;
    use data_encoding::{BASE64, HEXLOWER};

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    #[test]
    fn every_spelling_is_found_at_every_offset() {
        let secret = Planted::new("it", SECRET);
        for before in ["", "a", "ab", "abc"] {
            let text = format!("{before}{SECRET} and more");
            assert_eq!(secret.found_in(text.as_bytes()), Some("plain"));
            let coded = BASE64.encode(text.as_bytes());
            assert_eq!(secret.found_in(coded.as_bytes()), Some("base64"), "{before}");
            let coded = HEXLOWER.encode(text.as_bytes());
            assert_eq!(secret.found_in(coded.as_bytes()), Some("hexadecimal"));
        }
        let coded = SECRET.replace('/', "%2F");
        assert_eq!(secret.found_in(coded.as_bytes()), Some("percent-encoded"));
    }

    #[test]
    fn other_text_is_clean() {
        let secret = Planted::new("it", SECRET);
        assert_eq!(secret.found_in(b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKE"), None);
        assert_eq!(secret.found_in(b""), None);
    }
}
