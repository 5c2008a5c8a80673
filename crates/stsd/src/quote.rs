//! Quoting, shell by shell: a value comes out as one word that the shell reads back as it was, and
//! nothing in it has a meaning. Names of variables are ours and need none of it.

/// For sh, bash, zsh, dash and ksh.
///
/// Between single quotes nothing has a meaning but the quote itself, so that each quote ends the
/// string, stands escaped, and opens it again.
pub(crate) fn sh(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// For fish, whose single quotes know two escapes, `\\` and `\'`.
///
/// A newline stands outside of them, escaped: `eval (stsd env --format fish)` would split there.
pub(crate) fn fish(value: &str) -> String {
    let escaped = value.replace('\\', r"\\").replace('\'', r"\'");
    format!("'{}'", escaped.replace('\n', r"'\n'"))
}

/// For PowerShell, which takes four typographic quotes for a single quote, and any two of them in a
/// string for one.
///
/// The ends of lines stand outside, by number: PowerShell cuts a program's output there, and
/// `stsd env … | Invoke-Expression` evaluates each line by itself.
pub(crate) fn powershell(value: &str) -> String {
    let mut quoted = String::from("'");
    for character in value.chars() {
        match character {
            '\n' | '\r' => quoted.push_str(&format!("' + [char]{} + '", u32::from(character))),
            '\'' | '\u{2018}'..='\u{201b}' => quoted.extend([character, character]),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// For cmd, as `set "NAME=value"` holds it; nothing where cmd has no way to say it.
///
/// `%` is read before quotes are, and what stands for it differs between a batch file and a prompt; so
/// does `!` where delayed expansion is on. A quote ends the string, and a line its command.
pub(crate) fn cmd(value: &str) -> Option<&str> {
    let cannot_stand = |c: char| matches!(c, '%' | '!' | '"') || (c.is_control() && c != '\t');
    (!value.contains(cannot_stand)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::{cmd, fish, powershell, sh};

    #[test]
    fn nothing_in_a_value_has_a_meaning_for_sh() {
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

    #[test]
    fn nothing_in_a_value_has_a_meaning_for_fish() {
        for (value, quoted) in [
            ("", "''"),
            ("it's", r"'it\'s'"),
            (r"a\", r"'a\\'"),
            (r"\'", r"'\\\''"),
            ("$(touch x) (y) {a,b} ~ *", "'$(touch x) (y) {a,b} ~ *'"),
            ("two\nlines", r"'two'\n'lines'"),
            ("日本", "'日本'"),
        ] {
            assert_eq!(fish(value), quoted);
        }
    }

    /// Read back as PowerShell's tokenizer reads a verbatim string: a quote of any kind ends it, and
    /// two next to each other stand for the second.
    fn powershell_reads(quoted: &str) -> String {
        let is_quote =
            |c: &char| matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}');
        let mut rest = quoted.chars().peekable();
        let mut value = String::new();
        loop {
            assert_eq!(rest.next(), Some('\''), "{quoted}");
            while let Some(character) = rest.next() {
                if !is_quote(&character) {
                    value.push(character);
                } else if let Some(second) = rest.next_if(|next| is_quote(next)) {
                    value.push(second);
                } else {
                    break;
                }
            }
            let between: String = rest.by_ref().take_while(|c| *c != ']').collect();
            if between.is_empty() {
                return value;
            }
            assert_eq!(between, " + [char", "{quoted}");
            let number: String = rest.by_ref().take_while(|c| *c != ' ').collect();
            value.push(char::from_u32(number.parse().unwrap()).unwrap());
            assert!(rest.by_ref().take(2).eq(['+', ' ']), "{quoted}");
        }
    }

    #[test]
    fn nothing_in_a_value_has_a_meaning_for_powershell() {
        for (value, quoted) in [
            ("", "''"),
            ("it's", "'it''s'"),
            ("‘a’‚b‛", "'‘‘a’’‚‚b‛‛'"),
            ("'’", "'''’’'"),
            ("$(touch x) `y` \"z\" $Env:PATH; x", "'$(touch x) `y` \"z\" $Env:PATH; x'"),
            ("two\r\nlines", "'two' + [char]13 + '' + [char]10 + 'lines'"),
        ] {
            assert_eq!(powershell(value), quoted);
            assert_eq!(powershell_reads(quoted), value);
        }
    }

    #[test]
    fn what_cmd_cannot_say_is_not_said() {
        for value in ["prod", "C:\\Program Files (x86)\\a&b|c<d>e^f", "it's", "日本", ""] {
            assert_eq!(cmd(value), Some(value));
        }
        for value in ["100%", "%PATH%", "wow!", "a\"b", "two\nlines", "a\rb", "end\u{1a}"] {
            assert_eq!(cmd(value), None, "{value:?}");
        }
    }
}
