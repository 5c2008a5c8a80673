//! The variables that connect a process to stsd, as README.md, "How a profile reaches a tool", has
//! them. Pure: what there is comes in, what is to be set and unset comes out, in a fixed order.

use stsd_protocol::control::{Environment, ProcessCredentials};

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
    /// What the two were before stsd came.
    pub(crate) region_before: Option<String>,
    pub(crate) default_region_before: Option<String>,
    /// Leave the user's AWS files alone.
    pub(crate) no_view: bool,
}

/// Everything to set and to unset, each variable once.
pub(crate) fn variables(profile: &Environment, around: &Surroundings) -> Vec<Variable> {
    let uri = profile.credentials_uri.clone();
    // Without an endpoint its token has no business in the environment.
    let token_file = uri.is_some().then(|| profile.authorization_token_file.clone());
    let view = |path: &String| (!around.no_view).then(|| path.clone());
    let mut variables = vec![
        (CREDENTIALS_URI, uri),
        (AUTHORIZATION_TOKEN_FILE, token_file),
        ("AWS_CONFIG_FILE", view(&profile.config_view)),
        ("AWS_SHARED_CREDENTIALS_FILE", view(&profile.credentials_view)),
        ("STSD_PROFILE", name(profile)),
        ("AWS_SDK_LOAD_CONFIG", Some("1".to_owned())),
        ("AWS_EC2_METADATA_DISABLED", Some("true".to_owned())),
    ];
    variables.extend(regions(profile, around));
    let capitals = around.no_proxy_capitals.as_ref();
    let small = around.no_proxy.as_ref();
    // Half the tools read one, half the other, so each starts from the other where it is not set.
    variables.push(("NO_PROXY", Some(with_loopback(capitals.or(small)))));
    variables.push(("no_proxy", Some(with_loopback(small.or(capitals)))));
    variables.extend(UNSET.iter().map(|variable| (*variable, None)));
    variables
}

/// The credentials themselves, and nothing of what leads to the endpoint. What the AWS files are
/// stays as it was: keys in variables win over them.
pub(crate) fn static_variables(
    profile: &Environment,
    credentials: &ProcessCredentials,
    around: &Surroundings,
) -> Vec<Variable> {
    let end = credentials.expiration.to_string();
    let mut variables = vec![
        ("AWS_ACCESS_KEY_ID", Some(credentials.access_key_id.clone())),
        ("AWS_SECRET_ACCESS_KEY", Some(credentials.secret_access_key.expose().to_owned())),
        ("AWS_SESSION_TOKEN", Some(credentials.session_token.expose().to_owned())),
        // The AWS CLI's name for it, and the one of other tools.
        ("AWS_CREDENTIAL_EXPIRATION", Some(end.clone())),
        ("AWS_SESSION_EXPIRATION", Some(end)),
        ("STSD_PROFILE", name(profile)),
        (CREDENTIALS_URI, None),
        (AUTHORIZATION_TOKEN_FILE, None),
    ];
    variables.extend(regions(profile, around));
    let set = variables.len();
    for variable in UNSET {
        if !variables[..set].iter().any(|(known, _)| known == variable) {
            variables.push((*variable, None));
        }
    }
    variables
}

/// Every variable that is set or unset by any of these.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SET.iter().chain(UNSET).copied()
}

/// The profile's part of an address that stsd publishes, empty for the default's; nothing for any
/// other address.
pub(crate) fn endpoint_path(uri: &str) -> Option<&str> {
    let path = uri
        .strip_prefix("http://127.0.0.1:")?
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .strip_prefix("/creds")?;
    if path.is_empty() { Some(path) } else { path.strip_prefix('/') }
}

/// The list without what [`variables`] put at its end; nothing where that was all.
pub(crate) fn without_loopback(list: &str) -> Option<&str> {
    let rest = list.strip_suffix("127.0.0.1,localhost").unwrap_or(list);
    let rest = rest.strip_suffix(',').unwrap_or(rest);
    (!rest.is_empty()).then_some(rest)
}

fn name(profile: &Environment) -> Option<String> {
    Some(profile.profile.clone()).filter(|name| !name.is_empty())
}

/// A region of the user's own stays; one that came with another profile must not.
fn regions(profile: &Environment, around: &Surroundings) -> Vec<Variable> {
    [
        ("AWS_REGION", &around.region, &around.region_before),
        ("AWS_DEFAULT_REGION", &around.default_region, &around.default_region_before),
    ]
    .into_iter()
    .filter_map(|(variable, now, before)| {
        let is_left_over = now.is_some() && *now == around.earlier_region;
        let region = profile.region.as_ref();
        let brings = region.is_some() || is_left_over;
        brings.then(|| (variable, region.or(before.as_ref()).cloned()))
    })
    .collect()
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

const CREDENTIALS_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const AUTHORIZATION_TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

const SET: &[&str] = &[
    CREDENTIALS_URI,
    AUTHORIZATION_TOKEN_FILE,
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "STSD_PROFILE",
    "AWS_SDK_LOAD_CONFIG",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "NO_PROXY",
    "no_proxy",
];

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
mod tests;
