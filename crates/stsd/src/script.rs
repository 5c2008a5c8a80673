//! Variables as text, in the words of each shell. Every line stands by itself, so that the text may
//! be evaluated whole or line by line.

use std::collections::BTreeMap;

use crate::arguments::Format;
use crate::before;
use crate::environment::Variable;
use crate::failure::Failure;
use crate::quote;

/// The text that makes a shell set and unset these variables.
pub(crate) fn text(format: Format, variables: &[Variable]) -> Result<String, Failure> {
    let lines = |line: fn(&str, Option<&str>) -> String| {
        variables.iter().map(|(name, value)| line(name, value.as_deref())).collect()
    };
    Ok(match format {
        Format::Env => lines(env),
        Format::EnvNoExport => lines(env_no_export),
        Format::Fish => lines(fish) + &universal_variables(variables),
        Format::Powershell => lines(powershell),
        Format::WindowsCmd => {
            variables.iter().map(windows_cmd).collect::<Result<String, Failure>>()?
        }
        Format::Json => json(variables)?,
        Format::Process => {
            return Err(Failure::usage(
                "the format process has credentials, and no variables",
                "add --static, or choose another format",
            ));
        }
    })
}

fn env(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("export {name}={}\n", quote::sh(value)),
        None => format!("unset {name}\n"),
    }
}

/// What cannot be unset there cannot be taken back there either, so the record of it stays out.
fn env_no_export(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) if name != before::RECORD => format!("{name}={}\n", quote::sh(value)),
        _ => String::new(),
    }
}

fn fish(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("set -gx {name} {};\n", quote::fish(value)),
        None => format!("set -eg {name};\n"),
    }
}

/// A universal variable is a setting of all the user's shells, and no other scope hides it from
/// programs; so it is named and not erased.
fn universal_variables(variables: &[Variable]) -> String {
    let unset: Vec<&str> =
        variables.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect();
    format!(
        "for stsd_name in {}; set -qU $stsd_name; and echo \"stsd: warning: the universal variable \
         $stsd_name stays in force; erase it with: set -eU $stsd_name\" >&2; end; set -e stsd_name;\n",
        unset.join(" ")
    )
}

fn powershell(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("$Env:{name} = {}\n", quote::powershell(value)),
        None => format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue\n"),
    }
}

fn windows_cmd((name, value): &Variable) -> Result<String, Failure> {
    let value = value.as_deref().unwrap_or_default();
    quote::cmd(value).map(|value| format!("set \"{name}={value}\"\n")).ok_or_else(|| {
        Failure::usage(
            format!("the value of {name} has a character that cmd cannot be told: {value}"),
            "use PowerShell, with --format powershell",
        )
    })
}

fn json(variables: &[Variable]) -> Result<String, Failure> {
    let object: BTreeMap<_, _> = variables.iter().map(|(name, value)| (name, value)).collect();
    let text = serde_json::to_string(&object).map_err(|error| Failure::Output(error.into()))?;
    Ok(text + "\n")
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::arguments::Format;

    #[test]
    fn each_format_sets_and_unsets_in_its_own_words() {
        let variables = [("A", Some("it's".to_owned())), ("B", None), ("C", None)];
        for (format, lines) in [
            (Format::Env, "export A='it'\\''s'\nunset B\nunset C\n"),
            (Format::EnvNoExport, "A='it'\\''s'\n"),
            (
                Format::Powershell,
                "$Env:A = 'it''s'\n\
                 Remove-Item Env:B -ErrorAction SilentlyContinue\n\
                 Remove-Item Env:C -ErrorAction SilentlyContinue\n",
            ),
            (Format::WindowsCmd, "set \"A=it's\"\nset \"B=\"\nset \"C=\"\n"),
            (Format::Json, "{\"A\":\"it's\",\"B\":null,\"C\":null}\n"),
        ] {
            assert_eq!(text(format, &variables).unwrap(), lines);
        }
        let fish = text(Format::Fish, &variables).unwrap();
        assert!(fish.starts_with("set -gx A 'it\\'s';\nset -eg B;\nset -eg C;\n"), "{fish}");
        assert!(fish.contains("for stsd_name in B C; set -qU"), "{fish}");
    }

    #[test]
    fn without_export_there_is_no_record_of_what_was() {
        let variables = [("A", Some("x".to_owned())), ("STSD_BEFORE", Some("1".to_owned()))];
        assert_eq!(text(Format::EnvNoExport, &variables).unwrap(), "A='x'\n");
    }

    #[test]
    fn one_value_that_cmd_cannot_be_told_is_one_too_many() {
        let variables = [("A", Some("a".to_owned())), ("STSD_PROFILE", Some("100%".to_owned()))];
        let failure = text(Format::WindowsCmd, &variables).unwrap_err();
        assert_eq!(failure.exit_code(), 64);
        assert!(failure.text().contains("STSD_PROFILE"), "{}", failure.text());
    }
}
