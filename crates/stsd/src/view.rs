//! A look into the view, for the two times when no daemon can be asked: which profiles there are,
//! and which region each has. The daemon wrote the file, so this need not be the SDK's parser.

use stsd_protocol::path_form;

/// A profile in the view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ViewProfile {
    /// As the user wrote it.
    pub(crate) name: String,
    pub(crate) region: Option<String>,
}

/// Finds a profile by its name or by its path form.
pub(crate) fn find(view: &str, wanted: &str) -> Option<ViewProfile> {
    let profiles = profiles(view);
    let by_name = profiles.iter().find(|profile| profile.name == wanted);
    by_name.or_else(|| profiles.iter().find(|profile| path_form(&profile.name) == wanted)).cloned()
}

fn profiles(view: &str) -> Vec<ViewProfile> {
    let mut profiles: Vec<ViewProfile> = Vec::new();
    // The index of the profile that the line stands under; sections of other kinds have none.
    let mut current = None;
    for line in view.lines() {
        if line.starts_with('[') {
            current = profile_name(line).map(|name| {
                let known = profiles.iter().position(|profile| profile.name == name);
                known.unwrap_or_else(|| {
                    profiles.push(ViewProfile { name: name.to_owned(), region: None });
                    profiles.len() - 1
                })
            });
        } else if let (Some(index), Some(region)) = (current, region(line)) {
            profiles[index].region = Some(region.to_owned());
        }
    }
    profiles
}

/// `[default]`, `[profile NAME]`, and the name with quotes about it.
fn profile_name(line: &str) -> Option<&str> {
    let inner = line.strip_prefix('[')?.split_once(']')?.0.trim();
    if inner == "default" {
        return Some(inner);
    }
    let name = inner.strip_prefix("profile")?;
    let name = name.starts_with([' ', '\t']).then(|| name.trim())?;
    let unquoted = ['"', '\'']
        .iter()
        .find_map(|quote| name.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(name);
    (!unquoted.is_empty()).then_some(unquoted)
}

/// The value of `region = …`; an indented line belongs to the setting above it.
fn region(line: &str) -> Option<&str> {
    let (key, value) = line.split_once('=')?;
    let is_region = !key.starts_with([' ', '\t']) && key.trim().eq_ignore_ascii_case("region");
    let comment = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| value.find(mark)).min();
    let value = value[..comment.unwrap_or(value.len())].trim();
    (is_region && !value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::find;

    const VIEW: &str = "\
# written by stsd
[default]
region = eu-central-1
credential_process = /usr/bin/stsd credential-process
[profile prod]
region=us-west-2 ; where it runs
s3 =
  region = nested
[profile \"my prod\"]
Region = ap-south-1
[profile plain]
output = json
[sso-session corp]
region = eu-west-1
[profilex]
region = eu-west-3
";

    #[test]
    fn finds_profiles_by_name_and_by_path_form() {
        for (wanted, name, region) in [
            ("default", "default", Some("eu-central-1")),
            ("prod", "prod", Some("us-west-2")),
            ("my prod", "my prod", Some("ap-south-1")),
            ("my-prod", "my prod", Some("ap-south-1")),
            ("plain", "plain", None),
        ] {
            let found = find(VIEW, wanted).unwrap();
            assert_eq!((found.name.as_str(), found.region.as_deref()), (name, region));
        }
    }

    #[test]
    fn what_is_no_profile_is_not_found() {
        for wanted in ["corp", "x", "", "sso-session corp", "profile prod"] {
            assert_eq!(find(VIEW, wanted), None, "{wanted}");
        }
    }
}
