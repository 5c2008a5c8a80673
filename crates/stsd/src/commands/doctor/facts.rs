//! All that `doctor` looks at, gathered once, so that what it says of it is a matter of reading.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use stsd_configuration::Configuration;
use stsd_protocol::gateway::Problem;
use stsd_protocol::{Places, path_form};

use super::daemon::Daemon;
use super::disk;
use super::inspect::Inspector;
use super::service::Service;
use super::tokens::OurTokens;
use super::view::View;
use crate::chains::{Address, FULL, Files, Shell, TOKEN, Tool, Verdict, walk};
use crate::environment::Variable;
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
    /// The mistakes in them, as the gateway sees them: for where no daemon says it.
    pub(super) problems: Vec<Problem>,
    /// Nothing without a home.
    pub(super) view: Option<View>,
    pub(super) service: Service,
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
        let places = socket::places().ok();
        let configuration = configuration(places.as_ref());
        let daemon = Daemon::ask();
        let mut shell = shell(asked, overlay);
        let default = configuration.as_ref().map_or("default", |own| own.default_profile.as_str());
        shell.stsd = daemon.stsd(places.as_ref(), default);
        tokens(&mut shell, authorization_token(&daemon, places.as_ref()));
        shell.listener = disk::listener(&shell, daemon.has_port());
        shell.web_identity_is_missing = disk::web_identity_is_missing(&shell);
        let mut inspector = Inspector::new();
        let files = Tool::ALL.map(|tool| (tool, inspector.files(tool, &shell)));
        let own = match shell.home.is_some() {
            true => inspector.own(configuration.as_ref().ok()),
            false => Files::default(),
        };
        shell.missing_programs = inspector.missing_programs();
        let path = view_path(&daemon, places.as_ref());
        shell.view = path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let looked = path.map(|path| View::look(path, &shell, &configuration, &mut inspector));
        let (view, problems) = looked.unzip();
        let service = Service::look(&shell);
        let tools = files.map(|(tool, files)| {
            let verdict = walk(tool, &shell, &files);
            Known { tool, files, verdict }
        });
        let (tools, problems) = (Vec::from(tools), problems.unwrap_or_default());
        let unread = inspector.trouble;
        Self { shell, tools, daemon, places, configuration, own, unread, problems, view, service }
    }

    /// Whether the shell has anything of stsd's.
    pub(super) fn is_connected(&self) -> bool {
        self.shell.filled(FULL).is_some() || self.names_view()
    }

    /// Whether `AWS_CONFIG_FILE` is stsd's view.
    pub(super) fn names_view(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.is_named)
    }

    /// Whether a tool takes this profile here, or stsd would for one that names none.
    pub(super) fn is_meant(&self, name: &str) -> bool {
        let by_tool = |known: &Known| {
            known.verdict.profile.as_deref() == Some(name)
                || known.tool.named(&self.shell) == Some(name)
        };
        self.tools.iter().any(by_tool) || self.shell.filled("STSD_PROFILE") == Some(name)
    }

    /// The authorization token's file: the daemon's, else the usual one.
    pub(super) fn authorization_token(&self) -> Option<PathBuf> {
        authorization_token(&self.daemon, self.places.as_ref())
    }
}

fn shell(asked: Option<String>, overlay: &[Variable]) -> Shell {
    let pair = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    };
    let mut variables: BTreeMap<_, _> = env::vars_os().filter_map(pair).collect();
    for (name, value) in overlay {
        match value {
            Some(value) => variables.insert((*name).to_owned(), value.clone()),
            None => variables.remove(*name),
        };
    }
    let home = variables.get("HOME").filter(|home| !home.is_empty()).cloned();
    Shell { variables, asked, home, ..Shell::default() }
}

fn configuration(places: Option<&Places>) -> Result<Configuration, String> {
    let nowhere = || PathBuf::from("/dev/null");
    let file = places.map_or_else(nowhere, |places| places.configuration.clone());
    Configuration::read(&file, false, |name| env::var_os(name)).map_err(|error| error.to_string())
}

fn tokens(shell: &mut Shell, file: Option<PathBuf>) {
    let ours = OurTokens::read(file.as_deref());
    let path =
        shell.filled(FULL).and_then(Address::parse).and_then(|it| it.at_stsd(shell)).flatten();
    let named = path.filter(|path| !path.is_empty()).map(str::to_owned);
    let default = || path_form(shell.stsd.default_profile.as_deref().unwrap_or("default"));
    let profile = named.unwrap_or_else(default);
    let is_ours = |token: &str| ours.open(token, &profile);
    let token_file = disk::token_file(shell, is_ours);
    let bare = |token: &str| is_ours(token.strip_prefix("Bearer ").unwrap_or(token));
    shell.token_is_ours = shell.filled(TOKEN).and_then(bare);
    shell.token_file = token_file;
}

fn authorization_token(daemon: &Daemon, places: Option<&Places>) -> Option<PathBuf> {
    let said = daemon.heard().map(|heard| PathBuf::from(&heard.status.authorization_token_file));
    said.or_else(|| Some(places?.authorization_token()))
}

fn view_path(daemon: &Daemon, places: Option<&Places>) -> Option<PathBuf> {
    let said = daemon.heard().map(|heard| PathBuf::from(&heard.status.config_view));
    said.or_else(|| Some(places?.config_view()))
}
