//! Quoting for a POSIX shell.

/// The value as one word that sh, bash, zsh, dash and ksh all read back as it is.
///
/// Between single quotes nothing has a meaning but the quote itself, so that each quote ends the
/// string, stands escaped, and opens it again.
pub(crate) fn sh(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::sh;

    #[test]
    fn nothing_in_a_value_has_a_meaning() {
        for (value, quoted) in [
            ("", "''"),
            ("prod", "'prod'"),
            ("it's", r"'it'\''s'"),
            ("$(touch x) `y` \"z\" \\", "'$(touch x) `y` \"z\" \\'"),
            ("two\nlines", "'two\nlines'"),
        ] {
            assert_eq!(sh(value), quoted);
        }
    }
}
