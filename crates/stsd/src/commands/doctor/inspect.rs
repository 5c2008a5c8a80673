//! Which files each tool reads, and what stands in them: the places by each SDK's own rules for the
//! two variables, the contents by way of the gateway.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use stsd_configuration::Configuration;
use stsd_protocol::Timestamp;
use stsd_protocol::gateway::{
    InspectRequest, Inspection, Operation, Outcome, Plan, PlanRequest, Settings,
};

use crate::chains::{Call, Files, Shell, Tool};
use crate::clock;
use crate::failure::Failure;
use crate::gateway::Gateway;

/// The files of each tool. Each pair of places is read once.
pub(super) struct Inspector {
    gateway: Option<Gateway>,
    /// Why nothing can be read.
    pub(super) trouble: Option<String>,
    known: BTreeMap<(Option<String>, Option<String>), Files>,
    /// Until when the gateway is waited for, whatever it is asked.
    end: Instant,
}

impl Inspector {
    pub(super) fn new() -> Self {
        let (gateway, trouble) = match Gateway::start() {
            Ok(gateway) => (Some(gateway), None),
            Err(failure) => (None, Some(failure.to_string())),
        };
        Self { gateway, trouble, known: BTreeMap::new(), end: Instant::now() + PATIENCE }
    }

    /// What the tool would read.
    pub(super) fn files(&mut self, tool: Tool, shell: &Shell) -> Files {
        let config = place(tool, shell, "AWS_CONFIG_FILE");
        let credentials = place(tool, shell, "AWS_SHARED_CREDENTIALS_FILE");
        self.pair(config, credentials)
    }

    /// The user's own files, as stsd's configuration names them.
    pub(super) fn own(&mut self, configuration: Option<&Configuration>) -> Files {
        let settings = configuration.map(|known| &known.settings);
        let config = settings.and_then(|settings| settings.aws_config_file.clone());
        self.pair(config, settings.and_then(|settings| settings.aws_credentials_file.clone()))
    }

    /// Whether one of the files was changed a moment ago: the daemon looks every two seconds.
    pub(super) fn is_just_changed(&self) -> bool {
        let files = self.known.values().flat_map(|files| [&files.config, &files.credentials]);
        let changed = files.filter_map(|file| fs::metadata(&file.file).ok()?.modified().ok());
        let mut ages = changed.map(|time| clock::now().since(Timestamp::from(time)));
        ages.any(|age| age < JUST_NOW)
    }

    /// What stsd makes of the user's own files.
    pub(super) fn plan(&mut self, settings: Settings, client_program: String) -> Option<Plan> {
        let request = Operation::Plan(PlanRequest { client_program });
        match self.ask(settings, request)? {
            Ok(Outcome::Plan(plan)) => Some(plan),
            _ => None,
        }
    }

    /// What stands in this pair; nothing names the usual place.
    fn pair(&mut self, config: Option<String>, credentials: Option<String>) -> Files {
        let pair = (config, credentials);
        if let Some(files) = self.known.get(&pair) {
            return files.clone();
        }
        let files = self.read(&pair).unwrap_or_default();
        self.known.insert(pair, files.clone());
        files
    }

    /// Whatever the pairs that were read name as stsd and is not there.
    pub(super) fn missing_programs(&self) -> BTreeSet<String> {
        let files = self.known.values().flat_map(|files| [&files.config, &files.credentials]);
        let profiles = files.flat_map(|file| &file.profiles);
        let commands = profiles.filter_map(|p| p.settings.get("credential_process")?.as_deref());
        let programs = commands.map(|command| Call::parse(command).program.to_owned());
        programs.filter(|program| !can_be_run(program)).collect()
    }

    fn ask(
        &mut self,
        settings: Settings,
        operation: Operation,
    ) -> Option<Result<Outcome, Failure>> {
        let left = self.end.saturating_duration_since(Instant::now()).max(LEAST);
        let gateway = self.gateway.as_mut()?;
        gateway.set_patience(left);
        Some(gateway.ask(settings, operation))
    }

