//! The daemon from start to end: a table of contents of its rooms, in the order in which they are
//! entered.

mod doors;
mod error;
mod furniture;
mod house;
mod programs;
mod signals;
mod sockets;

use std::env;
use std::time::Duration;

use nix::unistd::getuid;
use stsd_configuration::{Configuration, ConfigurationError};
use stsd_protocol::Places;
use tokio::time::sleep;
use tracing::debug;

use crate::clock::SystemClock;
use crate::daemon::Daemon;
use crate::gateway::GatewayProcess;
use crate::listeners::{Inherited, Listeners, PortSettings, raise_descriptor_limit};
use crate::options::Options;
use crate::state_directory::StateDirectory;
use crate::survival::Survival;
use crate::wire::shutdown;

pub use error::StartError;
use furniture::Found;
use house::House;
use signals::Signals;

/// Runs the daemon until a signal ends it.
///
/// # Errors
/// If it cannot start, or if a part of it died: better locked than stale.
pub async fn run(options: Options) -> Result<(), StartError> {
    let home = env::var_os("HOME");
    let places = Places::find(|name| env::var_os(name), getuid().as_raw())?;
    let configuration = configuration(&options, &places)?;
    confine(&configuration);
    let directory = StateDirectory::open(places.clone());
    let mut inherited = Inherited::take_over()?;
    let records = std::mem::take(&mut inherited.records);
    raise_descriptor_limit();
    let port = PortSettings {
        flag: options.listen,
        configured: configuration.listen.as_deref().map(str::parse).transpose()?,
        recorded: directory.port(),
    };
    let signals = Signals::listen().map_err(StartError::Signals)?;
    let listeners = Listeners::open(&places, getuid().as_raw(), inherited, &port)?;
    let (stop, ending) = shutdown();
    let mut house = House::new(ending, &directory)?;
    let variable = |name: &str| env::var_os(name);
    // Not before the lock is ours: a second daemon has no business with it.
    let (survival, survivors) = Survival::begin(records, configuration.keep_sessions, variable);
    if survival.crashes() {
        sleep(AFTER_CRASHES).await;
    }
    let found = Found { configuration, home, directory, survival, survivors };
    let claim = house.furnish(found, listeners).await?;
    house.live(signals, stop).await?;
    drop(claim);
    Ok(())
}

fn configuration(options: &Options, places: &Places) -> Result<Configuration, ConfigurationError> {
    let variable = |name: &str| env::var_os(name);
    match &options.config {
        Some(file) => Configuration::read(file, true, variable),
        None => Configuration::read(&places.configuration, false, variable),
    }
}

/// A program that the user allows may be a browser, a container, or want to gain rights; it runs below
/// the gateway, and so below the daemon, and would find itself without. What the service manager has
/// taken from all of them stays taken.
fn confine(configuration: &Configuration) {
    let confinement = match configuration.settings.allow_programs.is_empty() {
        true => stsd_confinement::confine_daemon(),
        false => stsd_confinement::in_force(),
    };
    debug!(%confinement, "confined the daemon");
}

type Service = Daemon<SystemClock, GatewayProcess>;

/// How long a daemon rests before it tries what others have crashed on.
const AFTER_CRASHES: Duration = Duration::from_secs(1);
