//! What the serial number of an MFA device tells by itself: whose it is, and whether STS takes codes
//! of such a device at all.

/// Why STS takes no codes of this device; nothing if it may.
///
/// GetSessionToken has no field for the answer of a security key.
pub fn fido_mistake(serial: &str) -> Option<String> {
    let fido = serial.contains(":u2f/");
    fido.then(|| format!("{serial} is a FIDO device, and STS takes no security keys"))
}

/// What to do instead.
pub const FIDO_HINT: &str = "add a virtual device to the user, or use `aws login`";

/// Whether the text can be a serial number: the API reference of GetSessionToken has
/// `[\w+=/:,.@-]*`, 9 to 256 of them.
pub fn is_serial_number(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=/:,.@-".contains(c);
    (9..=256).contains(&text.len()) && text.chars().all(fits)
}

/// The account in `arn:aws:iam::111122223333:mfa/alice`.
pub fn account_of_arn(arn: &str) -> Option<String> {
    let account = arn.split(':').nth(4)?;
    let fits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| account.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{account_of_arn, fido_mistake, is_serial_number};

    #[test]
    fn a_serial_number_is_an_arn_or_what_is_printed_on_a_device() {
        for (text, fits) in [
            ("arn:aws:iam::111122223333:mfa/alice", true),
            ("GAHT12345678", true),
            ("12345678", false),
            ("arn:aws:iam::111122223333:mfa/alice and more", false),
            ("", false),
        ] {
            assert_eq!(is_serial_number(text), fits, "{text}");
        }
    }

    #[test]
    fn only_an_arn_names_an_account_and_only_u2f_is_a_security_key() {
        let virtual_device = "arn:aws:iam::111122223333:mfa/u2f";
        assert_eq!(account_of_arn(virtual_device).as_deref(), Some("111122223333"));
        assert_eq!(account_of_arn("GAHT12345678"), None);
        assert_eq!(fido_mistake(virtual_device), None);
        let key = "arn:aws:iam::111122223333:u2f/user/alice/key-ABC";
        assert!(fido_mistake(key).is_some_and(|mistake| mistake.contains("no security keys")));
    }
}
