//! What a shell's variables were before stsd changed them, kept in the shell itself, in
//! `STSD_BEFORE`, so that `env --undo` needs no file and no daemon. Secrets are not copied into it:
//! of those only the name is kept, to say that they are gone.

use std::ffi::OsString;

use crate::environment::{self, Variable};

/// The variable that holds the record.
pub(crate) const RECORD: &str = "STSD_BEFORE";

/// The variables that were there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Before {
    kept: Vec<(&'static str, String)>,
    /// Secrets, and values that are no text.
    lost: Vec<&'static str>,
}

impl Before {
    /// Of a shell that was not changed yet.
    pub(crate) fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let mut before = Self::default();
        for name in environment::names() {
            let Some(value) = variable(name) else { continue };
            match value.into_string() {
                Ok(value) if !SECRET.contains(&name) => before.kept.push((name, value)),
                _ => before.lost.push(name),
            }
        }
        before
    }

    /// Reads a record. Names that are not ours are left out: what stands in the environment decides
    /// nothing beyond them.
    pub(crate) fn parse(record: &str) -> Option<Self> {
        let mut before = Self::default();
        let mut items = record.split(',');
        items.next().filter(|version| *version == VERSION)?;
        for item in items {
            let (name, value) = match item.split_once('=') {
                Some((name, value)) => (name, Some(decoded(value)?)),
                None => (item, None),
            };
            let Some(name) = environment::names().find(|known| *known == name) else { continue };
            match value {
                Some(value) => before.kept.push((name, value)),
                None => before.lost.push(name),
            }
        }
        Some(before)
    }

    /// The record, of characters that have no meaning in any shell and that cmd can be told.
    pub(crate) fn record(&self) -> String {
        let kept = self.kept.iter().map(|(name, value)| format!(",{name}={}", encoded(value)));
        let lost = self.lost.iter().map(|name| format!(",{name}"));
        std::iter::once(VERSION.to_owned()).chain(kept).chain(lost).collect()
    }

    /// What the variable was, where that is known.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.kept.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// What was there and cannot be brought back.
    pub(crate) fn lost(&self) -> &[&'static str] {
        &self.lost
    }

    /// Everything as it was.
    pub(crate) fn variables(&self) -> Vec<Variable> {
        environment::names()
            .map(|name| (name, self.value(name).map(str::to_owned)))
            .chain([(RECORD, None)])
            .collect()
    }
}

fn encoded(value: &str) -> String {
    let stands_for_itself = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@+".contains(&byte);
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            byte if stands_for_itself(byte) => text.push(char::from(byte)),
            byte => text.push_str(&format!("~{byte:02X}")),
        }
    }
    text
}

fn decoded(text: &str) -> Option<String> {
    let (first, rest) = text.split_once('~').unwrap_or((text, ""));
    let mut bytes = first.as_bytes().to_vec();
    if first.len() < text.len() {
        for part in rest.split('~') {
            let (hex, plain) = part.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            bytes.extend(plain.as_bytes());
        }
    }
    String::from_utf8(bytes).ok()
}

/// Of the record's form.
const VERSION: &str = "1";

/// A key id is none, but without its secret it only breaks tools; the same goes for expirations.
const SECRET: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_SESSION_EXPIRATION",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    use super::{Before, RECORD};
    use crate::quote;

    fn shell(variables: &[(&str, &[u8])]) -> Before {
        Before::of(|name| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(OsString::from_vec(found.1.to_vec()))
        })
    }

    #[test]
    fn a_record_brings_every_value_back_and_every_shell_can_hold_it() {
        for value in ["", "dev", "a=b,c~d%e!\"'\\`$(x)\n\t", "日本", "~~7E"] {
            let before = shell(&[("AWS_PROFILE", value.as_bytes()), ("NO_PROXY", b"corp")]);
            let record = before.record();
            assert_eq!(quote::cmd(&record), Some(record.as_str()));
            assert!(!record.contains([' ', '\'', '\\', '$', '\n']), "{record}");
            assert_eq!(Before::parse(&record), Some(before));
        }
    }

    #[test]
    fn of_a_secret_and_of_what_is_no_text_only_the_name_is_kept() {
        let before = shell(&[
            ("AWS_SECRET_ACCESS_KEY", b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            ("AWS_CONFIG_FILE", b"/home/\xff"),
        ]);
        assert_eq!(before.record(), "1,AWS_CONFIG_FILE,AWS_SECRET_ACCESS_KEY");
        let again = Before::parse(&before.record()).unwrap();
        assert_eq!(again.lost(), ["AWS_CONFIG_FILE", "AWS_SECRET_ACCESS_KEY"]);
    }

    #[test]
    fn a_record_reaches_no_variable_that_is_not_ours() {
        let before = Before::parse("1,PATH=/evil,LD_PRELOAD=x,AWS_PROFILE=dev").unwrap();
        let set: Vec<_> = before.variables().into_iter().filter(|(_, v)| v.is_some()).collect();
        assert_eq!(set, [("AWS_PROFILE", Some("dev".to_owned()))]);
        assert_eq!(before.variables().last(), Some(&(RECORD, None)));
    }

    #[test]
    fn what_is_no_record_is_not_taken_for_one() {
        for text in [
            "",
            "2",
            "AWS_PROFILE=dev",
            "1,AWS_PROFILE=~",
            "1,AWS_PROFILE=~Gé",
            "1,AWS_PROFILE=~FF",
        ] {
            assert_eq!(Before::parse(text), None, "{text}");
        }
    }
}
