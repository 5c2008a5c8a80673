//! The command line.

mod client;
mod config;
mod fault;
mod serve;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use serde_json::json;
use sts_emulator::{World, WorldError};

use self::client::{Client, ClientError};
use self::fault::FaultArgs;

/// Where the emulator listens, and where the subcommands look for it: one above stsd's own 7873.
const DEFAULT_ADDRESS: &str = "127.0.0.1:7874";
const DEFAULT_URL: &str = "http://127.0.0.1:7874";

/// An STS (and a little S3) on loopback that is as strict as the real one.
///
/// Without a subcommand it serves a world until ctrl-C, and prints its address as one JSON line:
/// {"url":"http://127.0.0.1:7874"}. Point AWS_ENDPOINT_URL, or endpoint_url in ~/.aws/config, at that.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Args)]
struct ServeArgs {
    /// The address to listen on: a loopback address; port 0 takes any free one.
    #[arg(long, value_name = "ADDR", default_value = DEFAULT_ADDRESS)]
    listen: SocketAddr,
    #[command(flatten)]
    world: WorldArgs,
}

#[derive(Args)]
struct WorldArgs {
    /// The accounts, users and roles, as in world.example.toml; without it, that example.
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
}

#[derive(Args)]
struct UrlArgs {
    /// The emulator to ask.
    #[arg(long, value_name = "URL", env = "STS_EMULATOR_URL", default_value = DEFAULT_URL)]
    url: String,
}

#[derive(Subcommand)]
enum Command {
    /// Print an unspent token code of an MFA device.
    Code {
        /// The device's serial number, as in arn:aws:iam::111122223333:mfa/alice.
        serial: String,
        #[command(flatten)]
        url: UrlArgs,
    },
    /// Print who asked what, as JSON.
    Journal {
        #[command(flatten)]
        url: UrlArgs,
    },
    /// Move the emulator's clock forward, and print its time.
    Advance {
        /// As in 90s, 15m, "11h 59m".
        #[arg(value_parser = humantime::parse_duration)]
        by: Duration,
        #[command(flatten)]
        url: UrlArgs,
    },
    /// Make something go wrong, or `fault clear` to stop it.
    Fault {
        #[command(flatten)]
        fault: FaultArgs,
        #[command(flatten)]
        url: UrlArgs,
    },
    /// Print a ~/.aws/config that fits the world.
    Config {
        #[command(flatten)]
        world: WorldArgs,
        #[command(flatten)]
        url: UrlArgs,
    },
    /// Print a ~/.aws/credentials that fits the world.
    Credentials {
        #[command(flatten)]
        world: WorldArgs,
    },
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("{} cannot be read", .0.display())]
    WorldFile(PathBuf, #[source] io::Error),
    #[error("{} is not served", .0.display())]
    World(PathBuf, #[source] WorldError),
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    #[error("the runtime did not start")]
    Runtime(#[source] io::Error),
    #[error("the answer could not be written")]
    Output(#[from] io::Error),
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl Cli {
    pub(crate) fn run(self) -> Result<(), CliError> {
        match self.command {
            None => serve::run(self.serve.listen, self.serve.world.load()?),
            Some(command) => command.run(),
        }
    }
}

impl Command {
    fn run(self) -> Result<(), CliError> {
        let text = self.text()?;
        // Not `print!`, which panics when the reader has gone: `sts-emulator journal | head`.
        io::stdout().write_all(text.as_bytes())?;
        Ok(())
    }

    fn text(self) -> Result<String, CliError> {
        Ok(match self {
            Self::Code { serial, url } => {
                let query = form_urlencoded::Serializer::new(String::new())
                    .append_pair("serial", &serial)
                    .finish();
                let answer = Client::new(&url.url)?.get(&format!("code?{query}"))?;
                format!("{}\n", answer["code"].as_str().unwrap_or_default())
            }
            Self::Journal { url } => format!("{:#}\n", Client::new(&url.url)?.get("journal")?),
            Self::Advance { by, url } => {
                let answer = Client::new(&url.url)?
                    .post("clock", &json!({ "advance_seconds": by.as_secs() }))?;
                format!("{}\n", answer["now"].as_str().unwrap_or_default())
            }
            Self::Fault { fault, url } => format!("{:#}\n", fault.order(&Client::new(&url.url)?)?),
            Self::Config { world, url } => config::config(&world.load()?, &url.url),
            Self::Credentials { world } => config::credentials(&world.load()?),
        })
    }
}

impl WorldArgs {
    fn load(&self) -> Result<World, CliError> {
        self.world.as_deref().map_or_else(|| Ok(World::example()), load)
    }
}

fn load(path: &Path) -> Result<World, CliError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| CliError::WorldFile(path.to_owned(), error))?;
    World::parse(&text).map_err(|error| CliError::World(path.to_owned(), error))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }
}
