//! A secret access key, a session token or an MFA seed: a string that cannot be printed by accident.
//!
//! The emulator's secrets open nothing, yet the tests that look for leaks plant them, so an emulator
//! that printed them would be a leak of its own.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A string with one reader and a redacted `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself: the only way to it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_it() {
        assert_eq!(format!("{:?}", Secret::from("wJalrEXAMPLE".to_owned())), "Secret(..)");
    }
}
