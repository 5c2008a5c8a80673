//! The daemon's command line: two options, read by hand. The resident program should not carry a
//! parser for forty; the client, which people type at, has one.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::*;

use crate::listeners::ListenAddress;

/// What the command line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Read this configuration instead of the usual one.
    pub config: Option<PathBuf>,
    /// Serve the credentials endpoint here; port 0 is any free one, and is not recorded.
    pub listen: Option<ListenAddress>,
}

/// What the daemon is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// Serve.
    Run(Options),
    /// Print this and leave.
    Print(&'static str),
}

impl Request {
    /// Reads a command line, the program's name first.
    ///
    /// # Errors
    /// If it says something else, or something that cannot be.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, UsageError> {
        let mut parser = lexopt::Parser::from_iter(arguments);
        let mut options = Options::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("config") => options.config = Some(parser.value()?.into()),
                Long("listen") => options.listen = Some(parser.value()?.parse()?),
                Short('h') | Long("help") => return Ok(Self::Print(HELP)),
                Short('V') | Long("version") => return Ok(Self::Print(VERSION)),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(Self::Run(options))
    }
}

/// Why the command line does not read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct UsageError(#[from] lexopt::Error);

const VERSION: &str = concat!("stsd-daemon ", env!("CARGO_PKG_VERSION"), "\n");

const HELP: &str = "\
Holds the AWS sessions of one user, refreshes them, and serves them to every AWS tool.

Runs in the foreground. `stsd unlock` starts a session; `stsd status` shows what there is.

Usage: stsd-daemon [OPTIONS]

Options:
      --config <FILE>            Read this configuration instead of ~/.config/stsd/config.toml
      --listen <127.0.0.1:PORT>  Serve the credentials endpoint here; port 0 is any free one, and is
                                 not recorded
  -h, --help                     Print help
  -V, --version                  Print version

Signals: SIGTERM and SIGINT end it, SIGHUP reads the AWS files again, SIGUSR1 locks.
Environment: STSD_LOG filters the log on standard error (error, warn, info, debug, trace);
HOME, XDG_CONFIG_HOME, XDG_STATE_HOME and XDG_RUNTIME_DIR say where files are.
";

#[cfg(test)]
mod man;
#[cfg(test)]
mod tests {
    use super::{HELP, Options, Request, VERSION};

    fn parse(words: &[&str]) -> Result<Request, String> {
        let words = ["stsd-daemon"].iter().chain(words).map(Into::into);
        Request::parse(words).map_err(|error| error.to_string())
    }

    #[test]
    fn both_options_are_read_in_both_spellings() {
        let options = Options {
            config: Some("/etc/stsd.toml".into()),
            listen: Some("127.0.0.1:0".parse().unwrap()),
        };
        for words in [
            &["--config", "/etc/stsd.toml", "--listen", "127.0.0.1:0"][..],
            &["--listen=127.0.0.1:0", "--config=/etc/stsd.toml"],
        ] {
            assert_eq!(parse(words), Ok(Request::Run(options.clone())), "{words:?}");
        }
        assert_eq!(parse(&[]), Ok(Request::Run(Options::default())));
    }

    #[test]
    fn help_and_version_are_printed() {
        assert_eq!(parse(&["--help"]), Ok(Request::Print(HELP)));
        assert_eq!(parse(&["-V"]), Ok(Request::Print(VERSION)));
    }

    #[test]
    fn what_does_not_read_says_why() {
        for (words, message) in [
            (&["--liste"][..], "invalid option '--liste'"),
            (&["--config"], "missing argument for option '--config'"),
            (&["run"], "unexpected argument \"run\""),
        ] {
            assert_eq!(parse(words), Err(message.to_owned()));
        }
        let elsewhere = parse(&["--listen", "192.0.2.1:1"]).unwrap_err();
        assert!(elsewhere.contains("192.0.2.1 is not a loopback address"), "{elsewhere}");
    }
}
