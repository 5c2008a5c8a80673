//! Which STS a profile's calls go to: its region, the variant of the region's endpoint (FIPS, dual
//! stack) or an endpoint of its own (`endpoint_url`, or `services`), and its roots.

use std::path::Path;

use stsd_protocol::endpoint_mistake;
use stsd_protocol::gateway::{Problem, Severity, StsTarget};

use super::arn;
use super::set::{Profile, ProfileSet};

/// Whether the text can stand in the host name of an endpoint as a region.
pub(crate) fn is_region(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(fits)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The profile's own region.
pub(crate) fn region(profile: &Profile) -> Option<String> {
    profile.value("region").filter(|region| is_region(region))
}

/// Where the profile's calls go.
pub(crate) fn target(set: &ProfileSet, profile: &Profile, home: Option<&Path>) -> StsTarget {
    let region =
        region(profile).unwrap_or_else(|| arn::default_region(&partition(profile)).to_owned());
    StsTarget {
        region,
        endpoint_url: endpoint_url(set, profile).map(|(_, url)| url),
        ca_bundle: ca_bundle(profile, home),
        use_fips: is_on(profile, "use_fips_endpoint"),
        use_dual_stack: is_on(profile, "use_dualstack_endpoint"),
    }
}

/// The file with the profile's own roots.
pub(crate) fn ca_bundle(profile: &Profile, home: Option<&Path>) -> Option<String> {
    let path = profile.value("ca_bundle")?;
    Some(match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest).to_string_lossy().into_owned(),
        _ => path,
    })
}

fn is_on(profile: &Profile, key: &str) -> bool {
    profile.value(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// What is wrong with the profile's endpoint, and what has no effect on it. `everywhere` is the
/// endpoint of every profile that names none.
pub(crate) fn mistakes(
    set: &ProfileSet,
    profile: &Profile,
    everywhere: Option<&str>,
) -> Vec<Problem> {
    let error = |key: &str, message: &str| profile.problem(Severity::Error, key, message);
    let mut problems = Vec::new();
    if let Some(name) = profile.value("services")
        && !set.has_services(&name)
    {
        problems.push(error("services", "there is no [services …] section of that name"));
    }
    let endpoint = endpoint_url(set, profile);
    if let Some((key, url)) = &endpoint
        && let Some(message) = endpoint_mistake(url)
    {
        problems.push(error(key, message));
    }
    let named = match (endpoint, everywhere) {
        (Some(_), _) => Some("endpoint_url"),
        (None, Some(_)) => Some("sts_endpoint of stsd's configuration"),
        (None, None) => None,
    };
    problems.extend(VARIANTS.iter().filter_map(|variant| variant_mistake(profile, variant, named)));
    problems
}

/// The rules of AWS's endpoints refuse a variant beside an endpoint that is named, and so do the SDKs
/// ("Invalid Configuration: FIPS and custom endpoint are not supported"). A VPC endpoint may well be a
/// FIPS one, so stsd asks what is named, and says so.
fn variant_mistake(profile: &Profile, key: &str, named: Option<&str>) -> Option<Problem> {
    let value = profile.value(key)?;
    if !["true", "false"].iter().any(|known| value.eq_ignore_ascii_case(known)) {
        return Some(profile.problem(Severity::Error, key, "it is neither true nor false"));
    }
    let named = named.filter(|_| is_on(profile, key))?;
    let message = format!(
        "it has no effect on stsd's own calls, because {named} goes before it; the AWS SDKs refuse the two together"
    );
    Some(profile.problem(Severity::Notice, key, message))
}

const VARIANTS: &[&str] = &["use_fips_endpoint", "use_dualstack_endpoint"];

/// The endpoint and the key that brings it. That of the service goes before that of the profile, as
/// AWS's guide has it ("Service-specific endpoints").
fn endpoint_url(set: &ProfileSet, profile: &Profile) -> Option<(&'static str, String)> {
    if is_on(profile, "ignore_configured_endpoint_urls") {
        return None;
    }
    let of_sts = profile.value("services").and_then(|name| set.sts_of_services(&name));
    match of_sts {
        Some(url) => Some(("services", url.to_owned())),
        None => profile.value("endpoint_url").map(|url| ("endpoint_url", url)),
    }
}

/// The partition of the profile's role, else of its device.
fn partition(profile: &Profile) -> String {
    let role = profile.value("role_arn");
    let device = profile.value("mfa_serial");
    let of_role = role.as_deref().and_then(arn::role);
    let of_device = || device.as_deref().and_then(arn::mfa_device);
    of_role.or_else(of_device).map_or("aws", |owner| owner.partition).to_owned()
}