    fn read(&mut self, pair: &(Option<String>, Option<String>)) -> Option<Files> {
        let (config_file, credentials_file) = pair.clone();
        let request = InspectRequest { config_file, credentials_file };
        let trouble = match self.ask(Settings::default(), Operation::Inspect(request))? {
            Ok(Outcome::Inspection(Inspection { files })) => {
                let [config, credentials] = <[_; 2]>::try_from(files).ok()?;
                return Some(Files { config, credentials });
            }
            Ok(Outcome::Failure(failure)) => failure.message,
            Ok(_) => "the gateway answered out of turn".to_owned(),
            Err(failure) => {
                // Whatever hangs is not asked again.
                self.gateway = None;
                failure.to_string()
            }
        };
        self.trouble = Some(trouble);
        None
    }
}

/// A variable's value with what botocore makes of `$NAME` and `${NAME}` in it: those that are set.
fn expanded(shell: &Shell, text: &str) -> String {
    let Some((before, behind)) = text.split_once('$') else { return text.to_owned() };
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (name, rest) = match behind.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        Some(braced) => braced,
        None => behind.split_at(behind.find(|c| !is_part(c)).unwrap_or(behind.len())),
    };
    let known = shell.variable(name).map(str::to_owned);
    let kept = || text[before.len()..text.len() - rest.len()].to_owned();
    format!("{before}{}{}", known.unwrap_or_else(kept), expanded(shell, rest))
}

/// Where a tool looks; nothing is the usual place.
fn place(tool: Tool, shell: &Shell, variable: &str) -> Option<String> {
    let takes_blank_for_unset = matches!(tool, Tool::JavaScript | Tool::Go);
    let path = match shell.variable(variable)? {
        "" if takes_blank_for_unset => return None,
        "" => return Some(NOWHERE.to_owned()),
        path => path,
    };
    let path = match tool {
        Tool::Botocore | Tool::AwsCli => expanded(shell, path),
        _ => path.to_owned(),
    };
    let below_home = path.strip_prefix("~/").filter(|_| tool != Tool::Go);
    let path = match (below_home, &shell.home) {
        (Some(below), Some(home)) => format!("{home}/{below}"),
        _ => path,
    };
    if path.starts_with('/') {
        return Some(path);
    }
    let here = env::current_dir().ok()?;
    Some(here.join(path).to_string_lossy().into_owned())
}

/// As the kernel and a shell would find it.
fn can_be_run(program: &str) -> bool {
    let is_program = |path: &Path| {
        path.metadata()
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    if program.contains('/') {
        return is_program(Path::new(program));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| is_program(&folder.join(program)))
}

/// Files are read in milliseconds; a home on a dead network file system is not waited for.
const PATIENCE: Duration = Duration::from_millis(2500);

/// A socket knows no time-out of nothing.
const LEAST: Duration = Duration::from_millis(1);

const JUST_NOW: Duration = Duration::from_secs(4);

/// Reads as an empty file.
const NOWHERE: &str = "/dev/null";

#[cfg(test)]
mod tests {
    use super::place;
    use crate::chains::{Shell, Tool};

    #[test]
    fn each_tool_finds_its_files_by_its_own_rules() {
        let variables = [("HOME", "/home/alice"), ("WORK", "/work")];
        let shell = |value: &str| Shell {
            variables: variables
                .into_iter()
                .chain([("AWS_CONFIG_FILE", value)])
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            home: Some("/home/alice".to_owned()),
            ..Shell::default()
        };
        let here = std::env::current_dir().unwrap();
        let here = |path: &str| here.join(path).to_string_lossy().into_owned();
        for (value, tool, path) in [
            ("/etc/aws", Tool::Go, Some("/etc/aws".to_owned())),
            ("aws", Tool::Rust, Some(here("aws"))),
            ("~/aws", Tool::Rust, Some("/home/alice/aws".to_owned())),
            ("~/aws", Tool::Go, Some(here("~/aws"))),
            ("$WORK/${HOME}x$NO", Tool::AwsCli, Some("/work//home/alicex$NO".to_owned())),
            ("$WORK/aws", Tool::JavaScript, Some(here("$WORK/aws"))),
            ("", Tool::Botocore, Some("/dev/null".to_owned())),
            ("", Tool::JavaScript, None),
            ("", Tool::Go, None),
        ] {
            assert_eq!(place(tool, &shell(value), "AWS_CONFIG_FILE"), path, "{value} {tool:?}");
        }
        assert_eq!(place(Tool::Java, &Shell::default(), "AWS_CONFIG_FILE"), None);
    }
}
