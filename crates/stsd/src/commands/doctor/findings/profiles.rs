//! The profile that the shell names, by three variables.

use super::connection::families;
use super::typed;
use crate::chains::{Source, Tool};
use crate::commands::doctor::facts::{Facts, Known};
use crate::commands::doctor::finding::Finding;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    if facts.shell.asked.is_none() {
        found.extend(VARIABLES.iter().filter_map(|variable| of_variable(facts, variable)));
        found.extend(differing(facts));
    }
    found.extend(asked(facts));
    found.extend(split(facts));
    found.extend(of_stsd(facts));
    found
}

fn of_variable(facts: &Facts, variable: &str) -> Option<Finding> {
    let shell = &facts.shell;
    let name = shell.variable(variable)?;
    let unset = typed::unset(shell, [variable]);
    if name.is_empty() {
        let reason =
            format!("{variable} is set to nothing, which boto3 and AWS CLI take for a name");
        return Some(Finding::error("BlankProfile", reason, unset));
    }
    if facts.tools.iter().all(|known| !known.files.has_profile(name)) {
        let reason = format!(
            "{variable} is {name}, which no profile is called: boto3, AWS CLI and Go stop, the \
             others take what comes next"
        );
        return Some(Finding::error("MissingProfile", reason, unset));
    }
    let reason = format!("{variable} is set: tools that read it take profile {name}");
    Some(Finding::note("ProfileVariable", reason, unset))
}

fn differing(facts: &Facts) -> Option<Finding> {
    let shell = &facts.shell;
    let (plain, default) = (shell.filled(VARIABLES[0])?, shell.filled(VARIABLES[1])?);
    (plain != default).then(|| {
        let reason = format!(
            "AWS_PROFILE is {plain} and AWS_DEFAULT_PROFILE is {default}: boto3 and AWS CLI 1 take \
             the second, all others the first"
        );
        Finding::warning("ProfilesDiffer", reason, typed::unset(shell, [VARIABLES[1]]))
    })
}

/// Tools that take stsd's credentials, and not of the same profile.
fn split(facts: &Facts) -> Option<Finding> {
    let of_stsd = || facts.tools.iter().filter(|known| known.verdict.source.is_stsd());
    let first = of_stsd().next()?.verdict.profile.as_ref();
    // Where both get nothing it makes no difference.
    let is_other = |k: &&Known| k.verdict.profile.as_ref() != first && k.verdict.trouble.is_none();
    let others: Vec<_> = of_stsd().filter(is_other).collect();
    let (name, other) = (first?, others.first()?.verdict.profile.as_ref()?);
    let same = others.iter().filter(|known| known.verdict.profile.as_ref() == Some(other));
    let tools = families(same.map(|known| known.tool));
    let set = VARIABLES.iter().copied().filter(|name| facts.shell.variable(name).is_some());
    let command = match set.clone().next() {
        Some(_) => typed::unset(&facts.shell, set),
        None => typed::connect_to(&facts.shell, Some(name)),
    };
    let reason = format!("{tools} take profile {other}, and not {name} as the others do");
    Some(Finding::warning("ToolsDiffer", reason, command))
}

/// A profile that doctor was asked about, and that no file has.
fn asked(facts: &Facts) -> Option<Finding> {
    let name = facts.shell.asked.as_deref()?;
    let is_missing = |tool| {
        let known = facts.tools.iter().find(|known| known.tool == tool)?;
        Some(known.verdict.source == Source::Error && !known.files.has_profile(name))
    };
    is_missing(Tool::AwsCli).filter(|missing| *missing).map(|_| {
        let reason = format!("there is no profile {name} in the files that this shell names");
        Finding::error("MissingProfile", reason, "stsd profiles")
    })
}

fn of_stsd(facts: &Facts) -> Option<Finding> {
    let name = facts.shell.filled("STSD_PROFILE")?;
    facts.daemon.heard()?;
    facts.shell.stsd.find(name).is_none().then(|| {
        let reason = format!("STSD_PROFILE is {name}, which stsd does not know");
        Finding::error("UnknownStsdProfile", reason, "stsd profiles")
    })
}

const VARIABLES: &[&str] = &["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];
