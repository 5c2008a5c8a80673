//! Who answers behind which socket, and the wait for a port that somebody else has.

use std::net;
use std::net::SocketAddr;
use std::os::unix::net as unix;
use std::sync::{Arc, Mutex};

use nix::unistd::getuid;
use tokio::io;
use tokio::net::{TcpListener, UnixListener};
use tracing::{error, info};

use super::house::{House, spawn};
use super::sockets::{SharedClaim, SocketFiles, UnixDoor};
use super::{Service, StartError};
use crate::caller::{Caller, Refused, TcpCallers, check_unix_peer};
use crate::control::{self, Control, Permission};
use crate::endpoint::{self, Endpoint};
use crate::endpoint_port::EndpointPort;
use crate::listeners::{Listeners, Loopback, Obstacle};
use crate::wire::{Eager, EagerListener, Hosts, Shutdown, Standing};

impl House {
    /// Puts somebody behind every door.
    pub(super) fn open(
        &mut self,
        listeners: Listeners,
        service: &Arc<Service>,
    ) -> Result<SharedClaim, StartError> {
        let Listeners { control, credentials, loopback, claim } = listeners;
        let places = service.places.clone();
        let doors = vec![
            (places.control_socket(), self.open_control(control, service)?),
            (places.credentials_socket(), self.open_credentials(credentials, service)?),
        ];
        self.open_loopback(loopback, service);
        let claim = Arc::new(Mutex::new(claim));
        let files = SocketFiles { claim: Arc::clone(&claim), doors };
        spawn(&mut self.inner, "the upkeep of the sockets", files.run(self.rounds.clone()));
        Ok(claim)
    }

    fn open_control(
        &mut self,
        listener: UnixListener,
        service: &Arc<Service>,
    ) -> Result<UnixDoor, StartError> {
        let control_api = Control::new(Permission::Change, Arc::clone(service));
        let control_api = control_api.audited(self.audit.clone());
        let door = unix_door(listener)?;
        let serving =
            control::serve(Arc::clone(&door), admit_unix, control_api, self.ending.clone());
        spawn(&mut self.doors, "the control socket", serving);
        Ok(door)
    }

    fn open_credentials(
        &mut self,
        listener: UnixListener,
        service: &Arc<Service>,
    ) -> Result<UnixDoor, StartError> {
        let endpoint = self.endpoint("creds.sock", Hosts::AnyPort, service);
        let door = unix_door(listener)?;
        let serving = endpoint::serve(Arc::clone(&door), admit_unix, endpoint, self.ending.clone());
        spawn(&mut self.doors, "the credentials socket", serving);
        Ok(door)
    }

    fn open_loopback(&mut self, loopback: Loopback, service: &Arc<Service>) {
        let Some(callers) = self.callers.clone() else { return };
        let Loopback { port, listeners, obstacles, .. } = loopback;
        for listener in listeners {
            let address = listener.local_addr();
            let door = name(address.as_ref().is_ok_and(SocketAddr::is_ipv4));
            if let Ok(address) = address {
                self.port.opened(address);
            }
            let endpoint = self.endpoint(door, Hosts::Port(port), service);
            let task =
                serve_loopback(listener, endpoint, Arc::clone(&callers), self.ending.clone());
            spawn(&mut self.doors, "the endpoint", task);
        }
        for obstacle in obstacles {
            let door = name(obstacle.address.is_ipv4());
            let endpoint = self.endpoint(door, Hosts::Port(port), service);
            self.open_when_removed(obstacle, endpoint, Arc::clone(&callers));
        }
    }

    /// Waits for a port that somebody else has.
    fn open_when_removed(
        &mut self,
        obstacle: Obstacle,
        endpoint: Endpoint<Service>,
        callers: Arc<TcpCallers>,
    ) {
        let (state, ending) = (Arc::clone(&self.port), self.ending.clone());
        alarm(&obstacle, &state);
        spawn(&mut self.doors, "the endpoint", async move {
            let address = obstacle.address;
            let removed = obstacle.removed(|obstacle| alarm(obstacle, &state));
            let listener = tokio::select! {
                listener = removed => listener,
                _ = ending.clone().requested() => return,
            };
            state.opened(address);
            let (door, port) = (name(address.is_ipv4()), address.port());
            info!(door, port, "opened the endpoint, whose port was taken before");
            serve_loopback(listener, endpoint, callers, ending).await;
        });
    }

    fn endpoint(
        &self,
        door: &'static str,
        hosts: Hosts,
        service: &Arc<Service>,
    ) -> Endpoint<Service> {
        Endpoint::new(door, hosts, Arc::clone(&self.authorization), Arc::clone(service))
            .audited(self.audit.clone())
    }
}

async fn serve_loopback(
    listener: TcpListener,
    door: Endpoint<Service>,
    callers: Arc<TcpCallers>,
    ending: Shutdown,
) {
    // Bound to one address of one family, so every connection's own address is the listener's.
    let local = listener.local_addr();
    if let Some((listener, local)) = waited_for(EagerListener::tcp(listener)).zip(waited_for(local))
    {
        let admit = move |stream: &Eager<net::TcpStream>| callers.check(*stream.peer(), local);
        endpoint::serve(listener, admit, door, ending).await;
    }
}

/// What the log and the audit call a door of loopback.
fn name(is_v4: bool) -> &'static str {
    if is_v4 { "127.0.0.1" } else { "[::1]" }
}

fn unix_door(listener: UnixListener) -> Result<UnixDoor, StartError> {
    let listener = EagerListener::unix(listener).map_err(StartError::Doors)?;
    Ok(Arc::new(Standing::new(listener)))
}

/// A door that nobody can wait at ends, and with it the daemon.
fn waited_for<L>(listener: io::Result<L>) -> Option<L> {
    listener.inspect_err(|error| error!(%error, "could not wait for connections")).ok()
}

fn admit_unix(stream: &Eager<unix::UnixStream>) -> Result<Caller, Refused> {
    let gone = || Refused::Unanswered(io::ErrorKind::NotConnected.into());
    check_unix_peer(stream.socket().ok_or_else(gone)?, getuid().as_raw())
}

fn alarm(obstacle: &Obstacle, port: &EndpointPort) {
    error!(%obstacle, "could not open the endpoint; the Unix sockets go on, and the port is tried again every 30 s");
    let message = format!("{obstacle}; it is tried again every 30 seconds");
    port.obstructed(obstacle.address, message);
}
