//! `stsd env --undo`: what takes stsd's variables out of a shell again, and brings back what was there
//! before. It needs no daemon.

use stsd_protocol::Places;

use crate::arguments::Format;
use crate::before::{self, Before};
use crate::commands::variables::{region_of_the_shell, variable};
use crate::environment::{self, Variable, endpoint_path, without_loopback};
use crate::failure::Failure;
use crate::{script, show, socket};

pub(crate) fn run(format: Format) -> Result<(), Failure> {
    let variables = match variable(before::RECORD) {
        Some(record) => by_record(&record)?,
        // Connected by other means than `env`: by a login that sets the same variables.
        None => by_looks(socket::places().ok().as_ref()),
    };
    if variables.is_empty() {
        show::note("this shell has no variables of stsd");
        return if format == Format::Json { show::print("{}\n") } else { Ok(()) };
    }
    show::print(&script::text(format, &variables)?)
}

fn by_record(record: &str) -> Result<Vec<Variable>, Failure> {
    let before = Before::parse(record).ok_or_else(|| {
        Failure::usage(
            format!("{} does not hold what `stsd env` writes there", before::RECORD),
            "open a new shell, or unset STSD_BEFORE and try again",
        )
    })?;
    if !before.lost().is_empty() {
        show::warn(&format!(
            "not brought back, since stsd keeps no secrets: {}",
            before.lost().join(", ")
        ));
    }
    Ok(before.variables())
}

/// Everything whose value can only be ours. What such a shell had before is not known.
fn by_looks(places: Option<&Places>) -> Vec<Variable> {
    let looks = Looks {
        config: path(places.map(Places::config_view)),
        credentials: path(places.map(Places::credentials_view)),
        token_file: path(places.map(Places::authorization_token)),
        exec_tokens: path(places.map(Places::exec_tokens)),
        region: places.and_then(|places| region_of_the_shell(&path(Some(places.config_view())))),
    };
    looks.taken_back(variable)
}

fn path(path: Option<std::path::PathBuf>) -> String {
    path.map_or(String::new(), |path| path.to_string_lossy().into_owned())
}

/// By which a value is known to be stsd's.
struct Looks {
    config: String,
    credentials: String,
    token_file: String,
    exec_tokens: String,
    region: Option<String>,
}

impl Looks {
    fn taken_back(&self, value: impl Fn(&str) -> Option<String>) -> Vec<Variable> {
        let mut connected = false;
        let mut variables = Vec::new();
        for name in environment::names() {
            let Some(value) = value(name) else { continue };
            let (own, telling) = self.own(name, &value);
            connected |= own && telling;
            if own {
                variables.push((name, None));
                continue;
            }
            let rest = without_loopback(&value);
            if matches!(name, "NO_PROXY" | "no_proxy") && rest != Some(value.as_str()) {
                variables.push((name, rest.map(str::to_owned)));
            }
        }
        if connected { variables } else { Vec::new() }
    }

    /// The user's own, or one that `exec` has given a command.
    fn is_token_file(&self, value: &str) -> bool {
        let below = value.strip_prefix(&self.exec_tokens).filter(|_| !self.exec_tokens.is_empty());
        value == self.token_file || below.is_some_and(|below| below.starts_with('/'))
    }

    /// Whether a value is stsd's, and whether that tells that the shell is connected.
    fn own(&self, name: &str, value: &str) -> (bool, bool) {
        match name {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI" => (endpoint_path(value).is_some(), true),
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" => (self.is_token_file(value), true),
            "AWS_CONFIG_FILE" => (value == self.config, true),
            "AWS_SHARED_CREDENTIALS_FILE" => (value == self.credentials, true),
            "STSD_PROFILE" => (true, false),
            "AWS_SDK_LOAD_CONFIG" => (value == "1", false),
            "AWS_EC2_METADATA_DISABLED" => (value == "true", false),
            "AWS_REGION" | "AWS_DEFAULT_REGION" => (self.region.as_deref() == Some(value), false),
            _ => (false, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Looks;
    use crate::environment::Variable;

    fn taken_back(variables: &[(&str, &str)]) -> Vec<Variable> {
        let looks = Looks {
            config: "/s/aws/config".into(),
            credentials: "/s/aws/credentials".into(),
            token_file: "/s/authorization-token".into(),
            exec_tokens: "/s/exec-tokens".into(),
            region: Some("eu-central-1".into()),
        };
        looks.taken_back(|name| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        })
    }

    #[test]
    fn a_login_that_connects_every_shell_is_taken_back_by_its_values() {
        let shell = [
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:7873/creds/prod"),
            ("AWS_CONFIG_FILE", "/s/aws/config"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/home/alice/.aws/credentials"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_DEFAULT_REGION", "sa-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("NO_PROXY", "corp,127.0.0.1,localhost"),
            ("no_proxy", "127.0.0.1,localhost"),
        ];
        let wanted = [
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", None),
            ("AWS_CONFIG_FILE", None),
            ("AWS_REGION", None),
            ("NO_PROXY", Some("corp".to_owned())),
            ("no_proxy", None),
        ];
        assert_eq!(taken_back(&shell), wanted);
    }

    #[test]
    fn the_token_of_a_command_is_taken_back_too() {
        let name = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
        for (file, is_ours) in [
            ("/s/exec-tokens/prod", true),
            ("/s/authorization-token", true),
            ("/s/exec-tokens-of-mine", false),
            ("/mnt/token", false),
        ] {
            assert_eq!(!taken_back(&[(name, file)]).is_empty(), is_ours, "{file}");
        }
    }

    #[test]
    fn a_shell_that_is_not_connected_keeps_everything() {
        let shell = [
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:51679/v2/credentials"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_CONFIG_FILE", "/home/alice/.aws/config"),
            ("NO_PROXY", "127.0.0.1,localhost"),
        ];
        assert_eq!(taken_back(&shell), []);
    }
}
