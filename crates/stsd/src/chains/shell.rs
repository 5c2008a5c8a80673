//! What is known of the shell, the files that it names and the daemon: the facts that a chain is
//! walked with.

use std::collections::{BTreeMap, BTreeSet};

/// The facts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shell {
    /// Every variable of the environment that holds text.
    pub(crate) variables: BTreeMap<String, String>,
    /// The profile that the tool is told by its own option, such as `--profile`.
    pub(crate) asked: Option<String>,
    /// What `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` leads to.
    pub(crate) token_file: TokenFile,
    /// Whether `AWS_CONTAINER_AUTHORIZATION_TOKEN` is one that the daemon takes; nothing if unknown.
    pub(crate) token_is_ours: Option<bool>,
    /// Who listens where `AWS_CONTAINER_CREDENTIALS_FULL_URI` leads to.
    pub(crate) listener: Listener,
    /// Whether `AWS_WEB_IDENTITY_TOKEN_FILE` names a file that is not there.
    pub(crate) web_identity_is_missing: bool,
    /// Programs that a `credential_process` names as stsd, and that are not there.
    pub(crate) missing_programs: BTreeSet<String>,
    /// What the daemon is and serves.
    pub(crate) stsd: Stsd,
    /// For `~` in what is shown.
    pub(crate) home: Option<String>,
    /// Where stsd's view is.
    pub(crate) view: Option<String>,
}

/// What there is in the file of an authorization token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum TokenFile {
    /// No file is named.
    #[default]
    NotNamed,
    /// It cannot be read, for this reason.
    Unreadable(String),
    /// It can.
    Read {
        /// Whether it holds a newline, which no HTTP header may.
        newline: bool,
        /// Whether the daemon takes it; nothing if unknown.
        ours: Option<bool>,
    },
}

/// Who listens at an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Listener {
    /// stsd, if it is stsd's port; on another machine, anybody.
    #[default]
    Unknown,
    /// No program.
    Nobody,
    /// A program, and stsd's daemon is not there to be it.
    Stranger,
}

/// What is known of stsd.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stsd {
    /// The port of its endpoint: the daemon's, else the recorded one.
    pub(crate) port: Option<u16>,
    /// Why it gives nothing to anybody, where no daemon can be asked.
    pub(crate) silent: Option<String>,
    /// What a request without a profile means.
    pub(crate) default_profile: Option<String>,
    /// What the daemon has.
    pub(crate) profiles: Vec<Served>,
}

/// One profile of the daemon's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Served {
    /// As the user wrote it.
    pub(crate) name: String,
    /// As it stands in paths.
    pub(crate) path: String,
    /// Why it is refused now.
    pub(crate) refusal: Option<String>,
}

/// What stsd says to a request.
pub(super) struct Answer {
    pub(super) profile: Option<String>,
    pub(super) refusal: Option<String>,
}

impl Shell {
    /// A variable, blank or not.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// A variable that is set to something.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.variable(name).filter(|value| !value.is_empty())
    }

    /// The first of these variables that is there, blank or not.
    pub(super) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.variable(name))
    }

    /// A path as a person reads it.
    pub(crate) fn shown(&self, path: &str) -> String {
        if self.view.as_deref() == Some(path) {
            return "stsd's view".to_owned();
        }
        let below_home = self.home.as_deref().and_then(|home| path.strip_prefix(home));
        match below_home {
            Some(rest) if rest.starts_with('/') => format!("~{rest}"),
            _ => path.to_owned(),
        }
    }
}

impl Stsd {
    /// What a request for this profile gets; nothing means: for none in particular.
    pub(super) fn answer(&self, wanted: Option<&str>) -> Answer {
        let wanted = wanted.or(self.default_profile.as_deref());
        let known = wanted.and_then(|wanted| self.find(wanted));
        let refusal = match (&self.silent, known, wanted) {
            (Some(why), ..) => Some(why.clone()),
            (None, Some(known), _) => known.refusal.clone(),
            (None, None, Some(wanted)) => Some(format!("there is no profile {wanted}")),
            (None, None, None) => None,
        };
        let profile = known.map(|known| known.name.clone()).or(wanted.map(str::to_owned));
        Answer { profile, refusal }
    }

    /// Finds a profile by its name or by its path form.
    pub(crate) fn find(&self, wanted: &str) -> Option<&Served> {
        let by_name = self.profiles.iter().find(|profile| profile.name == wanted);
        by_name.or_else(|| self.profiles.iter().find(|profile| profile.path == wanted))
    }
}
