//! The few ARNs that a profile may hold, and what stsd reads out of them: partition and account.

/// What stands in front of an ARN's resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner<'a> {
    pub(crate) partition: &'a str,
    pub(crate) account: &'a str,
}

/// Whose role it is; nothing if the text is not a role's ARN.
pub(crate) fn role(arn: &str) -> Option<Owner<'_>> {
    let (owner, resource) = iam(arn)?;
    let name = resource.strip_prefix("role/")?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@/-".contains(c);
    (!name.is_empty() && !name.ends_with('/') && name.chars().all(fits)).then_some(owner)
}

/// Whose device it is; nothing if the text is not a device's ARN.
pub(crate) fn mfa_device(arn: &str) -> Option<Owner<'_>> {
    let (owner, resource) = iam(arn)?;
    let name = resource.strip_prefix("mfa/").or_else(|| resource.strip_prefix("u2f/"))?;
    (!name.is_empty() && name.chars().all(|c| c.is_ascii_graphic())).then_some(owner)
}

/// Whether STS might take the text as a `SerialNumber`: a device's ARN, or the number printed on a
/// hardware device (the API reference has `[\w+=/:,.@-]*`, 9 to 256 of them).
pub(crate) fn is_serial_number(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=/:,.@-".contains(c);
    let plain = (9..=256).contains(&text.len()) && text.chars().all(fits);
    plain && (!text.starts_with("arn:") || mfa_device(text).is_some())
}

/// Whether the device is a FIDO key: it has no six-digit codes, and STS takes nothing else.
pub(crate) fn is_fido(serial_number: &str) -> bool {
    mfa_device(serial_number).is_some() && serial_number.contains(":u2f/")
}

/// The region whose STS serves a partition's users where the profile names none.
pub(crate) fn default_region(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    }
}

fn iam(arn: &str) -> Option<(Owner<'_>, &str)> {
    let mut parts = arn.splitn(6, ':');
    let mut next = || parts.next();
    let (scheme, partition, service, region) = (next()?, next()?, next()?, next()?);
    let (account, resource) = (next()?, next()?);
    let fits = scheme == "arn"
        && (partition == "aws" || partition.starts_with("aws-"))
        && partition.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        && service == "iam"
        && region.is_empty()
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some((Owner { partition, account }, resource))
}

#[cfg(test)]
mod tests {
    use super::{is_fido, is_serial_number, mfa_device, role};

    #[test]
    fn reads_partition_and_account_of_roles_and_devices() {
        let owner = role("arn:aws-cn:iam::111122223333:role/path/deploy").unwrap();
        assert_eq!((owner.partition, owner.account), ("aws-cn", "111122223333"));
        let owner = mfa_device("arn:aws:iam::111122223333:mfa/alice").unwrap();
        assert_eq!((owner.partition, owner.account), ("aws", "111122223333"));
    }

    #[test]
    fn refuses_what_is_no_role() {
        for text in [
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:user/alice",
            "arn:aws:iam::1111:role/deploy",
            "arn:aws:sts::111122223333:role/deploy",
            "arn:aws:iam:us-east-1:111122223333:role/deploy",
            "arn:aws:iam::111122223333:role/de ploy",
            "arn:evil:iam::111122223333:role/deploy",
            "deploy",
        ] {
            assert_eq!(role(text), None, "{text}");
        }
    }

    #[test]
    fn knows_serial_numbers_and_fido_keys() {
        assert!(is_serial_number("GAHT12345678"));
        assert!(is_serial_number("arn:aws:iam::111122223333:mfa/alice"));
        assert!(!is_serial_number("alice"));
        assert!(!is_serial_number("arn:aws:iam::111122223333:user/alice"));
        assert!(is_fido("arn:aws:iam::111122223333:u2f/user/alice/key-ABC"));
        assert!(!is_fido("arn:aws:iam::111122223333:mfa/u2f"));
    }
}
