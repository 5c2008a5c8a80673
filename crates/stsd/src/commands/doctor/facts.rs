//! All that `doctor` looks at, gathered once, so that what it says of it is a matter of reading.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use stsd_configuration::Configuration;
use stsd_protocol::Places;

use super::daemon::Daemon;
use super::disk;
use super::inspect::Inspector;
use crate::chains::{Files, Shell, Tool, Verdict, walk};
use crate::environment::Variable;
use crate::gateway::Gateway;
use crate::socket;

/// The facts.
pub(super) struct Facts {
    pub(super) shell: Shell,
    pub(super) tools: Vec<Known>,
    pub(super) daemon: Daemon,
    /// Nothing without a home.
    pub(super) places: Option<Places>,
    /// stsd's own configuration, or what is wrong in it.
    pub(super) configuration: Result<Configuration, String>,
    /// The user's own files, whatever the variables name.
    pub(super) own: Files,
    /// Why the AWS files could not be read.
    pub(super) unread: Option<String>,
}

/// One family of tools.
pub(super) struct Known {
    pub(super) tool: Tool,
    pub(super) files: Files,
    pub(super) verdict: Verdict,
}

impl Facts {
    /// Looks at everything. `overlay` is what the shell has besides its own variables.
    pub(super) fn gather(asked: Option<String>, overlay: &[Variable]) -> Self {
        let mut shell = Shell { asked, home: text("HOME"), ..Shell::default() };
        shell.variables = variables(overlay);
        let places = socket::places().ok();
        let configuration = configuration(places.as_ref());
        let daemon = Daemon::ask();
        let default =
            configuration.as_ref().map_or("default", |known| known.default_profile.as_str());
        shell.stsd = daemon.stsd(places.as_ref(), default);
        tokens(&mut shell, &daemon, places.as_ref());
        let mut inspector = match Gateway::start() {
            Ok(gateway) => Inspector::new(Some(gateway.with_patience(PATIENCE)), None),
            Err(failure) => Inspector::new(None, Some(failure.to_string())),
        };
        let files = Tool::ALL.map(|tool| (tool, inspector.files(tool, &shell)));
        let own = own_files(&mut inspector, configuration.as_ref().ok());
        shell.missing_programs = inspector.missing_programs();
        let tools = files.map(|(tool, files)| {
            let verdict = walk(tool, &shell, &files);
            Known { tool, files, verdict }
        });
        let unread = inspector.trouble;
        let tools = Vec::from(tools);
        Self { shell, tools, daemon, places, configuration, own, unread }
    }

    /// The authorization token's file: the daemon's, else the usual one.
    pub(super) fn authorization_token(&self) -> Option<PathBuf> {
        authorization_token(&self.daemon, self.places.as_ref())
    }
}

fn variables(overlay: &[Variable]) -> std::collections::BTreeMap<String, String> {
    let pair = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    };
    let mut variables: std::collections::BTreeMap<_, _> = env::vars_os().filter_map(pair).collect();
    for (name, value) in overlay {
        match value {
            Some(value) => variables.insert((*name).to_owned(), value.clone()),
            None => variables.remove(*name),
        };
    }
    variables
}

fn configuration(places: Option<&Places>) -> Result<Configuration, String> {
    let file = places.map_or_else(|| PathBuf::from("/dev/null"), |p| p.configuration.clone());
    Configuration::read(&file, false, |name| env::var_os(name)).map_err(|error| error.to_string())
}

fn tokens(shell: &mut Shell, daemon: &Daemon, places: Option<&Places>) {
    let ours = authorization_token(daemon, places).and_then(|path| disk::token(&path).ok());
    shell.token_file = disk::token_file(shell, ours.as_ref());
    let variable = shell.filled("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    let is_ours = |variable: &str| {
        let ours = ours.as_ref()?.expose();
        Some(variable.strip_prefix("Bearer ").unwrap_or(variable) == ours)
    };
    shell.token_is_ours = variable.and_then(is_ours);
}

fn authorization_token(daemon: &Daemon, places: Option<&Places>) -> Option<PathBuf> {
    let said = daemon.heard().map(|heard| PathBuf::from(&heard.status.authorization_token_file));
    said.or_else(|| Some(places?.authorization_token()))
}

fn own_files(inspector: &mut Inspector, configuration: Option<&Configuration>) -> Files {
    let settings = configuration.map(|known| &known.settings);
    let config = settings.and_then(|settings| settings.aws_config_file.clone());
    inspector.pair(config, settings.and_then(|settings| settings.aws_credentials_file.clone()))
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Files are read in milliseconds; a home on a dead network file system is not waited for.
const PATIENCE: Duration = Duration::from_millis(2500);
