//! Tools that find no region, and stop at their first call for it.

use super::connection::families;
use super::typed;
use crate::chains::Tool;
use crate::commands::doctor::facts::{Facts, Known};
use crate::commands::doctor::finding::Finding;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let without: Vec<Tool> =
        facts.tools.iter().filter(|known| !has(facts, known)).map(|known| known.tool).collect();
    if without.is_empty() {
        return vec![];
    }
    let shell = &facts.shell;
    let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| shell.filled(name));
    let wanted = region.unwrap_or("REGION");
    let command = typed::export(shell, &[("AWS_REGION", wanted), ("AWS_DEFAULT_REGION", wanted)]);
    let tools = families(without.iter().copied());
    vec![match region {
        // boto3 reads only the second, JavaScript and Java only the first.
        Some(_) => Finding::warning(
            "NoDefaultRegion",
            format!(
                "AWS_REGION and AWS_DEFAULT_REGION are not both set, and without a region: {tools}"
            ),
            command,
        ),
        None => Finding::warning("NoRegion", format!("without a region: {tools}"), command),
    }]
}

fn has(facts: &Facts, known: &Known) -> bool {
    let variables: &[&str] = match known.tool {
        Tool::Botocore => &["AWS_DEFAULT_REGION"],
        Tool::JavaScript | Tool::Java => &["AWS_REGION"],
        Tool::AwsCli | Tool::Go | Tool::Rust => &["AWS_REGION", "AWS_DEFAULT_REGION"],
    };
    let by_variable = variables.iter().any(|name| facts.shell.filled(name).is_some());
    by_variable || known.files.has_region(known.tool.profile(&facts.shell))
}
