//! What may be shown of a program's standard error. It goes into answers and into the log, where no
//! secret may be; the AWS SDKs show all of it, on a terminal.

/// The first line, behind a colon; nothing if there is none. Cut to 200 bytes of text, without what
/// looks like a secret access key, a session token or a token code. A password has no looks: who
/// writes one to its standard error shows it, here as with the SDKs.
pub(super) fn shown(words: &[u8]) -> String {
    let text = String::from_utf8_lossy(words);
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    // Before the secrets are looked for: UTF-16 has a NUL between any two digits.
    let first: String = first.chars().filter(|sign| !sign.is_control()).collect();
    let mut line = without_secrets(&first);
    line.truncate(line.floor_char_boundary(LONGEST));
    if line.is_empty() { line } else { format!(": {line}") }
}

/// The text with `…` for each run of signs that may be a secret.
fn without_secrets(text: &str) -> String {
    let mut shown = String::new();
    let mut run = String::new();
    for sign in text.chars().map(Some).chain([None]) {
        match sign {
            Some(sign) if sign.is_ascii_alphanumeric() || "+/=_-".contains(sign) => run.push(sign),
            other => {
                shown.push_str(if may_be_a_secret(&run) { "\u{2026}" } else { &run });
                shown.extend(other);
                run.clear();
            }
        }
    }
    shown
}

/// A token code has six digits, a secret access key 40 signs of base64, a session token hundreds. A
/// path has no digit between large and small letters as a rule; where it has, it is hidden too.
fn may_be_a_secret(run: &str) -> bool {
    let has = |kind: fn(&char) -> bool| run.chars().any(|sign| kind(&sign));
    let mixed =
        has(char::is_ascii_digit) && has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase);
    // Whatever else stands in the run, as in `otp=123456`.
    let code = run.split(|sign: char| !sign.is_ascii_digit()).any(|digits| digits.len() == 6);
    code || run.len() >= 100 || run.len() >= 24 && mixed
}

const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn the_first_line_is_shown_on_one_line_and_cut() {
        assert_eq!(shown(b"\n  \nUnable to log in\nsecond\n"), ": Unable to log in");
        assert_eq!(shown(b"\x1b[31mred\x07 \xff"), ": [31mred \u{fffd}");
        assert_eq!(
            shown(b"sh: 1: /opt/company/tools/credentials: not found"),
            ": sh: 1: /opt/company/tools/credentials: not found"
        );
        assert_eq!(shown("\u{e9} ".repeat(200).as_bytes()).len(), 2 + 200);
        assert_eq!(shown(b""), "");
    }

    #[test]
    fn what_looks_like_a_secret_is_not() {
        for secret in [
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "123456",
            "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
            &"a".repeat(300),
            "code=123456",
            "otp/123456_",
        ] {
            let line = format!("token \"{secret}\", was refused (account 111122223333)");
            let says = shown(line.as_bytes());
            assert_eq!(says, ": token \"\u{2026}\", was refused (account 111122223333)");
        }
        let split = b"\xff\xfe1\x002\x003\x004\x005\x006\x00, 12\x073456 and 123\xc2\x85456";
        assert_eq!(shown(split), ": \u{fffd}\u{fffd}\u{2026}, \u{2026} and \u{2026}");
        let cut = format!("{} wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "x ".repeat(95));
        assert!(!shown(cut.as_bytes()).contains("wJal"));
    }
}
