//! Who answers behind which socket, and the wait for a port that somebody else has.

use std::sync::Arc;

use nix::unistd::getuid;
use tokio::io;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tracing::{error, info};

use super::{House, Service, spawn};
use crate::caller::{Refused, TcpCallers, check_unix_peer};
use crate::control::{self, Control, Permission};
use crate::endpoint::{self, Endpoint};
use crate::endpoint_port::EndpointPort;
use crate::listeners::{Claim, Listeners, Loopback, Obstacle};
use crate::wire::{Hosts, Shutdown};

impl House {
    /// Puts somebody behind every door.
    pub(super) fn open(&mut self, listeners: Listeners, service: &Arc<Service>) -> Claim {
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
}

async fn serve_loopback(
    listener: TcpListener,
    door: Endpoint<Service>,
    callers: Arc<TcpCallers>,
    ending: Shutdown,
) {
    let admit = move |stream: &TcpStream| {
        let (peer, local) = (stream.peer_addr()?, stream.local_addr()?);
        callers.check(peer, local).map_err(io::Error::other)
    };
    endpoint::serve(listener, admit, door, ending).await;
}

fn admit_unix(stream: &UnixStream) -> Result<(), Refused> {
    check_unix_peer(stream, getuid().as_raw())
}

fn alarm(obstacle: &Obstacle, port: &EndpointPort) {
    error!(%obstacle, "could not open the endpoint; the Unix sockets go on, and the port is tried again every 30 s");
    port.obstructed(obstacle.to_string());
}
