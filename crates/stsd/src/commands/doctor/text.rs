//! The report as a person reads it: a line for each family of tools, the findings with what to type,
//! a verdict. Nothing is wider than 80 columns but what cannot be broken.

use super::finding::{Finding, Severity};
use super::report::{Report, ToolReport};
use crate::chains::Source;
use crate::show::printable;

/// All of it.
pub(super) fn whole(report: &Report) -> String {
    let tools: String = report.tools.iter().map(tool).collect();
    let findings: String = report.findings.iter().map(finding).collect();
    let parts = [tools, findings, verdict(report)];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

/// The last line.
pub(super) fn verdict(report: &Report) -> String {
    let count = |severity| report.findings.iter().filter(|f| f.severity == severity).count();
    let counted = [(Severity::Error, "error"), (Severity::Warning, "warning")];
    let counted: Vec<_> =
        counted.iter().filter_map(|(severity, what)| plural(count(*severity), what)).collect();
    let others = report.tools.iter().filter(|tool| !tool.source.is_stsd()).count();
    if counted.is_empty() {
        return match (others, shared_profile(report)) {
            (0, Some(name)) => {
                format!("all is well: every tool gets profile {} from stsd\n", printable(name))
            }
            _ => "all is well\n".to_owned(),
        };
    }
    let outcome = match others {
        0 => "every tool asks stsd, and something is in the way".to_owned(),
        n if n == report.tools.len() => "no tool asks stsd".to_owned(),
        n => format!("{n} of {} families of tools do not ask stsd", report.tools.len()),
    };
    format!("{}: {outcome}\n", counted.join(", "))
}

fn shared_profile(report: &Report) -> Option<&str> {
    let first = report.tools.first()?.profile.as_deref()?;
    let same = |tool: &ToolReport| tool.profile.as_deref() == Some(first);
    report.tools.iter().all(same).then_some(first)
}

fn plural(count: usize, what: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        n => Some(format!("{n} {what}s")),
    }
}

fn tool(tool: &ToolReport) -> String {
    let whose = match (&tool.profile, tool.source) {
        (Some(name), Source::StsdView | Source::StsdEndpoint) => format!("stsd, profile {name}"),
        (None, Source::StsdView | Source::StsdEndpoint) => "stsd".to_owned(),
        (_, Source::Error) => "stops".to_owned(),
        _ => "not stsd".to_owned(),
    };
    wrapped(&format!("{whose}: {}", tool.reason), &format!("{:12}", tool.tool.name()), 12)
}

fn finding(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let reason = wrapped(&format!("{severity}: {}", finding.reason), "", 2);
    format!("{reason}    {}\n", printable(&finding.command))
}

/// Words on lines of 80 columns: the first behind `head`, the others indented.
fn wrapped(text: &str, head: &str, indent: usize) -> String {
    let mut lines = vec![];
    let mut line = head.to_owned();
    let mut is_begun = false;
    for word in printable(text).split(' ') {
        if is_begun && line.chars().count() + 1 + word.chars().count() > COLUMNS {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            is_begun = false;
        }
        if is_begun {
            line.push(' ');
        }
        line.push_str(word);
        is_begun = true;
    }
    lines.push(line);
    lines.join("\n") + "\n"
}

const COLUMNS: usize = 80;
