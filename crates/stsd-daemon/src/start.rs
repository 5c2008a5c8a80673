//! The daemon from start to end: a table of contents of its rooms, in the order in which they are
//! entered.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::getuid;
use sd_notify::NotifyState;
use stsd_protocol::{Places, PlacesError};
use tokio::io;
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::caller::{CallersError, TcpCallers, check_unix_peer};
use crate::clock::SystemClock;
use crate::configuration::{Configuration, ConfigurationError};
use crate::control::{self, Control, Permission};
use crate::daemon::Daemon;
use crate::endpoint::{self, Authorization, Endpoint};
use crate::endpoint_port::EndpointPort;
use crate::files::Watch;
use crate::gateway::GatewayProcess;
use crate::listeners::{
    Claim, Inherited, InheritedError, ListenAddressError, Listeners, ListenersError, Loopback,
    Obstacle, PortSettings, raise_descriptor_limit,
};
use crate::options::Options;
use crate::owner::{Command, Owner, Parts};
use crate::state::{self, State};
use crate::state_directory::StateDirectory;
use crate::wire::{Hosts, Shutdown, Stop, shutdown};

/// Runs the daemon until a signal ends it.
///
/// # Errors
/// If it cannot start, or if a part of it died: better locked than stale.
pub async fn run(options: Options) -> Result<(), StartError> {
    let home = env::var_os("HOME");
    let places = Places::find(|name| env::var_os(name), getuid().as_raw())?;
    let configuration = configuration(&options, &places, home.as_ref())?;
    let directory = StateDirectory::open(places.clone());
    let inherited = Inherited::from_environment()?;
    raise_descriptor_limit();
    let port = PortSettings {
        flag: options.listen,
        configured: configuration.listen.as_deref().map(str::parse).transpose()?,
        recorded: directory.port(),
    };
    let listeners = Listeners::open(&places, getuid().as_raw(), inherited, &port)?;
    let (stop, ending) = shutdown();
    let mut house = House::new(ending, &directory)?;
    let claim = house.furnish(configuration, home, places, directory, listeners).await?;
    house.live(stop).await?;
    drop(claim);
    Ok(())
}

fn configuration(
    options: &Options,
    places: &Places,
    home: Option<&OsString>,
) -> Result<Configuration, ConfigurationError> {
    match &options.config {
        Some(file) => Configuration::read(file, true, home),
        None => Configuration::read(&places.configuration, false, home),
    }
}

type Service = Daemon<SystemClock, GatewayProcess>;

/// All tasks of the daemon. The first that ends unasked takes the rest with it.
struct House {
    /// End at a shutdown, after what they are serving.
    doors: JoinSet<&'static str>,
    /// End when the doors have.
    inner: JoinSet<&'static str>,
    ending: Shutdown,
    authorization: Arc<Authorization>,
    callers: Option<Arc<TcpCallers>>,
    port: Arc<EndpointPort>,
    commands: mpsc::UnboundedSender<Command>,
    inbox: Option<mpsc::UnboundedReceiver<Command>>,
}

impl House {
    fn new(ending: Shutdown, directory: &StateDirectory) -> Result<Self, StartError> {
        let authorization = Arc::new(Authorization::new(directory.authorization_token()?));
        let (commands, inbox) = mpsc::unbounded_channel();
        let callers = match TcpCallers::open(getuid().as_raw()) {
            Ok(callers) => Some(Arc::new(callers)),
            Err(error) => {
                warn_of_no_callers(&error);
                None
            }
        };
        Ok(Self {
            doors: JoinSet::new(),
            inner: JoinSet::new(),
            ending,
            authorization,
            callers,
            port: Arc::default(),
            commands,
            inbox: Some(inbox),
        })
    }

    /// Starts every task.
    async fn furnish(
        &mut self,
        configuration: Configuration,
        home: Option<OsString>,
        places: Places,
        directory: StateDirectory,
        listeners: Listeners,
    ) -> Result<Claim, StartError> {
        let programs = Programs::beside_this_one()?;
        if let (Some(home), commands) = (&home, self.commands.clone()) {
            let watch = Watch::new(&configuration.settings, Path::new(home));
            spawn(&mut self.inner, "the watch on the AWS files", watch.run(commands));
        }
        let gateway = Arc::new(GatewayProcess::new(programs.gateway, home));
        directory.publish_credentials_view();
        directory.record_socket();
        if let Some(port) = listeners.loopback.record {
            directory.record_port(port);
        }
        let remembered = directory.remembered();
        let options = state::Options {
            default_profile: configuration.default_profile,
            session_duration: configuration.session_duration,
            settings: configuration.settings.clone(),
            seed: seed()?,
        };
        let (owner, snapshots) = Owner::new(Parts {
            state: State::new(remembered, options),
            clock: SystemClock,
            gateway: Arc::clone(&gateway),
            keeper: directory,
            settings: configuration.settings.clone(),
            client_program: programs.client.to_string_lossy().into_owned(),
        });
        if let Some(inbox) = self.inbox.take() {
            spawn(&mut self.inner, "the owner of the state", owner.run(inbox));
        }
        let mut first_plan = snapshots.clone();
        let service = Arc::new(Daemon {
            clock: SystemClock,
            gateway,
            settings: configuration.settings,
            commands: self.commands.clone(),
            snapshots,
            places,
            port: Arc::clone(&self.port),
        });
        // Until then callers wait in the sockets' queues. A gateway that hangs does not keep the
        // doors shut for ever.
        let _ = timeout(FIRST_PLAN, first_plan.wait_for(|table| table.planned)).await;
        Ok(self.open(listeners, &service))
    }

