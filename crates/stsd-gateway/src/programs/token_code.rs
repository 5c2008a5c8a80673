//! The output of an `mfa_process`: aws-vault's key, and so its form, a code and nothing else.

use stsd_secret::Secret;

/// The six digits; nothing if there is more or less than that and white space around it.
pub(super) fn read(output: &[u8]) -> Option<Secret> {
    let code = output.trim_ascii();
    let fits = code.len() == 6 && code.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(code).ok().filter(|_| fits).map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn six_digits_are_a_code_and_nothing_else_is() {
        assert_eq!(read(b" 123456\r\n").unwrap().expose(), "123456");
        for other in ["", "12345", "1234567", "12345a", "123 456", "123456\n123456", "code 123456"]
        {
            assert!(read(other.as_bytes()).is_none(), "{other}");
        }
    }
}
