//! The comparison of what a request carries with every authorization token that there is, in a time
//! that tells nothing about any of them.

use stsd_secret::Secret;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// The value of an `Authorization` header without `Bearer ` in front: the SDKs send what the file
/// holds, people who use curl write `Bearer`.
pub(super) fn presented(header: &[u8]) -> &[u8] {
    match header.split_at_checked(SCHEME.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => rest,
        _ => header,
    }
}

/// Which of the tokens this is.
///
/// Each is compared, also after one has matched. The time tells how many there are and how long
/// they are, which is no secret.
pub(super) fn position<'a>(
    given: &[u8],
    tokens: impl Iterator<Item = &'a Secret>,
) -> Option<usize> {
    let mut found = Choice::from(0);
    let mut position = 0_u64;
    for (place, token) in (0_u64..).zip(tokens) {
        let expected = token.expose().as_bytes();
        // An empty token file must not open the door to an empty header.
        let matches = expected.ct_eq(given) & Choice::from(u8::from(!expected.is_empty()));
        position.conditional_assign(&place, matches);
        found |= matches;
    }
    bool::from(found).then_some(position).and_then(|position| usize::try_from(position).ok())
}

const SCHEME: &[u8] = b"Bearer ";

#[cfg(test)]
mod tests {
    use stsd_secret::Secret;

    use super::{position, presented};

    #[test]
    fn only_the_whole_authorization_token_opens() {
        let tokens = [Secret::new("fake-authorization_token")];
        for (header, opens) in [
            ("fake-authorization_token", true),
            ("Bearer fake-authorization_token", true),
            ("bearer fake-authorization_token", true),
            ("Bearer  fake-authorization_token", false),
            ("Basic fake-authorization_token", false),
            ("fake-authorization_toke", false),
            ("fake-authorization_token2", false),
            ("FAKE-AUTHORIZATION_TOKEN", false),
            ("Bearer ", false),
            ("Bearer", false),
            ("", false),
        ] {
            let found = position(presented(header.as_bytes()), tokens.iter());
            assert_eq!(found.is_some(), opens, "{header:?}");
        }
    }

    #[test]
    fn every_place_is_found_and_an_empty_authorization_token_opens_nothing() {
        let tokens = ["one", "", "two", "three"].map(Secret::new);
        for (given, place) in
            [("one", Some(0)), ("two", Some(2)), ("three", Some(3)), ("", None), ("four", None)]
        {
            assert_eq!(position(given.as_bytes(), tokens.iter()), place, "{given}");
        }
        assert_eq!(position(b"one", [].iter()), None);
    }
}
