//! The listener and its connections, on a thread of their own.
//!
//! A thread, so that a test that blocks (on a child process, say) or that runs under a paused clock does not
//! stop the emulator it waits for. While listening is stopped the port stays bound, so that nobody else
//! takes it: connections are refused, and listening goes on where it was.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc as std_mpsc};
use std::thread;
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::control;
use crate::reply::ReplyBody;
use crate::service;
use crate::state::State;

/// Connections that wait to be accepted; a thousand clients come at once in a test.
const BACKLOG: u32 = 2048;

/// What the handle asks of the thread.
pub(crate) enum Command {
    /// Close every connection and refuse new ones.
    Stop(std_mpsc::Sender<io::Result<()>>),
    /// Listen again.
    Resume(std_mpsc::Sender<io::Result<()>>),
    /// End.
    Quit,
}

/// A running thread.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    commands: mpsc::UnboundedSender<Command>,
    thread: Option<thread::JoinHandle<()>>,
}

enum Door {
    Open(TcpListener),
    /// Bound, not listening.
    Closed(TcpSocket),
    /// Could not be bound again.
    Lost,
}

impl Server {
    /// Binds, and serves on a new thread.
    pub(crate) fn start(address: SocketAddr, state: Arc<State>) -> io::Result<Self> {
        let (bound, was_bound) = std_mpsc::channel();
        let (commands, orders) = mpsc::unbounded_channel();
        let thread = thread::Builder::new().name("sts-emulator".into()).spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(bound.send(Err(error))),
            };
            runtime.block_on(async {
                match bind(address).and_then(|socket| socket.listen(BACKLOG)) {
                    Ok(listener) => {
                        // The starter waits for this.
                        drop(bound.send(listener.local_addr()));
                        serve(listener, state, orders).await;
                    }
                    Err(error) => drop(bound.send(Err(error))),
                }
            });
        })?;
        let address = was_bound.recv().map_err(io::Error::other)??;
        Ok(Self { address, commands, thread: Some(thread) })
    }

    /// Refuses connections until [`Server::resume`].
    pub(crate) fn stop(&self) -> io::Result<()> {
        self.order(Command::Stop)
    }

    pub(crate) fn resume(&self) -> io::Result<()> {
        self.order(Command::Resume)
    }

    fn order(
        &self,
        command: impl FnOnce(std_mpsc::Sender<io::Result<()>>) -> Command,
    ) -> io::Result<()> {
        let (done, is_done) = std_mpsc::channel();
        self.commands.send(command(done)).map_err(io::Error::other)?;
        is_done.recv().map_err(io::Error::other)?
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A thread that has ended already needs no order, and has nothing to say.
        drop(self.commands.send(Command::Quit));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

async fn serve(
    listener: TcpListener,
    state: Arc<State>,
    mut orders: mpsc::UnboundedReceiver<Command>,
) {
    let address = listener.local_addr();
    let mut door = Door::Open(listener);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            stream = door.accept() => {
                connections.spawn(converse(stream, Arc::clone(&state)));
            }
            Some(_) = connections.join_next() => {}
            order = orders.recv() => match order {
                Some(Command::Stop(done)) => {
                    connections.shutdown().await;
                    let closed;
                    (door, closed) = close(door, &address).await;
                    drop(done.send(closed));
                }
                Some(Command::Resume(done)) => {
                    let opened;
                    (door, opened) = open(door, &address);
                    drop(done.send(opened));
                }
                Some(Command::Quit) | None => return,
            },
        }
    }
}

impl Door {
    async fn accept(&self) -> TcpStream {
        let Self::Open(listener) = self else {
            return std::future::pending().await;
        };
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return stream,
                // Out of descriptors, or a client that left: neither ends the server.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

async fn close(door: Door, address: &io::Result<SocketAddr>) -> (Door, io::Result<()>) {
    match (door, address) {
        (Door::Open(listener), Ok(address)) => {
            drop(listener);
            match bind_again(*address).await {
                Ok(socket) => (Door::Closed(socket), Ok(())),
                Err(error) => (Door::Lost, Err(error)),
            }
        }
        (door, _) => (door, Ok(())),
    }
}

/// Binds what was closed just now. A process that another thread is about to start holds a copy of
/// the listener for a moment, until it has become another program.
async fn bind_again(address: SocketAddr) -> io::Result<TcpSocket> {
    let deadline = Instant::now() + Duration::from_secs(2);
    loop {
        match bind(address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            outcome => return outcome,
        }
    }
}

fn open(door: Door, address: &io::Result<SocketAddr>) -> (Door, io::Result<()>) {
    let socket = match (door, address) {
        (Door::Closed(socket), _) => Ok(socket),
        (Door::Lost, Ok(address)) => bind(*address),
        (door, _) => return (door, Ok(())),
    };
    match socket.and_then(|socket| socket.listen(BACKLOG)) {
        Ok(listener) => (Door::Open(listener), Ok(())),
        Err(error) => (Door::Lost, Err(error)),
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn converse(stream: TcpStream, state: Arc<State>) {
    #[cfg(feature = "tls")]
    if let Some(tls) = &state.tls {
        // A client that does not trust us has left already.
        if let Ok(stream) = tls.accept(stream).await {
            speak(stream, Arc::clone(&state)).await;
        }
        return;
    }
    speak(stream, state).await;
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin, state: Arc<State>) {
    let serve = service_fn(move |request| respond(request, Arc::clone(&state)));
    // A client that leaves, and an answer that was broken off on request, both end here.
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), serve).await);
}

async fn respond(
    request: Request<hyper::body::Incoming>,
    state: Arc<State>,
) -> Result<Response<ReplyBody>, io::Error> {
    let request =
        service::read(request).await.ok_or_else(|| io::Error::other("the body did not arrive"))?;
    match control::Route::of(&request) {
        Some(route) => Ok(route.answer(&state, &request)),
        None => service::answer(state, request)
            .await
            .ok_or_else(|| io::Error::other("hung up on request")),
    }
}
