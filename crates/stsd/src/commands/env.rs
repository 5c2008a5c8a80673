//! `stsd env`: prints what a shell evaluates.

use std::collections::BTreeMap;

use crate::arguments::{EnvArguments, Format};
use crate::commands::variables;
use crate::environment::Variable;
use crate::failure::Failure;
use crate::quote::sh;
use crate::show::{print, print_json};

pub(crate) fn run(arguments: &EnvArguments) -> Result<(), Failure> {
    let variables = variables::of(arguments.profile.chosen()?, arguments.no_view)?;
    match arguments.format {
        Format::Env => print(&lines(&variables, "export ", true)),
        Format::EnvNoExport => print(&lines(&variables, "", false)),
        Format::Json => print_json(&variables.into_iter().collect::<BTreeMap<_, _>>()),
    }
}

fn lines(variables: &[Variable], prefix: &str, with_unset: bool) -> String {
    let mut text = String::new();
    for (name, value) in variables {
        match value {
            Some(value) => text.push_str(&format!("{prefix}{name}={}\n", sh(value))),
            None if with_unset => text.push_str(&format!("unset {name}\n")),
            None => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn env_exports_and_unsets_and_env_no_export_only_assigns() {
        let variables = [("A", Some("it's".to_owned())), ("B", None)];
        assert_eq!(lines(&variables, "export ", true), "export A='it'\\''s'\nunset B\n");
        assert_eq!(lines(&variables, "", false), "A='it'\\''s'\n");
    }
}
