//! stsd's own configuration: `config.toml`, which need not exist. Parsed once, into types; a key
//! that stsd does not know is a mistake, so that a misspelled one is not silently without effect.
//! The daemon lives by it; the client reads it for what must work without a daemon.

#![forbid(unsafe_code)]

pub mod device;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod profiles;
mod programs;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use serde::Deserialize;
use stsd_protocol::gateway::Settings;
use stsd_protocol::{endpoint_mistake, parse_length};

pub use programs::program_environment;

/// What the user may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// What `/creds` and a request without a profile mean.
    pub default_profile: String,
    /// `127.0.0.1:PORT`, as the user wrote it.
    pub listen: Option<String>,
    /// How long a session lasts where `unlock` does not say; 15 minutes to 36 hours.
    pub session_duration: Duration,
    /// Whether `credential-process` may ask a person for a token code.
    pub prompt: bool,
    /// Whether the daemon may show desktop notices.
    pub notices: bool,
    /// Whether sessions outlive the daemon, where a service manager keeps them for the next.
    pub keep_sessions: bool,
    /// Whether the daemon keeps an audit.
    pub audit: bool,
    /// For the gateway.
    pub settings: Settings,
}

impl Configuration {
    /// Reads the file, or takes the defaults where there is none. `variable` is the environment:
    /// where home is, and what allowed programs get to see of it.
    ///
    /// # Errors
    /// If the file cannot be read or understood; a missing one is an error if `required`.
    pub fn read(
        file: &Path,
        required: bool,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigurationError> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !required => String::new(),
            Err(source) => return Err(ConfigurationError::Read { file: file.into(), source }),
        };
        let mut configuration = parse(&text, variable("HOME").as_deref().map(Path::new))
            .map_err(|message| ConfigurationError::Parse { file: file.into(), message })?;
        let settings = &mut configuration.settings;
        if !settings.allow_programs.is_empty() {
            settings.program_environment = program_environment(variable);
        }
        Ok(configuration)
    }
}

/// Why the configuration cannot be used. No message shows the proxy's URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// Not readable.
    #[error("cannot read {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not understandable.
    #[error("{}: {message}", file.display())]
    Parse {
        /// The file.
        file: PathBuf,
        /// Line and what is wrong there.
        message: String,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    default_profile: Option<String>,
    listen: Option<String>,
    session_duration: Option<Length>,
    aws_config_file: Option<String>,
    aws_credentials_file: Option<String>,
    sts_endpoint: Option<String>,
    ca_bundle: Option<String>,
    proxy: Option<String>,
    allow_programs: Vec<String>,
    prompt: Option<bool>,
    notices: Option<bool>,
    keep_sessions: Option<bool>,
    audit: Option<bool>,
    profiles: BTreeMap<String, profiles::ProfileTable>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected seconds, or a length such as \"12h\"")]
enum Length {
    Seconds(u64),
    Text(String),
}

fn parse(text: &str, home: Option<&Path>) -> Result<Configuration, String> {
    let file: File = toml::from_str(text).map_err(|error| mistake(text, &error))?;
    let path =
        |key: &str, path: Option<String>| path.map(|path| absolute(key, &path, home)).transpose();
    Ok(Configuration {
        default_profile: file.default_profile.unwrap_or_else(|| "default".to_owned()),
        listen: file.listen,
        session_duration: session_duration(file.session_duration)?,
        prompt: file.prompt.unwrap_or(true),
        notices: file.notices.unwrap_or(true),
        keep_sessions: file.keep_sessions.unwrap_or(true),
        audit: file.audit.unwrap_or(true),
        settings: Settings {
            aws_config_file: path("aws_config_file", file.aws_config_file)?,
            aws_credentials_file: path("aws_credentials_file", file.aws_credentials_file)?,
            sts_endpoint: file.sts_endpoint.map(endpoint).transpose()?,
            ca_bundle: path("ca_bundle", file.ca_bundle)?,
            proxy: file.proxy.map(proxy).transpose()?,
            allow_programs: file.allow_programs,
            profiles: profiles::settings(file.profiles)?,
            ..Settings::default()
        },
    })
}

/// Where and what, but not the line itself: the proxy's may hold a password.
fn mistake(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    format!("line {line}: {}", error.message().replace('\n', ", "))
}

/// A path that means the same wherever the daemon was started. `~/` is the user's home, as in AWS's
/// own files.
fn absolute(key: &str, path: &str, home: Option<&Path>) -> Result<String, String> {
    if let (Some(below), Some(home)) = (path.strip_prefix("~/"), home) {
        return Ok(home.join(below).to_string_lossy().into_owned());
    }
    if Path::new(path).is_absolute() {
        return Ok(path.to_owned());
    }
    Err(format!("{key} is `{path}`: write an absolute path, or one that begins with ~/"))
}

fn session_duration(length: Option<Length>) -> Result<Duration, String> {
    let length = match length {
        None => return Ok(TWELVE_HOURS),
        Some(Length::Seconds(seconds)) => Duration::from_secs(seconds),
        Some(Length::Text(text)) => {
            parse_length(&text).map_err(|error| format!("session_duration: {error}"))?
        }
    };
    if (900..=129_600).contains(&length.as_secs()) {
        return Ok(length);
    }
    Err(format!(
        "session_duration is {} seconds: AWS gives sessions from 15 minutes to 36 hours",
        length.as_secs(),
    ))
}

/// A session token travels to it, so: encrypted, or not over a network at all.
fn endpoint(url: String) -> Result<String, String> {
    match endpoint_mistake(&url) {
        None => Ok(url),
        Some(mistake) => Err(format!("sts_endpoint: {mistake}")),
    }
}

fn proxy(url: String) -> Result<String, String> {
    let known = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    // The URL may hold a password, so the message does not repeat it.
    if known {
        Ok(url)
    } else {
        Err("proxy: write http://HOST:PORT or https://HOST:PORT".to_owned())
    }
}

const TWELVE_HOURS: Duration = Duration::from_secs(12 * 3600);

#[cfg(test)]
mod tests;