    /// Puts somebody behind every door.
    fn open(&mut self, listeners: Listeners, service: &Arc<Service>) -> Claim {
        let Listeners { control, credentials, loopback, claim } = listeners;
        let control_api = Control::new(Permission::Change, Arc::clone(service));
        let control = control::serve(control, admit_unix, control_api, self.ending.clone());
        spawn(&mut self.doors, "the control socket", control);
        self.open_credentials_socket(credentials, service);
        self.open_loopback(loopback, service);
        claim
    }

    fn open_credentials_socket(&mut self, listener: UnixListener, service: &Arc<Service>) {
        let endpoint = self.endpoint("creds.sock", Hosts::AnyPort, service);
        let task = endpoint::serve(listener, admit_unix, endpoint, self.ending.clone());
        spawn(&mut self.doors, "the credentials socket", task);
    }

    fn open_loopback(&mut self, loopback: Loopback, service: &Arc<Service>) {
        let Some(callers) = self.callers.clone() else { return };
        let port = loopback.port;
        for listener in loopback.listeners {
            let v4 = listener.local_addr().is_ok_and(|address| address.is_ipv4());
            if v4 {
                self.port.opened(port);
            }
            let door = if v4 { "127.0.0.1" } else { "[::1]" };
            let endpoint = self.endpoint(door, Hosts::Port(port), service);
            let task =
                serve_loopback(listener, endpoint, Arc::clone(&callers), self.ending.clone());
            spawn(&mut self.doors, "the endpoint", task);
        }
        for obstacle in loopback.obstacles {
            let door = if obstacle.address.is_ipv4() { "127.0.0.1" } else { "[::1]" };
            let endpoint = self.endpoint(door, Hosts::Port(port), service);
            let (state, callers) = (Arc::clone(&self.port), Arc::clone(&callers));
            let ending = self.ending.clone();
            alarm(&obstacle, &state);
            spawn(&mut self.doors, "the endpoint", async move {
                let v4 = obstacle.address.is_ipv4();
                let removed = obstacle.removed(|obstacle| alarm(obstacle, &state));
                let listener = tokio::select! {
                    listener = removed => listener,
                    _ = ending.clone().requested() => return,
                };
                if v4 {
                    state.opened(port);
                }
                info!(door, port, "opened the endpoint, whose port was taken before");
                serve_loopback(listener, endpoint, callers, ending).await;
            });
        }
    }

    fn endpoint(
        &self,
        door: &'static str,
        hosts: Hosts,
        service: &Arc<Service>,
    ) -> Endpoint<Service> {
        Endpoint::new(door, hosts, Arc::clone(&self.authorization), Arc::clone(service))
    }

    /// Obeys signals until one of them, or the death of a task, ends the daemon.
    async fn live(mut self, stop: Stop) -> Result<(), StartError> {
        let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Signals)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Signals)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(StartError::Signals)?;
        let mut lock = signal(SignalKind::user_defined1()).map_err(StartError::Signals)?;
        self.say_ready();
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hangup.recv() => self.tell(Command::Replan),
                _ = lock.recv() => self.tell(Command::Lock(None, oneshot::channel().0)),
                Some(ended) = self.doors.join_next() => return Err(died(ended)),
                Some(ended) = self.inner.join_next() => return Err(died(ended)),
            }
        }
        notify(NotifyState::Stopping);
        info!("stopping");
        stop.within(DRAIN);
        // Each door keeps to its deadline by itself.
        while self.doors.join_next().await.is_some() {}
        self.inner.shutdown().await;
        Ok(())
    }

    fn tell(&self, command: Command) {
        // If nobody listens, the owner is dead, and its task's end is the next event.
        let _ = self.commands.send(command);
    }

    fn say_ready(&self) {
        match self.port.port() {
            Some(port) => eprintln!("stsd-daemon: ready on http://127.0.0.1:{port}"),
            None => eprintln!("stsd-daemon: ready on its Unix sockets alone"),
        }
        notify(NotifyState::Ready);
    }
}

