//! The endpoint's port on 127.0.0.1 and [::1].
//!
//! A port that was published once is held to: if it is taken, an [`Obstacle`] names who has it and
//! is tried again until it is free, while everything else goes on. `SO_REUSEPORT` is never set, since
//! it would let any process of the same user take a share of the callers.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use nix::errno::Errno;
use tokio::net::{TcpListener, TcpSocket};

use super::port::{DEFAULT_PORT, PortChoice, PortSettings};
use super::{BACKLOG, Owner};

/// The loopback listeners, or what is in their way.
#[derive(Debug)]
pub struct Loopback {
    /// The port to publish, whether it could be bound yet or not.
    pub port: u16,
    /// What listens: 127.0.0.1, and `[::1]` where the machine has IPv6.
    pub listeners: Vec<TcpListener>,
    /// What does not yet: each is an alarm, and to be awaited by [`Obstacle::removed`].
    pub obstacles: Vec<Obstacle>,
    /// The port to write into the state directory, if that does not hold it yet.
    pub record: Option<u16>,
}

impl Loopback {
    /// Binds what was not inherited. Inherited listeners decide the port.
    ///
    /// # Errors
    /// If no port at all could be had where any would do.
    pub(super) fn open(settings: &PortSettings, inherited: Vec<TcpListener>) -> io::Result<Self> {
        match settings.choose(port_of(&inherited)) {
            PortChoice::Any => Self::free(0, false),
            PortChoice::First => match Self::free(DEFAULT_PORT, true) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => Self::free(0, true),
                opened => opened,
            },
            PortChoice::Fixed { port, record } => {
                Ok(Self::fixed(port, record.then_some(port), inherited))
            }
        }
    }

    /// A port that is free at both addresses: this one, or with 0 any.
    fn free(wanted: u16, record: bool) -> io::Result<Self> {
        let mut attempts = if wanted == 0 { ATTEMPTS } else { 1 };
        loop {
            attempts -= 1;
            match pair(wanted) {
                Ok((port, listeners)) => {
                    let record = record.then_some(port);
                    return Ok(Self { port, listeners, obstacles: Vec::new(), record });
                }
                // The kernel chose it for 127.0.0.1, and somebody has it at [::1].
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && attempts > 0 => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn fixed(port: u16, record: Option<u16>, listeners: Vec<TcpListener>) -> Self {
        let mut loopback = Self { port, listeners, obstacles: Vec::new(), record };
        for ip in [LOCALHOST, LOCALHOST_V6] {
            let address = SocketAddr::new(ip, port);
            if loopback.listeners.iter().any(|held| held.local_addr().is_ok_and(|at| at == address))
            {
                continue;
            }
            match attempt(address) {
                Ok(listener) => loopback.listeners.push(listener),
                Err(obstacle) if obstacle.no_ipv6() => {}
                Err(obstacle) => loopback.obstacles.push(obstacle),
            }
        }
        loopback
    }
}

/// An address that could not be bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The address that is wanted.
    pub address: SocketAddr,
    /// Why it could not be had.
    pub cause: Cause,
}

/// Why an address could not be bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Somebody else listens there; nobody known if the port is bound without a listener.
    Taken(Option<Owner>),
    /// The system refuses, as it does for ports below 1024.
    Refused(Errno),
}

impl Obstacle {
    /// Waits until the address is ours: tries every 30 s, and calls `alarm` when the cause changes.
    pub async fn removed(self, alarm: impl FnMut(&Obstacle)) -> TcpListener {
        let address = self.address;
        until_removed(self, || attempt(address), alarm).await
    }

    fn no_ipv6(&self) -> bool {
        let absent = [Errno::EADDRNOTAVAIL, Errno::EAFNOSUPPORT].map(Cause::Refused);
        self.address.is_ipv6() && absent.contains(&self.cause)
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Taken(Some(owner)) => write!(f, "{} is taken by {owner}", self.address),
            Cause::Taken(None) => write!(f, "{} is taken", self.address),
            Cause::Refused(error) => write!(f, "{} cannot be bound ({error})", self.address),
        }
    }
}

/// Generic, so that the waiting is tested with a paused clock and without a socket.
async fn until_removed<T, E: PartialEq>(
    mut known: E,
    mut attempt: impl FnMut() -> Result<T, E>,
    mut alarm: impl FnMut(&E),
) -> T {
    loop {
        tokio::time::sleep(RETRY).await;
        match attempt() {
            Ok(bound) => return bound,
            Err(cause) if cause != known => {
                alarm(&cause);
                known = cause;
            }
            Err(_) => {}
        }
    }
}

fn attempt(address: SocketAddr) -> Result<TcpListener, Obstacle> {
    bind(address).map_err(|error| {
        let cause = match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EADDRINUSE) => Cause::Taken(Owner::of(address)),
            other => Cause::Refused(other.unwrap_or(Errno::UnknownErrno)),
        };
        Obstacle { address, cause }
    })
}

/// The same port at both addresses, or at one where the machine has no IPv6.
fn pair(port: u16) -> io::Result<(u16, Vec<TcpListener>)> {
    let v4 = bind(SocketAddr::new(LOCALHOST, port))?;
    let port = v4.local_addr()?.port();
    match attempt(SocketAddr::new(LOCALHOST_V6, port)) {
        Ok(v6) => Ok((port, vec![v4, v6])),
        Err(obstacle) if obstacle.no_ipv6() => Ok((port, vec![v4])),
        Err(Obstacle { cause: Cause::Taken(_), .. }) => Err(io::ErrorKind::AddrInUse.into()),
        Err(Obstacle { cause: Cause::Refused(error), .. }) => Err(error.into()),
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart finds its old connections in TIME_WAIT. A listener is never shared by this; for a
    // port that the kernel chooses it would allow one that others have bound.
    socket.set_reuseaddr(address.port() != 0)?;
    stay_on_loopback(&socket);
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// With `route_localnet` set, as some container networks do, 127.0.0.1 is reachable from outside;
/// measured, this alone keeps a remote host off.
#[cfg(target_os = "linux")]
fn stay_on_loopback(socket: &TcpSocket) {
    // Kernels before 5.7 want a privilege. Every caller is still asked who it is.
    let _ = socket.bind_device(Some(b"lo"));
}

#[cfg(not(target_os = "linux"))]
fn stay_on_loopback(_socket: &TcpSocket) {}

/// 127.0.0.1's port, since that is what is published; else that of any.
fn port_of(listeners: &[TcpListener]) -> Option<u16> {
    let addresses: Vec<_> = listeners.iter().flat_map(TcpListener::local_addr).collect();
    let published = addresses.iter().find(|address| address.ip() == LOCALHOST);
    published.or(addresses.first()).map(SocketAddr::port)
}

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const LOCALHOST_V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const RETRY: Duration = Duration::from_secs(30);
/// How many ports of the kernel's choice may be taken at [::1].
const ATTEMPTS: u32 = 32;

#[cfg(test)]
mod tests;
