//! What `doctor` has to say, as `--json` prints it.

use serde::Serialize;

use super::facts::Facts;
use super::finding::{Finding, Severity};
use super::findings;
use crate::chains::{Source, Tool, Verdict};

/// The report.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Whether there is neither an error nor a warning.
    pub(super) ok: bool,
    /// The profile that was asked about; nothing means what tools take that name none.
    pub(super) profile: Option<String>,
    /// One for each family of tools.
    pub(super) tools: Vec<ToolReport>,
    /// The worst first.
    pub(super) findings: Vec<Finding>,
}

/// One family of tools.
#[derive(Debug, Serialize)]
pub(super) struct ToolReport {
    pub(super) tool: Tool,
    pub(super) source: Source,
    pub(super) profile: Option<String>,
    pub(super) reason: String,
    pub(super) shadows: Vec<String>,
}

impl Report {
    pub(super) fn of(facts: &Facts) -> Self {
        let tools = facts.tools.iter().map(|known| tool(known.tool, &known.verdict)).collect();
        let mut findings = findings::all(facts);
        findings.sort_by_key(|finding| finding.severity);
        let ok = findings.iter().all(|finding| finding.severity == Severity::Note);
        Self { ok, profile: facts.shell.asked.clone(), tools, findings }
    }
}

fn tool(tool: Tool, verdict: &Verdict) -> ToolReport {
    let Verdict { source, profile, reason, trouble, shadows } = verdict.clone();
    let reason = match trouble.filter(|trouble| *trouble != reason) {
        Some(trouble) => format!("{reason}; {trouble}"),
        None => reason,
    };
    ToolReport { tool, source, profile, reason, shadows }
}
