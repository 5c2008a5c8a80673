//! Whether the shell is connected at all, and which files go before stsd in one that is.

use super::typed;
use crate::chains::{Source, Tool};
use crate::commands::doctor::facts::{Facts, Known};
use crate::commands::doctor::finding::Finding;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let asks = facts.tools.iter().any(|known| known.verdict.source.is_stsd());
    if !facts.is_connected() && !asks {
        return vec![Finding::error(
            "NotConnected",
            format!("this shell is not connected to stsd: {}", instead(facts)),
            typed::connect(&facts.shell),
        )];
    }
    let shadowed: Vec<&Known> = facts.tools.iter().filter(|known| is_shadowed(known)).collect();
    match shadowed.first() {
        Some(first) => vec![shadow(facts, first, &shadowed)],
        None => vec![],
    }
}

fn instead(facts: &Facts) -> String {
    let sources: Vec<_> = facts.tools.iter().map(|known| known.verdict.source).collect();
    match sources.first() {
        Some(Source::InstanceMetadata | Source::None | Source::Error) | None => {
            "tools find no credentials".to_owned()
        }
        Some(first) if sources.iter().all(|source| source == first) => {
            format!("tools take {}", first.name())
        }
        Some(_) => "tools take what they find elsewhere".to_owned(),
    }
}

/// A profile's own way, that nobody asked for by its name, in stsd's place.
fn is_shadowed(known: &Known) -> bool {
    let by_profile = match known.verdict.source {
        Source::SharedCredentials
        | Source::ConfigKeys
        | Source::AssumeRole
        | Source::Process
        | Source::Sso
        | Source::Login => true,
        // Without a profile it is that of the variables, which have a finding of their own.
        Source::WebIdentity => known.verdict.profile.is_some(),
        _ => false,
    };
    by_profile && known.verdict.shadows.iter().any(|shadow| shadow.starts_with("stsd"))
}

fn shadow(facts: &Facts, first: &Known, all: &[&Known]) -> Finding {
    let tools = families(all.iter().map(|known| known.tool));
    let reason = format!("{}, which goes before stsd in {tools}", first.verdict.reason);
    let is_view = facts.view.as_ref().is_some_and(|view| view.is_named);
    if is_view && first.verdict.source == Source::SharedCredentials {
        let reason = format!("AWS_SHARED_CREDENTIALS_FILE is not stsd's: {reason}");
        return Finding::error("CredentialsFileShadows", reason, typed::connect(&facts.shell));
    }
    if is_view || facts.shell.asked.is_some() {
        return Finding::warning("OwnWay", reason, typed::STATUS);
    }
    let reason = format!("AWS_CONFIG_FILE is not stsd's view: {reason}");
    Finding::error("ProfileShadows", reason, typed::connect(&facts.shell))
}

/// The families as a sentence lists them.
pub(super) fn families(tools: impl Iterator<Item = Tool>) -> String {
    let names: Vec<_> = tools.map(Tool::name).collect();
    match names.as_slice() {
        all if all.len() == Tool::ALL.len() => "every tool".to_owned(),
        [] => "no tool".to_owned(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
