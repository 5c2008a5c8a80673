//! The daemon from start to end: a table of contents of its rooms, in the order in which they are
//! entered.

mod doors;
mod error;
mod programs;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::getuid;
use sd_notify::NotifyState;
use stsd_configuration::{Configuration, ConfigurationError};
use stsd_protocol::Places;
use stsd_protocol::audit::Event;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::{debug, error, info, warn};

use crate::audit::{self, Audit};
use crate::authorization::Authorization;
use crate::caller::{CallersError, TcpCallers};
use crate::clock::SystemClock;
use crate::daemon::Daemon;
use crate::endpoint_port::EndpointPort;
use crate::files::Watch;
use crate::gateway::GatewayProcess;
use crate::listeners::{Claim, Inherited, Listeners, PortSettings, raise_descriptor_limit};
use crate::notices::{self, Bell, Messenger};
use crate::options::Options;
use crate::owner::{Command, Owner, Parts};
use crate::state::{self, State, Survivors, Table};
use crate::state_directory::StateDirectory;
use crate::survival::{Keeping, Survival, note_a_crash};
use crate::upkeep::Upkeep;
use crate::wire::{Shutdown, Stop, shutdown};

pub use error::StartError;
use programs::Programs;

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
    let survived = Survival::begin(records, configuration.keep_sessions, variable);
    if survived.0.crashes() {
        sleep(AFTER_CRASHES).await;
    }
    let claim = house.furnish(configuration, home, (directory, survived), listeners).await?;
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
    audit: Audit,
    /// Writes the audit's last lines when the house is left.
    audit_ending: Option<audit::Ending>,
    commands: mpsc::UnboundedSender<Command>,
    inbox: Option<mpsc::UnboundedReceiver<Command>>,
}

impl House {
    fn new(ending: Shutdown, directory: &StateDirectory) -> Result<Self, StartError> {
        let token = directory.authorization_token()?;
        let (commands, inbox) = mpsc::unbounded_channel();
        let mut inner = JoinSet::new();
        let upkeep = Upkeep::new(directory.clone(), token.clone());
        spawn(&mut inner, "the upkeep of the state directory", upkeep.run(commands.clone()));
        let authorization = Arc::new(Authorization::open(token, directory.clone(), SystemClock));
        let port = Arc::new(EndpointPort::default());
        let callers = match TcpCallers::open(getuid().as_raw()) {
            Ok(callers) => Some(Arc::new(callers)),
            Err(error) => {
                warn_of_no_callers(&error);
                port.obstructed(
                    ([127, 0, 0, 1], 0).into(),
                    format!("{error}, so no TCP is served"),
                );
                None
            }
        };
        Ok(Self {
            doors: JoinSet::new(),
            inner,
            ending,
            authorization,
            callers,
            port,
            audit: Audit::default(),
            audit_ending: None,
            commands,
            inbox: Some(inbox),
        })
    }

