//! The report as a person reads it: a line for each family of tools, the findings with what to type,
//! a verdict. Nothing is wider than 80 columns but what cannot be broken.

use super::finding::{Finding, Severity};
use super::report::{Report, ToolReport};
use crate::chains::{Source, Tool};
use crate::show::printable;

/// All of it.
pub(super) fn whole(report: &Report) -> String {
    let tools: String = report.tools.iter().map(tool).collect();
    let findings: String = report.findings.iter().map(finding).collect();
    let parts = [tools, findings, verdict(report)];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

/// The last line or two.
pub(super) fn verdict(report: &Report) -> String {
    let count = |severity| report.findings.iter().filter(|f| f.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let others = report.tools.iter().filter(|tool| !tool.source.is_stsd()).count();
    if errors + warnings == 0 {
        let whose = match shared_profile(report) {
            Some(name) => format!(" for profile {}", printable(name)),
            None => String::new(),
        };
        return match others {
            0 => format!("all is well: stsd gives every tool its credentials{whose}\n"),
            _ => "all is well\n".to_owned(),
        };
    }
    let counted = [plural(errors, "error"), plural(warnings, "warning")];
    let counted: Vec<_> = counted.into_iter().flatten().collect();
    let outcome = match others {
        0 => "every tool asks stsd".to_owned(),
        n if n == report.tools.len() => "no tool gets its credentials from stsd".to_owned(),
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
    let whose = match (&tool.profile, tool.source.is_stsd()) {
        (Some(name), true) => format!("stsd, profile {name}"),
        (Some(name), false) => format!("{}, profile {name}", short(tool.source)),
        (None, _) => short(tool.source).to_owned(),
    };
    let mut text =
        wrapped(&format!("{}: {}", whose, tool.reason), &format!("{:12}", family(tool.tool)), 12);
    if tool.source.is_stsd() {
        return text;
    }
    if let Some(shadowed) = tool.shadows.iter().find(|shadowed| shadowed.starts_with("stsd")) {
        text.push_str(&wrapped(&format!("in place of {shadowed}"), &" ".repeat(12), 12));
    }
    text
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
    let mut lines = vec![head.to_owned()];
    let mut is_empty = true;
    for word in printable(text).split(' ') {
        let width = lines.last().map_or(0, |line| line.chars().count());
        if !is_empty && width + 1 + word.chars().count() > COLUMNS {
            lines.push(" ".repeat(indent));
            is_empty = true;
        }
        if let Some(line) = lines.last_mut() {
            let space = if is_empty { "" } else { " " };
            line.push_str(&format!("{space}{word}"));
        }
        is_empty = false;
    }
    lines.join("\n") + "\n"
}

fn family(tool: Tool) -> &'static str {
    match tool {
        Tool::Botocore => "boto3",
        Tool::AwsCli => "AWS CLI",
        Tool::JavaScript => "JavaScript",
        Tool::Go => "Go",
        Tool::Java => "Java",
        Tool::Rust => "Rust",
    }
}

fn short(source: Source) -> &'static str {
    match source {
        Source::StsdView | Source::StsdEndpoint => "stsd",
        other => other.name(),
    }
}

const COLUMNS: usize = 80;