/// The gateway reads a thousand profiles in a fraction of this.
const FIRST_PLAN: Duration = Duration::from_secs(4);

/// How long open connections may take after SIGTERM.
const DRAIN: Duration = Duration::from_millis(1500);

fn spawn(
    tasks: &mut JoinSet<&'static str>,
    name: &'static str,
    task: impl Future<Output = ()> + Send + 'static,
) {
    tasks.spawn(async move {
        task.await;
        name
    });
}

fn died(ended: Result<&'static str, JoinError>) -> StartError {
    let part = ended.unwrap_or("a task");
    error!(part, "a part of the daemon died");
    StartError::Died(part)
}

async fn serve_loopback(
    listener: TcpListener,
    door: Endpoint<Service>,
    callers: Arc<TcpCallers>,
    ending: Shutdown,
) {
    let admit = move |stream: &tokio::net::TcpStream| {
        let (peer, local) = (stream.peer_addr()?, stream.local_addr()?);
        callers.check(peer, local).map_err(io::Error::other)
    };
    endpoint::serve(listener, admit, door, ending).await;
}

fn admit_unix(stream: &tokio::net::UnixStream) -> Result<(), crate::caller::Refused> {
    check_unix_peer(stream, getuid().as_raw())
}

fn alarm(obstacle: &Obstacle, port: &EndpointPort) {
    error!(%obstacle, "could not open the endpoint; the Unix sockets go on, and the port is tried again every 30 s");
    port.obstructed(obstacle.to_string());
}

fn warn_of_no_callers(error: &CallersError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    warn!(%error, cause, "serving no TCP, only the Unix sockets");
}

fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        warn!(%error, "could not notify the service manager");
    }
}

fn seed() -> Result<u64, getrandom::Error> {
    getrandom::u64()
}

/// The other two programs, which stand beside this one.
struct Programs {
    gateway: PathBuf,
    client: PathBuf,
}

impl Programs {
    /// Never by PATH. Asked once, at the start: after an upgrade the system would name a file that
    /// is gone.
    fn beside_this_one() -> Result<Self, StartError> {
        let program = env::current_exe().map_err(StartError::Program)?;
        let beside = |name: &str| program.with_file_name(name);
        let programs = Self { gateway: beside("stsd-gateway"), client: beside("stsd") };
        for program in [&programs.gateway, &programs.client] {
            if !program.exists() {
                error!(program = %program.display(), "found no such program; install it beside stsd-daemon");
            }
        }
        Ok(programs)
    }
}

/// Why the daemon is not running.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No home.
    #[error(transparent)]
    Places(#[from] PlacesError),
    /// Its own configuration.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// `listen` in its own configuration.
    #[error("listen: {0}")]
    Listen(#[from] ListenAddressError),
    /// What the service manager passed.
    #[error(transparent)]
    Inherited(#[from] InheritedError),
    /// The doors.
    #[error(transparent)]
    Listeners(#[from] ListenersError),
    /// No randomness for an authorization token.
    #[error("the system gives no random numbers")]
    Random(#[from] getrandom::Error),
    /// The programs beside this one cannot be found without knowing where it is.
    #[error("cannot tell where this program is")]
    Program(#[source] io::Error),
    /// No signals.
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    /// A task ended.
    #[error("{0} died")]
    Died(&'static str),
}

impl StartError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Places(_) => "start it from a login session, or set HOME",
            Self::Configuration(_) => "correct the file, or remove it: stsd needs none",
            Self::Listen(_) => "write, for example, listen = \"127.0.0.1:7873\"",
            Self::Inherited(_) => "look at the sockets in stsd.socket and stsd-endpoint.socket",
            Self::Listeners(ListenersError::AlreadyRunning { .. }) => {
                "use that one, or end it first: `systemctl --user stop stsd`"
            }
            Self::Listeners(_) => {
                "see the message; the directory must be yours and closed to others"
            }
            Self::Random(_) | Self::Program(_) | Self::Signals(_) => {
                "this is a defect of the system"
            }
            Self::Died(_) => "look at the log above, and start it again",
        }
    }

    /// As in `sysexits.h`: 75 for a second daemon, 78 for configuration, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Listeners(ListenersError::AlreadyRunning { .. }) => 75,
            Self::Places(_) | Self::Configuration(_) | Self::Listen(_) | Self::Inherited(_) => 78,
            Self::Listeners(_) => 78,
            Self::Random(_) | Self::Program(_) | Self::Signals(_) | Self::Died(_) => 1,
        }
    }
}