    /// Starts every task.
    async fn furnish(
        &mut self,
        configuration: Configuration,
        home: Option<OsString>,
        (directory, (survival, survivors)): (StateDirectory, (Survival, Option<Survivors>)),
        listeners: Listeners,
    ) -> Result<Claim, StartError> {
        let programs = Programs::beside_this_one()?;
        let watch = home.as_ref().map(|home| Watch::new(&configuration.settings, Path::new(home)));
        let gateway = Arc::new(GatewayProcess::new(programs.gateway, home));
        directory.publish_credentials_view();
        directory.record_socket();
        if let Some(port) = listeners.loopback.record {
            directory.record_port(port);
        }
        let audit_waiting = configuration.audit.then(|| self.audit(&directory.places()));
        let remembered = directory.remembered();
        let options = state::Options {
            default_profile: configuration.default_profile,
            prompt: configuration.prompt,
            session_duration: configuration.session_duration,
            settings: configuration.settings.clone(),
            seed: seed()?,
        };
        let mut state = State::new(remembered, options);
        survivors.into_iter().for_each(|survivors| state.expect(survivors));
        let (places, outlook) = (directory.places(), survival.outlook());
        let (owner, snapshots) = Owner::new(Parts {
            state,
            clock: SystemClock,
            gateway: Arc::clone(&gateway),
            keeper: Keeping { directory, survival },
            settings: configuration.settings.clone(),
            client_program: programs.client.to_string_lossy().into_owned(),
        });
        let owner = owner.audited(self.audit.clone());
        if let Some(watch) = watch {
            let task = watch.run(self.commands.clone(), snapshots.clone());
            spawn(&mut self.inner, "the watch on the AWS files", task);
        }
        if let Some(inbox) = self.inbox.take() {
            spawn(&mut self.inner, "the owner of the state", owner.run(inbox));
        }
        self.audit_ending = audit_waiting.map(|waiting| waiting.start(snapshots.clone()));
        let mut first_plan = snapshots.clone();
        let service = Arc::new(Daemon {
            clock: SystemClock,
            gateway,
            settings: configuration.settings,
            commands: self.commands.clone(),
            snapshots,
            places,
            port: Arc::clone(&self.port),
            authorization: Arc::clone(&self.authorization),
            outlook,
            audit: self.audit.clone(),
            bell: if configuration.notices {
                self.notices(first_plan.clone())
            } else {
                Bell::default()
            },
        });
        // Until then callers wait in the sockets' queues. A gateway that hangs does not keep the
        // doors shut for ever.
        let _ = timeout(FIRST_PLAN, first_plan.wait_for(|table| table.planned)).await;
        Ok(self.open(listeners, &service))
    }

    /// Has everybody tell the audit from now on, and says what is to write it.
    fn audit(&mut self, places: &Places) -> audit::Waiting {
        let (audit, waiting) = Audit::new(places.audit_log());
        self.audit = audit;
        waiting
    }

    /// Starts what shows notices, and says where it hears of refusals.
    fn notices(&mut self, snapshots: watch::Receiver<Arc<Table>>) -> Bell {
        let (bell, heard) = Bell::new();
        let messenger = Messenger::of_this_system(|name| env::var_os(name));
        let task = notices::run(SystemClock, heard, snapshots, messenger);
        spawn(&mut self.inner, "the notices", task);
        bell
    }

    /// Obeys signals until one of them, or the death of a task, ends the daemon.
    async fn live(mut self, mut signals: Signals, stop: Stop) -> Result<(), StartError> {
        self.say_ready();
        self.audit.happened(audit::started(), None);
        loop {
            tokio::select! {
                _ = signals.terminate.recv() => break,
                _ = signals.interrupt.recv() => break,
                _ = signals.hangup.recv() => self.tell(Command::Replan),
                _ = signals.lock.recv() => self.tell(Command::Lock(None, oneshot::channel().0)),
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
        self.audit.happened(Event::Stopped, None);
        Ok(())
    }

    fn tell(&self, command: Command) {
        // If nobody listens, the owner is dead, and its task's end is the next event.
        let _ = self.commands.send(command);
    }

    fn say_ready(&self) {
        let places = match self.port.port() {
            Some(port) => format!("http://127.0.0.1:{port}"),
            None => "its Unix sockets alone".to_owned(),
        };
        // `eprintln!` would panic where nobody reads the log any more, or its disk is full.
        let _ = writeln!(io::stderr(), "stsd-daemon: ready on {places}");
        notify(NotifyState::Ready);
    }
}

/// Listened for from before the doors open: the usual answer to SIGHUP and SIGUSR1 is to die.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    lock: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            lock: signal(SignalKind::user_defined1())?,
        })
    }
}

/// The gateway reads a thousand profiles in a fraction of this.
const FIRST_PLAN: Duration = Duration::from_secs(4);

/// How long a daemon rests before it tries what others have crashed on.
const AFTER_CRASHES: Duration = Duration::from_secs(1);

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
    note_a_crash();
    error!(part, "a part of the daemon died");
    StartError::Died(part)
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
