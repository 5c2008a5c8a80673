//! The form of a profile's name in a path: unreserved characters only, because some SDKs re-encode
//! everything else.

/// A profile's name as it stands in `/creds/NAME` and in the view's commands: letters, digits, `.`,
/// `_` and `-` stay, any other character becomes `-`.
///
/// Two names of one configuration may share a form; the gateway's plan reports that as a mistake.
pub fn path_form(profile: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let form: String = profile.chars().map(|c| if keep(c) { c } else { '-' }).collect();
    // A path segment of dots alone is a step in the tree, and clients resolve it away.
    if form.chars().all(|c| c == '.') { "-".repeat(form.len()) } else { form }
}

#[cfg(test)]
mod tests {
    use super::path_form;

    #[test]
    fn keeps_unreserved_characters_and_replaces_the_rest() {
        for (profile, form) in [
            ("prod", "prod"),
            ("Team_1.eu-west", "Team_1.eu-west"),
            ("my prod", "my-prod"),
            ("a/b@c%20", "a-b-c-20"),
            ("日本", "--"),
            ("..", "--"),
        ] {
            assert_eq!(path_form(profile), form);
        }
    }
}
