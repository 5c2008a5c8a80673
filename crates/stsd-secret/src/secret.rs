//! The one type for text that must not be seen: it has no `Display`, its `Debug` says nothing, it
//! is not `Serialize` by itself, and it is wiped when dropped.

use std::fmt;

use serde::{Deserialize, Deserializer, Serializer};
use zeroize::{Zeroize, Zeroizing};

/// A secret access key, session token, token code or authorization token.
///
/// Comparing two of them with `==` is left out on purpose: an authorization token is compared in
/// constant time, and nothing else is compared.
#[derive(Clone)]
pub struct Secret(Zeroizing<Box<str>>);

impl Secret {
    /// Takes the text over; no copy of it stays behind.
    pub fn new(text: impl Into<String>) -> Self {
        let mut text = text.into();
        // `into_boxed_str` may move the text into a smaller block and free the larger one unwiped,
        // so the copy is made here and the original wiped here.
        let exact: Box<str> = text.as_str().into();
        text.zeroize();
        Self(Zeroizing::new(exact))
    }

    /// The text itself. The only reader: a search for `expose()` finds every use.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Writes the text into a message between stsd's own programs or to an authorized caller.
    ///
    /// For `#[serde(serialize_with = "Secret::expose_to_wire")]`: a struct that holds a secret
    /// says at the field that the secret leaves the process.
    ///
    /// # Errors
    /// Only those of the serializer.
    pub fn expose_to_wire<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }

    /// The same for a field that need not be there.
    ///
    /// # Errors
    /// Only those of the serializer.
    pub fn expose_optional_to_wire<S: Serializer>(
        secret: &Option<Self>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match secret {
            Some(secret) => serializer.serialize_some(secret.expose()),
            None => serializer.serialize_none(),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_says_nothing_about_the_text() {
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }

    #[test]
    fn reads_from_json_and_exposes_the_same_text() {
        let secret: Secret = serde_json::from_str("\"123456\"").unwrap();
        assert_eq!(secret.expose(), "123456");
    }
}
