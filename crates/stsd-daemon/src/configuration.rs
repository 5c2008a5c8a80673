//! stsd's own configuration: `config.toml`, which need not exist. Parsed once, into types; a key
//! that stsd does not know is a mistake, so that a misspelled one is not silently without effect.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use serde::Deserialize;
use stsd_protocol::gateway::Settings;
use stsd_protocol::{endpoint_mistake, parse_length};

/// What the user may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// What `/creds` and a request without a profile mean.
    pub default_profile: String,
    /// `127.0.0.1:PORT`, as the user wrote it.
    pub listen: Option<String>,
    /// How long a session lasts where `unlock` does not say; 15 minutes to 36 hours.
    pub session_duration: Duration,
    /// For the gateway.
    pub settings: Settings,
}

impl Configuration {
    /// Reads the file, or takes the defaults where there is none.
    ///
    /// # Errors
    /// If the file cannot be read or understood; a missing one is an error if `required`.
    pub fn read(
        file: &Path,
        required: bool,
        home: Option<&OsString>,
    ) -> Result<Self, ConfigurationError> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !required => String::new(),
            Err(source) => return Err(ConfigurationError::Read { file: file.into(), source }),
        };
        let home = home.map(Path::new);
        parse(&text, home)
            .map_err(|message| ConfigurationError::Parse { file: file.into(), message })
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
        settings: Settings {
            aws_config_file: path("aws_config_file", file.aws_config_file)?,
            aws_credentials_file: path("aws_credentials_file", file.aws_credentials_file)?,
            sts_endpoint: file.sts_endpoint.map(endpoint).transpose()?,
            ca_bundle: path("ca_bundle", file.ca_bundle)?,
            proxy: file.proxy.map(proxy).transpose()?,
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
mod tests {
    use super::parse;
    use std::path::Path;
    use std::time::Duration;

    #[test]
    fn an_empty_file_is_the_defaults() {
        let configuration = parse("", None).unwrap();
        assert_eq!(configuration.default_profile, "default");
        assert_eq!(configuration.session_duration, Duration::from_secs(43_200));
        assert_eq!(configuration.listen, None);
    }

    #[test]
    fn a_misspelled_key_is_named_with_its_line() {
        let error = parse("default_profile = \"prod\"\nsession_length = 1\n", None).unwrap_err();
        assert!(error.contains("line 2") && error.contains("session_length"), "{error}");
    }

    #[test]
    fn a_line_that_does_not_parse_is_numbered_and_not_shown() {
        let error = parse("# home\nproxy = \"http://alice:hunter2@proxy\n", None).unwrap_err();
        assert!(error.starts_with("line 2: ") && !error.contains("hunter2"), "{error}");
        let error = parse("session_duration = true", None).unwrap_err();
        assert_eq!(error, "line 1: expected seconds, or a length such as \"12h\"");
    }

    #[test]
    fn lengths_are_seconds_or_text_within_what_sts_allows() {
        let length = |text: &str| {
            parse(&format!("session_duration = {text}"), None).map(|c| c.session_duration.as_secs())
        };
        assert_eq!(length("900"), Ok(900));
        assert_eq!(length("\"36h\""), Ok(129_600));
        for text in ["899", "\"37h\"", "\"long\"", "true", "-1"] {
            assert!(length(text).is_err(), "{text}");
        }
    }

    #[test]
    fn endpoints_are_encrypted_or_on_this_machine() {
        let allowed = |url: &str| parse(&format!("sts_endpoint = \"{url}\""), None).is_ok();
        assert!(allowed("https://sts.eu-west-1.amazonaws.com") && allowed("http://[::1]:7/"));
        assert!(
            !allowed("http://sts.amazonaws.com") && !allowed("http://127.0.0.1:80@evil.example")
        );
    }

    #[test]
    fn paths_are_absolute_or_under_home() {
        let home = Some(Path::new("/home/alice"));
        let file = |path: &str| {
            parse(&format!("aws_config_file = \"{path}\""), home)
                .map(|c| c.settings.aws_config_file)
        };
        assert_eq!(file("~/work/aws"), Ok(Some("/home/alice/work/aws".to_owned())));
        assert_eq!(file("/etc/aws"), Ok(Some("/etc/aws".to_owned())));
        assert!(file("aws/config").is_err());
    }

    #[test]
    fn the_commented_example_has_every_key_and_says_the_defaults() {
        let example = include_str!("../../../docs/config.toml");
        parse(example, None).unwrap();
        let uncommented: String = example
            .lines()
            .map(|line| line.strip_prefix("#").filter(|l| !l.starts_with([' ', '#'])).unwrap_or(""))
            .map(|line| format!("{line}\n"))
            .collect();
        let everything = parse(&uncommented, Some(Path::new("/home/alice"))).unwrap();
        let settings = &everything.settings;
        assert!(everything.listen.is_some() && settings.aws_config_file.is_some());
        assert!(settings.aws_credentials_file.is_some() && settings.sts_endpoint.is_some());
        assert!(settings.ca_bundle.is_some() && settings.proxy.is_some());
        assert_eq!(everything.session_duration, Duration::from_secs(43_200));
        assert_eq!(everything.default_profile, "default");
    }
}
