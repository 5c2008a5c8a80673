//! What authorization tokens are called.

use stsd_protocol::{Refusal, RefusalCode, path_form};

use super::grant::OWN;

/// The name of the token for the commands that `stsd exec` starts for a profile.
pub(super) fn of_exec(profile: &str) -> String {
    format!("{EXEC}{}", path_form(profile))
}

/// The path form of the profile whose commands have the token of this name.
pub(super) fn exec_profile(name: &str) -> Option<&str> {
    name.strip_prefix(EXEC)
}

/// Checks a name that the user chose: letters, digits, `.`, `_` and `-`, as a shell and a log take
/// them, and none that stsd gives.
pub(super) fn check(name: &str) -> Result<(), Refusal> {
    let refuse = |message: String| {
        Err(Refusal::new(RefusalCode::BadRequest, message)
            .with_hint("choose letters, digits, `.`, `_` and `-`, 64 at most"))
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() || name.len() > LONGEST || !name.bytes().all(plain) || name.starts_with('-')
    {
        return refuse("this is no name for an authorization token".to_owned());
    }
    if name == OWN || exec_profile(name).is_some() {
        return refuse(format!("stsd itself gives the name {name}"));
    }
    Ok(())
}

/// A name after the first profile, and a number where that is taken.
pub(super) fn invent(profile: Option<&str>, taken: impl Fn(&str) -> bool) -> String {
    let form = profile.map_or_else(|| "all".to_owned(), path_form);
    let stem: String = form.chars().take(LONGEST - 5).collect();
    let stem = if check(&stem).is_ok() { stem } else { "token".to_owned() };
    let numbered = (2_u32..).map(|number| format!("{stem}-{number}"));
    std::iter::once(stem.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(stem)
}

const EXEC: &str = "exec-";
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::{check, invent, of_exec};

    #[test]
    fn a_name_is_plain_and_none_of_stsds_own() {
        let long = "a".repeat(64);
        for name in ["ci", "Build_1.x-y", long.as_str(), "exec", "owner"] {
            assert!(check(name).is_ok(), "{name}");
        }
        let longer = "a".repeat(65);
        for name in ["", "a b", "a\n", "ü", "-p", "own", "exec-prod", "exec-", longer.as_str()] {
            assert!(check(name).is_err(), "{name}");
        }
    }

    #[test]
    fn an_invented_name_is_free_and_passes_the_check() {
        let taken = ["prod", "prod-2"];
        for (profile, name) in [
            (Some("prod"), "prod-3"),
            (Some("my prod"), "my-prod"),
            (None, "all"),
            (Some("own"), "token"),
            (Some("exec-x"), "token"),
            (Some("日本"), "token"),
        ] {
            let invented = invent(profile, |name| taken.contains(&name));
            assert_eq!(invented, name);
            assert!(check(&invented).is_ok());
        }
        assert_eq!(of_exec("my prod"), "exec-my-prod");
    }

    #[test]
    fn a_name_after_a_long_profile_leaves_room_for_its_number() {
        let profile = "a".repeat(100);
        let first = invent(Some(&profile), |_| false);
        let second = invent(Some(&profile), |name| name == first);
        assert_eq!(first, "a".repeat(59));
        assert_eq!(second, format!("{first}-2"));
        assert!(check(&first).is_ok() && check(&second).is_ok());
    }
}
