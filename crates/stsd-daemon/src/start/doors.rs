//! Who answers behind which socket, and the wait for a port that somebody else has.

use std::net;
use std::net::SocketAddr;
use std::os::unix::net as unix;
use std::sync::Arc;

use nix::unistd::getuid;
use tokio::io;
use tokio::net::{TcpListener, UnixListener};
use tracing::{error, info};

use super::Service;
use super::house::{House, spawn};
use crate::caller::{Caller, Refused, TcpCallers, check_unix_peer};
use crate::control::{self, Control, Permission};
use crate::endpoint::{self, Endpoint};
use crate::endpoint_port::EndpointPort;
use crate::listeners::{Claim, Listeners, Loopback, Obstacle};
use crate::wire::{Eager, EagerListener, Hosts, Shutdown};

impl House {
    /// Puts somebody behind every door.
    pub(super) fn open(&mut self, listeners: Listeners, service: &Arc<Service>) -> Claim {
        let Listeners { control, credentials, loopback, claim } = listeners;
        let control_api = Control::new(Permission::Change, Arc::clone(service));
        let control_api = control_api.audited(self.audit.clone());
        let ending = self.ending.clone();
        spawn(&mut self.doors, "the control socket", async move {
            if let Some(listener) = waited_for(EagerListener::unix(control)) {
                control::serve(listener, admit_unix, control_api, ending).await;
            }
        });
        self.open_credentials_socket(credentials, service);
        self.open_loopback(loopback, service);
        claim
    }

    fn open_credentials_socket(&mut self, listener: UnixListener, service: &Arc<Service>) {
        let endpoint = self.endpoint("creds.sock", Hosts::AnyPort, service);
        let ending = self.ending.clone();
        spawn(&mut self.doors, "the credentials socket", async move {
            if let Some(listener) = waited_for(EagerListener::unix(listener)) {
                endpoint::serve(listener, admit_unix, endpoint, ending).await;
            }
        });
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
