//! What no other finding explains: a tool that does not take stsd's credentials.

use super::connection::families;
use super::typed;
use crate::chains::{Source, Tool};
use crate::commands::doctor::facts::{Facts, Known};
use crate::commands::doctor::finding::{Finding, Severity};

pub(super) fn findings(facts: &Facts, found: &[Finding]) -> Vec<Finding> {
    let explained = found.iter().any(|finding| finding.severity == Severity::Error);
    if explained {
        return vec![];
    }
    let elsewhere = |known: &&Known| !known.verdict.source.is_stsd();
    let mut others: Vec<&Known> = facts.tools.iter().filter(elsewhere).collect();
    if others.iter().all(|known| is_own_way(facts, known)) {
        return vec![];
    }
    others.retain(|known| !is_own_way(facts, known));
    let Some(first) = others.first() else { return vec![] };
    let same: Vec<Tool> = others
        .iter()
        .filter(|known| known.verdict.source == first.verdict.source)
        .map(|known| known.tool)
        .collect();
    let tools = families(same.into_iter());
    let reason = format!("{tools} get no credentials of stsd's: {}", first.verdict.reason);
    vec![Finding::error("ToolElsewhere", reason, typed::connect(&facts.shell))]
}

/// A profile that a person names, and that stsd leaves to the tool.
fn is_own_way(facts: &Facts, known: &Known) -> bool {
    let named = known.tool.named(&facts.shell);
    let own = matches!(
        known.verdict.source,
        Source::Sso | Source::Login | Source::WebIdentity | Source::Process | Source::AssumeRole
    );
    named.is_some() && own && facts.names_view()
}
