//! What stands between `[` and `]`: which kind of section, and its name.

use super::scan::FileKind;

/// The kinds of sections.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Header {
    /// A profile. `prefixed` is `[profile default]`, which puts `[default]` out of force.
    Profile { name: String, prefixed: bool },
    /// `[services NAME]`, `[sso-session NAME]` or `[plugins]`, kept in the view.
    Other { kind: String, name: Option<String> },
    /// Nothing that any SDK reads.
    Ignored(&'static str),
}

/// Understands a header that has its brackets and no comment any more; nothing if it has them not.
pub(super) fn parse_header(line: &str, kind: FileKind) -> Option<Header> {
    let inner = line.strip_prefix('[')?.strip_suffix(']')?.trim();
    Some(match kind {
        FileKind::Config => config_header(inner),
        FileKind::Credentials => credentials_header(inner),
    })
}

fn config_header(inner: &str) -> Header {
    match inner.split_once([' ', '\t']) {
        None if inner == "default" => Header::Profile { name: inner.to_owned(), prefixed: false },
        None if matches!(inner, "plugins" | "preview") => {
            Header::Other { kind: inner.to_owned(), name: None }
        }
        None => Header::Ignored(
            "the section is ignored, here and by the AWS SDKs, because `profile` is missing before the name",
        ),
        Some((kind, suffix)) => match (kind, name(suffix.trim())) {
            ("profile", Some(name)) => Header::Profile { name, prefixed: true },
            ("services" | "sso-session", Some(name)) => {
                Header::Other { kind: kind.to_owned(), name: Some(name) }
            }
            ("profile" | "services" | "sso-session", None) => Header::Ignored(BAD_NAME),
            _ => Header::Ignored(
                "the section is ignored, because the AWS SDKs know none of its kind",
            ),
        },
    }
}

fn credentials_header(inner: &str) -> Header {
    if inner.starts_with("profile ") || inner.starts_with("profile\t") {
        return Header::Ignored(
            "the section is ignored, here and by the AWS SDKs, because in this file `profile` must not stand before the name",
        );
    }
    // AWS CLI writes and reads a name with a blank here without quotes.
    match Some(inner).filter(|name| !name.is_empty() && name.chars().all(plain)) {
        Some(name) => Header::Profile { name: name.to_owned(), prefixed: false },
        None => Header::Ignored(BAD_NAME),
    }
}

/// A name as it is, or in the quotes that AWS CLI writes around one with a blank.
fn name(text: &str) -> Option<String> {
    let quoted = |quote| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let name = match quoted('\'').or_else(|| quoted('"')) {
        Some(name) => Some(name.trim()),
        None => Some(text).filter(|text| !text.contains(char::is_whitespace)),
    };
    name.filter(|name| !name.is_empty() && name.chars().all(plain)).map(str::to_owned)
}

/// Whether a sign can stand in a name that the view repeats in a header.
fn plain(sign: char) -> bool {
    !sign.is_control() && !"[]'\"\\#;".contains(sign)
}

const BAD_NAME: &str =
    "the section is ignored, because its name has a blank or a sign that no SDK reads";
