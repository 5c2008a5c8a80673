//! Who moves into the house before its doors open: the watch on the user's files, the audit, the owner of
//! the state, and what answers for them all.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use stsd_configuration::Configuration;
use stsd_protocol::Places;
use tokio::sync::watch;
use tokio::time::timeout;

use super::StartError;
use super::house::{House, spawn};
use super::programs::Programs;
use super::sockets::SharedClaim;
use crate::audit::{self, Audit};
use crate::clock::SystemClock;
use crate::daemon::Daemon;
use crate::files::Watch;
use crate::gateway::GatewayProcess;
use crate::listeners::Listeners;
use crate::notices::{self, Bell, Messenger};
use crate::owner::{Owner, Parts};
use crate::state::{self, State, Survivors, Table};
use crate::state_directory::StateDirectory;
use crate::survival::{Keeping, Survival};

/// What the start has found.
pub(super) struct Found {
    pub(super) configuration: Configuration,
    pub(super) home: Option<OsString>,
    pub(super) directory: StateDirectory,
    pub(super) survival: Survival,
    pub(super) survivors: Option<Survivors>,
}

type Snapshots = watch::Receiver<Arc<Table>>;

impl House {
    /// Starts every task, and opens the doors when the first plan is there.
    pub(super) async fn furnish(
        &mut self,
        mut found: Found,
        listeners: Listeners,
    ) -> Result<SharedClaim, StartError> {
        let programs = Programs::beside_this_one()?;
        let watch = found.watch();
        publish(&found.directory, &listeners);
        let state = found.state()?;
        let Found { configuration, home, directory, survival, .. } = found;
        let (places, outlook) = (directory.places(), survival.outlook());
        let writer = configuration.audit.then(|| self.audit(&places));
        let gateway = Arc::new(GatewayProcess::new(programs.gateway, home));
        let snapshots = self.own(Parts {
            state,
            clock: SystemClock,
            gateway: Arc::clone(&gateway),
            keeper: Keeping { directory, survival },
            settings: configuration.settings.clone(),
            client_program: programs.client.to_string_lossy().into_owned(),
        });
        self.watch_files(watch, &snapshots);
        self.audit_ending = writer.map(|writer| writer.start(snapshots.clone()));
        let bell = configuration.notices.then(|| self.notices(snapshots.clone()));
        let service = Arc::new(Daemon {
            clock: SystemClock,
            gateway,
            settings: configuration.settings,
            commands: self.commands.clone(),
            snapshots: snapshots.clone(),
            places,
            port: Arc::clone(&self.port),
            authorization: Arc::clone(&self.authorization),
            outlook,
            audit: self.audit.clone(),
            bell: bell.unwrap_or_default(),
        });
        first_plan(snapshots).await;
        self.open(listeners, &service)
    }

    /// Follows the user's AWS files.
    fn watch_files(&mut self, watch: Option<Watch>, snapshots: &Snapshots) {
        if let Some(watch) = watch {
            let task = watch.run(self.commands.clone(), snapshots.clone());
            spawn(&mut self.inner, "the watch on the AWS files", task);
        }
    }

    /// Starts the one task that writes the state, and says where its word comes out.
    fn own(&mut self, parts: Parts<SystemClock, GatewayProcess, Keeping>) -> Snapshots {
        let (owner, snapshots) = Owner::new(parts);
        let owner = owner.audited(self.audit.clone());
        if let Some(inbox) = self.inbox.take() {
            spawn(&mut self.inner, "the owner of the state", owner.run(inbox));
        }
        snapshots
    }

    /// Has everybody tell the audit from now on, and says what is to write it.
    fn audit(&mut self, places: &Places) -> audit::Waiting {
        let (audit, waiting) = Audit::new(places.audit_log());
        self.audit = audit;
        waiting
    }

    /// Starts what shows notices, and says where it hears of refusals.
    fn notices(&mut self, snapshots: Snapshots) -> Bell {
        let (bell, heard) = Bell::new();
        let messenger = Messenger::of_this_system(|name| env::var_os(name));
        let task = notices::run(SystemClock, heard, snapshots, messenger);
        spawn(&mut self.inner, "the notices", task);
        bell
    }
}

impl Found {
    /// On the user's AWS files, where there is a home to find them in.
    fn watch(&self) -> Option<Watch> {
        let home = Path::new(self.home.as_ref()?);
        Some(Watch::new(&self.configuration.settings, home))
    }

    fn state(&mut self) -> Result<State, StartError> {
        let Configuration { default_profile, prompt, session_duration, settings, .. } =
            &self.configuration;
        let options = state::Options {
            default_profile: default_profile.clone(),
            prompt: *prompt,
            session_duration: *session_duration,
            settings: settings.clone(),
            seed: getrandom::u64()?,
        };
        let mut state = State::new(self.directory.remembered(), options);
        self.survivors.take().into_iter().for_each(|survivors| state.expect(survivors));
        Ok(state)
    }
}

/// What clients find by.
fn publish(directory: &StateDirectory, listeners: &Listeners) {
    directory.publish_credentials_view();
    directory.record_socket();
    if let Some(port) = listeners.loopback.record {
        directory.record_port(port);
    }
}

/// Until then callers wait in the sockets' queues. A gateway that hangs does not keep the doors shut for
/// ever.
async fn first_plan(mut snapshots: Snapshots) {
    let _ = timeout(FIRST_PLAN, snapshots.wait_for(|table| table.planned)).await;
}

/// The gateway reads a thousand profiles in a fraction of this.
const FIRST_PLAN: Duration = Duration::from_secs(4);
