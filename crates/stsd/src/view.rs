//! A look into the view, for when no daemon can be asked: which profiles there are, which of them
//! stsd serves, and which region each has. The daemon wrote the file, so this need not be the SDK's
//! parser.

use stsd_protocol::path_form;

/// A profile in the view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ViewProfile {
    /// As the user wrote it.
    pub(crate) name: String,
    pub(crate) region: Option<String>,
    /// Its credentials come from stsd; the others stay what they are in the user's own file.
    pub(crate) is_served: bool,
}

/// Finds a profile by its name or by its path form.
pub(crate) fn find(view: &str, wanted: &str) -> Option<ViewProfile> {
    let profiles = profiles(view);
    let by_name = profiles.iter().find(|profile| profile.name == wanted);
    by_name.or_else(|| profiles.iter().find(|profile| path_form(&profile.name) == wanted)).cloned()
}

/// The names of all profiles, in the file's order.
pub(crate) fn names(view: &str) -> Vec<String> {
    profiles(view).into_iter().map(|profile| profile.name).collect()
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
                    profiles.push(ViewProfile {
                        name: name.to_owned(),
                        region: None,
                        is_served: false,
                    });
                    profiles.len() - 1
                })
            });
        } else if let (Some(index), Some((key, value))) = (current, setting(line)) {
            let profile = &mut profiles[index];
            match key.as_str() {
                "region" => profile.region = Some(value.to_owned()),
                "credential_process" => profile.is_served |= calls_stsd(value, &profile.name),
                _ => {}
            }
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

/// `key = value`; an indented line belongs to the setting above it.
fn setting(line: &str) -> Option<(String, &str)> {
    let (key, value) = line.split_once('=')?;
    let comment = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| value.find(mark)).min();
    let value = value[..comment.unwrap_or(value.len())].trim();
    let fits = !key.starts_with([' ', '\t']) && !value.is_empty();
    fits.then(|| (key.trim().to_ascii_lowercase(), value))
}

/// Whether a command is the one that the daemon writes for this profile.
fn calls_stsd(command: &str, profile: &str) -> bool {
    match profile {
        "default" => command.ends_with(" credential-process"),
        name => [" credential-process ", " credential-process -- "]
            .iter()
            .any(|words| command.ends_with(&format!("{words}{}", path_form(name)))),
    }
}

#[cfg(test)]
mod tests {
    use super::{ViewProfile, find};

    const VIEW: &str = "\
# written by stsd
[default]
region = eu-central-1
credential_process = /usr/bin/stsd credential-process
[profile prod]
region=us-west-2 ; where it runs
credential_process = \"/opt/my tools/stsd\" credential-process prod
s3 =
  region = nested
[profile \"my prod\"]
Region = ap-south-1
credential_process = stsd credential-process my-prod
[profile 日本]
credential_process = stsd credential-process -- --
[profile plain]
output = json
credential_process = granted credential-process --profile plain
[sso-session corp]
region = eu-west-1
[profilex]
region = eu-west-3
";

    #[test]
    fn finds_profiles_by_name_and_by_path_form() {
        for (wanted, name, region, is_served) in [
            ("default", "default", Some("eu-central-1"), true),
            ("prod", "prod", Some("us-west-2"), true),
            ("my prod", "my prod", Some("ap-south-1"), true),
            ("my-prod", "my prod", Some("ap-south-1"), true),
            ("--", "日本", None, true),
            ("plain", "plain", None, false),
        ] {
            let region = region.map(str::to_owned);
            let wanted_profile = ViewProfile { name: name.to_owned(), region, is_served };
            assert_eq!(find(VIEW, wanted), Some(wanted_profile));
        }
    }

    #[test]
    fn what_is_no_profile_is_not_found() {
        for wanted in ["corp", "x", "", "sso-session corp", "profile prod"] {
            assert_eq!(find(VIEW, wanted), None, "{wanted}");
        }
    }
}
