//! Sockets that are tried before they are waited for.
//!
//! When a connection is accepted its request is mostly there, and the answer fits into the socket's
//! buffer. Such a connection never meets the runtime's epoll; only one that would block is handed to
//! it. What is the same whether it was or not: every byte, every deadline, and the check before it.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{net, os::unix::net as unix};

use nix::sys::socket::{MsgFlags, recv, send, sendmsg};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use super::Listener;
use crate::descriptors;

/// A listening socket whose connections are [`Eager`].
#[derive(Debug)]
pub struct EagerListener<L: AsRawFd>(AsyncFd<L>);

impl EagerListener<net::TcpListener> {
    /// Takes a listener over.
    ///
    /// # Errors
    /// If the system has no room for one more thing to wait for.
    pub fn tcp(listener: TcpListener) -> io::Result<Self> {
        descriptors::watch(listener.into_std()?).map(Self)
    }
}

impl EagerListener<unix::UnixListener> {
    /// Takes a listener over.
    ///
    /// # Errors
    /// If the system has no room for one more thing to wait for.
    pub fn unix(listener: UnixListener) -> io::Result<Self> {
        descriptors::watch(listener.into_std()?).map(Self)
    }
}

impl Listener for EagerListener<net::TcpListener> {
    type Stream = Eager<net::TcpStream>;

    async fn accept(&self) -> io::Result<Self::Stream> {
        // No TCP_NODELAY: an answer is one write, which nothing unacknowledged delays.
        let accepted = self.0.async_io(Interest::READABLE, |listener| listener.accept()).await?;
        Ok(Eager::new(accepted))
    }

    fn reset(mut stream: Self::Stream) {
        // If this fails the connection ends all the same, only more politely.
        let _ = stream.waiting().map(|stream| stream.set_zero_linger());
    }
}

impl Listener for EagerListener<unix::UnixListener> {
    type Stream = Eager<unix::UnixStream>;

    async fn accept(&self) -> io::Result<Self::Stream> {
        let accepted = self.0.async_io(Interest::READABLE, |listener| listener.accept()).await?;
        Ok(Eager::new(accepted))
    }

    fn reset(stream: Self::Stream) {
        drop(stream);
    }
}

/// A connection that the runtime does not know until it would block.
#[derive(Debug)]
pub struct Eager<S: Socket> {
    untried: Option<S>,
    waiting: Option<S::Waiting>,
    peer: S::Address,
}

/// A connection as it was accepted, and what waits for it in the runtime.
pub trait Socket: AsRawFd + Send + Unpin + 'static {
    /// What accept says of the other end.
    type Address: Send + Unpin;

    /// The runtime's form of it.
    type Waiting: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Hands it to the runtime.
    ///
    /// # Errors
    /// If the system has no room for one more thing to wait for.
    fn wait(self) -> io::Result<Self::Waiting>;

    /// Says that nothing more will be written.
    ///
    /// # Errors
    /// If the connection is gone.
    fn end(&self) -> io::Result<()>;
}

impl<S: Socket> Eager<S> {
    fn new((socket, peer): (S, S::Address)) -> Self {
        Self { untried: Some(socket), waiting: None, peer }
    }

    /// The socket itself, before anything would have blocked.
    pub fn socket(&self) -> Option<&S> {
        self.untried.as_ref()
    }

    /// Who connected.
    pub fn peer(&self) -> &S::Address {
        &self.peer
    }

    /// Does something at once, unless it would block.
    fn try_now<T>(&mut self, mut act: impl FnMut(&S) -> io::Result<T>) -> Option<io::Result<T>> {
        let socket = self.untried.as_ref()?;
        loop {
            match act(socket) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                outcome => return Some(outcome),
            }
        }
    }

    /// What the runtime waits for, from now on.
    fn waiting(&mut self) -> io::Result<Pin<&mut S::Waiting>> {
        if let Some(socket) = self.untried.take() {
            self.waiting = Some(socket.wait()?);
        }
        self.waiting.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl<S: Socket> AsyncRead for Eager<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = self.try_now(|socket| {
            let length = recv(socket.as_raw_fd(), buffer.initialize_unfilled(), AT_ONCE)?;
            buffer.advance(length);
            Ok(())
        });
        match read {
            Some(outcome) => Poll::Ready(outcome),
            None => self.waiting()?.poll_read(context, buffer),
        }
    }
}

impl<S: Socket> AsyncWrite for Eager<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.try_now(|socket| Ok(send(socket.as_raw_fd(), bytes, AT_ONCE)?)) {
            Some(outcome) => Poll::Ready(outcome),
            None => self.waiting()?.poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self
            .try_now(|socket| Ok(sendmsg::<()>(socket.as_raw_fd(), slices, &[], AT_ONCE, None)?));
        match written {
            Some(outcome) => Poll::Ready(outcome),
            None => self.waiting()?.poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is kept back, here or there.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.try_now(|socket| socket.end()) {
            Some(outcome) => Poll::Ready(outcome),
            None => self.waiting()?.poll_shutdown(context),
        }
    }
}

impl Socket for net::TcpStream {
    type Address = net::SocketAddr;
    type Waiting = TcpStream;

    fn wait(self) -> io::Result<TcpStream> {
        self.set_nonblocking(true)?;
        TcpStream::from_std(self)
    }

    fn end(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

impl Socket for unix::UnixStream {
    type Address = unix::SocketAddr;
    type Waiting = UnixStream;

    fn wait(self) -> io::Result<UnixStream> {
        self.set_nonblocking(true)?;
        UnixStream::from_std(self)
    }

    fn end(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// For each call, so that a connection that never waits needs no call to make it non-blocking.
const AT_ONCE: MsgFlags = MsgFlags::MSG_DONTWAIT;

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::Eager;

    fn pair() -> (UnixStream, Eager<UnixStream>) {
        let (client, server) = UnixStream::pair().unwrap();
        let peer = server.peer_addr().unwrap();
        (client, Eager::new((server, peer)))
    }

    #[tokio::test]
    async fn what_is_there_is_read_and_answered_without_the_runtime() {
        let (mut client, mut server) = pair();
        client.write_all(b"question").unwrap();
        let mut question = [0; 8];
        server.read_exact(&mut question).await.unwrap();
        server.write_all(b"answer").await.unwrap();
        server.shutdown().await.unwrap();
        assert!(server.socket().is_some());
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!((&question, answer.as_str()), (b"question", "answer"));
    }

    #[tokio::test]
    async fn what_is_not_there_yet_is_waited_for() {
        let (mut client, mut server) = pair();
        let reading = tokio::spawn(async move {
            let mut question = [0; 8];
            server.read_exact(&mut question).await.unwrap();
            (server, question)
        });
        tokio::task::yield_now().await;
        client.write_all(b"question").unwrap();
        let (mut server, question) = reading.await.unwrap();
        assert_eq!((&question, server.socket().is_none()), (b"question", true));
        server.write_all(b"answer").await.unwrap();
        drop(server);
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "answer");
    }

    #[tokio::test]
    async fn an_answer_that_does_not_fit_waits_for_its_reader() {
        let (mut client, mut server) = pair();
        let long = vec![b'x'; 4 << 20];
        let expected = long.clone();
        let writing = tokio::spawn(async move { server.write_all(&long).await });
        let reading = tokio::task::spawn_blocking(move || {
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).map(|_| answer)
        });
        writing.await.unwrap().unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), expected);
    }
}
