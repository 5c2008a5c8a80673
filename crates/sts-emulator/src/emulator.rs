//! The handle of a running emulator, and its builder.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::clock::Clock;
use crate::fault::Fault;
use crate::issued::IssuedCredentials;
use crate::journal::Entry;
use crate::server::Server;
use crate::state::{CodeError, State};
use crate::world::{Account, World};

/// A running emulator. It ends when this is dropped.
pub struct Emulator {
    state: Arc<State>,
    server: Server,
}

/// An emulator to be started.
#[derive(Clone, Debug)]
pub struct Builder {
    world: World,
    listen: SocketAddr,
    faults: Vec<Fault>,
    clock_frozen: bool,
    tls: bool,
}

impl Emulator {
    /// An emulator of an empty world, on 127.0.0.1 and a port that the kernel chooses.
    pub fn builder() -> Builder {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Builder {
            world: World::default(),
            listen,
            faults: Vec::new(),
            clock_frozen: false,
            tls: false,
        }
    }

    /// An emulator of [`World::example`].
    ///
    /// # Errors
    /// As [`Builder::start`].
    pub fn example() -> io::Result<Self> {
        Self::builder().world(World::example()).start()
    }

    /// `http://127.0.0.1:PORT`, or https: the endpoint of STS and of S3.
    pub fn url(&self) -> String {
        format!("{}://{}", self.state.scheme(), self.server.address)
    }

    /// The certificate that a client has to trust, in PEM: the content of a `ca_bundle`.
    #[cfg(feature = "tls")]
    pub fn ca_certificate(&self) -> Option<&str> {
        self.state.tls.as_ref().map(crate::tls::Tls::ca_pem)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The world that is served.
    pub fn world(&self) -> &World {
        &self.state.world
    }

    /// The time by the emulator's clock.
    pub fn now(&self) -> SystemTime {
        self.state.clock.now()
    }

    /// Moves the clock forward: expirations, token codes, `Date` and the skew of signatures follow it.
    pub fn advance(&self, by: Duration) {
        self.state.clock.advance(by);
    }

    /// Moves the clock back.
    pub fn rewind(&self, by: Duration) {
        self.state.clock.rewind(by);
    }

    /// A token code of the device that STS would accept now. Until it is used, the same one again.
    ///
    /// # Errors
    /// No such device, or all three codes of the moment are spent: then the error says how long to wait, and
    /// [`Emulator::advance`] need not.
    pub fn code(&self, serial: &str) -> Result<String, CodeError> {
        self.state.code(serial)
    }

    /// Makes something go wrong from now on.
    pub fn fault(&self, fault: Fault) {
        self.state.faults().add(fault);
    }

    /// Lets everything go well again; what hangs goes on hanging.
    pub fn clear_faults(&self) {
        self.state.faults().clear();
    }

    /// What was asked so far.
    pub fn journal(&self) -> Vec<Entry> {
        self.state.journal.entries()
    }

    /// Forgets what was asked so far.
    pub fn clear_journal(&self) {
        self.state.journal.clear();
    }

    /// Waits until the journal has come to a state, and returns it.
    pub async fn journal_when(&self, reached: impl Fn(&[Entry]) -> bool) -> Vec<Entry> {
        self.state.journal.when(reached).await
    }

    /// Everything that was issued, what has ended too.
    pub fn issued(&self) -> Vec<IssuedCredentials> {
        self.state.issued().all().collect()
    }

    /// Every secret access key and session token of it.
    pub fn issued_secrets(&self) -> Vec<String> {
        let issued = self.issued().into_iter();
        let secrets = issued.flat_map(|one| [one.secret_access_key, one.session_token]);
        secrets.map(|secret| secret.expose().to_owned()).collect()
    }

    /// Closes every connection and refuses new ones; the port stays ours.
    ///
    /// # Errors
    /// The port could not be bound again.
    pub fn stop_listening(&self) -> io::Result<()> {
        self.server.stop()
    }

    /// Listens again, on the same port.
    ///
    /// # Errors
    /// The port could not be bound again.
    pub fn resume_listening(&self) -> io::Result<()> {
        self.server.resume()
    }
}

impl Builder {
    /// Takes a whole world.
    #[must_use]
    pub fn world(mut self, world: World) -> Self {
        self.world = world;
        self
    }

    /// Adds an account to the world.
    #[must_use]
    pub fn account(mut self, id: &str, build: impl FnOnce(Account) -> Account) -> Self {
        self.world = self.world.account(id, build);
        self
    }

    /// Listens there.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Makes something go wrong from the start.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Lets the clock stand still at the start, so that a test cannot straddle a time step; the clients' own
    /// clocks may then run five minutes ahead.
    #[must_use]
    pub fn clock_frozen(mut self) -> Self {
        self.clock_frozen = true;
        self
    }

    /// Serves HTTPS alone, with a certificate authority of its own.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Binds and serves, on a thread of its own: a test may block, and may pause tokio's clock.
    ///
    /// # Errors
    /// The address is taken, or is not a loopback address.
    pub fn start(self) -> io::Result<Emulator> {
        if !self.listen.ip().is_loopback() {
            let reason = "the emulator listens on loopback addresses alone";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let clock = if self.clock_frozen { Clock::frozen() } else { Clock::default() };
        let state = Arc::new(State::new(self.world, clock, self.tls)?);
        for fault in self.faults {
            state.faults().add(fault);
        }
        let server = Server::start(self.listen, Arc::clone(&state))?;
        Ok(Emulator { state, server })
    }
}
