//! The variables that connect a process to stsd, as README.md, "How a profile reaches a tool", has
//! them. Pure: what there is comes in, what is to be set and unset comes out, in a fixed order.

use stsd_protocol::control::Environment;

/// A variable, and its new value; nothing means that it must not be there.
pub(crate) type Variable = (&'static str, Option<String>);

/// What the variables are made of, beside the daemon's answer.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// The process's own, for what must be kept of it.
    pub(crate) no_proxy: Option<String>,
    pub(crate) no_proxy_capitals: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) default_region: Option<String>,
    /// The region that an earlier `stsd env` or `exec` put into the variables, if any did.
    pub(crate) earlier_region: Option<String>,
    /// Leave the user's AWS files alone.
    pub(crate) no_view: bool,
}

/// Everything to set and to unset, each variable once.
pub(crate) fn variables(profile: &Environment, around: &Surroundings) -> Vec<Variable> {
    let uri = profile.credentials_uri.clone();
    // Without an endpoint its token has no business in the environment.
    let token_file = uri.is_some().then(|| profile.authorization_token_file.clone());
    let view = |path: &String| (!around.no_view).then(|| path.clone());
    let name = Some(profile.profile.clone()).filter(|name| !name.is_empty());
    let mut variables = vec![
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token_file),
        ("AWS_CONFIG_FILE", view(&profile.config_view)),
        ("AWS_SHARED_CREDENTIALS_FILE", view(&profile.credentials_view)),
        ("STSD_PROFILE", name),
        ("AWS_SDK_LOAD_CONFIG", Some("1".to_owned())),
        ("AWS_EC2_METADATA_DISABLED", Some("true".to_owned())),
    ];
    for (variable, now) in
        [("AWS_REGION", &around.region), ("AWS_DEFAULT_REGION", &around.default_region)]
    {
        // A region of the user's own stays; one that came with another profile must not.
        let is_left_over = now.is_some() && *now == around.earlier_region;
        if profile.region.is_some() || is_left_over {
            variables.push((variable, profile.region.clone()));
        }
    }
    let capitals = around.no_proxy_capitals.as_ref();
    let small = around.no_proxy.as_ref();
    // Half the tools read one, half the other, so each starts from the other where it is not set.
    variables.push(("NO_PROXY", Some(with_loopback(capitals.or(small)))));
    variables.push(("no_proxy", Some(with_loopback(small.or(capitals)))));
    variables.extend(UNSET.iter().map(|variable| (*variable, None)));
    variables
}

/// The list with 127.0.0.1 and localhost in it: SDKs send even these to a proxy otherwise, with the
/// authorization token in the request.
fn with_loopback(list: Option<&String>) -> String {
    let mut list = list.map_or("", |list| list.trim()).to_owned();
    // A star covers everything, and only while it stands alone.
    if list == "*" {
        return list;
    }
    for host in ["127.0.0.1", "localhost"] {
        if !list.split(',').any(|known| known.trim().eq_ignore_ascii_case(host)) {
            let comma = if list.is_empty() || list.ends_with(',') { "" } else { "," };
            list.push_str(comma);
            list.push_str(host);
        }
    }
    list
}

/// Each of these wins over the endpoint in some SDK; blank instead of unset, some win even so.
const UNSET: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_SESSION_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use stsd_protocol::control::Environment;

    use super::{Surroundings, variables, with_loopback};

    fn prod() -> Environment {
        Environment {
            profile: "prod".into(),
            credentials_uri: Some("http://127.0.0.1:7873/creds/prod".into()),
            authorization_token_file: "/s/authorization-token".into(),
            config_view: "/s/aws/config".into(),
            credentials_view: "/s/aws/credentials".into(),
            region: Some("eu-central-1".into()),
        }
    }

    fn value(profile: &Environment, around: &Surroundings, name: &str) -> Option<Option<String>> {
        variables(profile, around)
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|found| found.1)
    }

    fn set(text: &str) -> Option<Option<String>> {
        Some(Some(text.to_owned()))
    }

    #[test]
    fn no_variable_is_named_twice() {
        let all = variables(&prod(), &Surroundings::default());
        let names: BTreeSet<_> = all.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), all.len());
        assert_eq!(all.len(), 24);
    }

    #[test]
    fn without_an_endpoint_neither_its_address_nor_its_token_stays() {
        let profile = Environment { credentials_uri: None, ..prod() };
        let around = Surroundings::default();
        for name in ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
        {
            assert_eq!(value(&profile, &around, name), Some(None), "{name}");
        }
        assert_eq!(value(&profile, &around, "AWS_CONFIG_FILE"), set("/s/aws/config"));
    }

    #[test]
    fn without_the_view_an_earlier_view_does_not_stay_in_force() {
        let around = Surroundings { no_view: true, ..Surroundings::default() };
        assert_eq!(value(&prod(), &around, "AWS_CONFIG_FILE"), Some(None));
        assert_eq!(value(&prod(), &around, "AWS_SHARED_CREDENTIALS_FILE"), Some(None));
    }

    #[test]
    fn a_region_is_unset_only_if_it_came_with_an_earlier_profile() {
        let regionless = Environment { region: None, ..prod() };
        let around = Surroundings {
            region: Some("us-west-2".into()),
            default_region: Some("ap-south-1".into()),
            earlier_region: Some("us-west-2".into()),
            ..Surroundings::default()
        };
        assert_eq!(value(&regionless, &around, "AWS_REGION"), Some(None));
        assert_eq!(value(&regionless, &around, "AWS_DEFAULT_REGION"), None);
        assert_eq!(value(&regionless, &Surroundings::default(), "AWS_REGION"), None);
        assert_eq!(value(&prod(), &around, "AWS_DEFAULT_REGION"), set("eu-central-1"));
    }

    #[test]
    fn loopback_joins_what_is_excluded_from_the_proxy_already() {
        for (before, after) in [
            ("", "127.0.0.1,localhost"),
            ("corp", "corp,127.0.0.1,localhost"),
            ("corp,", "corp,127.0.0.1,localhost"),
            ("LOCALHOST, corp", "LOCALHOST, corp,127.0.0.1"),
            ("127.0.0.1,localhost", "127.0.0.1,localhost"),
            ("*", "*"),
        ] {
            assert_eq!(with_loopback(Some(&before.to_owned())), after);
        }
    }

    #[test]
    fn either_spelling_of_no_proxy_starts_from_the_other() {
        let around = Surroundings { no_proxy: Some("corp".into()), ..Surroundings::default() };
        for name in ["NO_PROXY", "no_proxy"] {
            assert_eq!(value(&prod(), &around, name), set("corp,127.0.0.1,localhost"));
        }
    }
}
