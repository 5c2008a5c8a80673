//! The bytes of a file in the journal: as text wherever they are text, so that a person can read the
//! journal, and as numbers elsewhere.

use serde::{Deserialize, Serialize};

/// Some bytes of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub(super) struct Bytes(pub(super) Vec<u8>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Numbers(Vec<u8>),
}

impl From<Written> for Bytes {
    fn from(written: Written) -> Self {
        match written {
            Written::Text(text) => Self(text.into_bytes()),
            Written::Numbers(bytes) => Self(bytes),
        }
    }
}

impl From<Bytes> for Written {
    fn from(bytes: Bytes) -> Self {
        String::from_utf8(bytes.0)
            .map_or_else(|error| Self::Numbers(error.into_bytes()), Self::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::Bytes;

    #[test]
    fn text_and_what_is_no_text_come_back_as_they_were() {
        for bytes in [&b"a\n"[..], b"", b"\xff\0\n", "é\r\n".as_bytes()] {
            let written = serde_json::to_string(&Bytes(bytes.to_vec())).unwrap();
            assert_eq!(serde_json::from_str::<Bytes>(&written).unwrap().0, bytes, "{written}");
        }
    }
}
