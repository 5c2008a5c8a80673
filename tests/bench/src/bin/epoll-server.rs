//! The floor under every server: one thread, epoll, the same bytes for whoever sends a head. No check
//! of any kind. `epoll-server BODY-FILE [SOCKET]` prints the port that it listens on, or the socket.

use std::collections::HashMap;
use std::env::args;
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixListener;

use epoll::Epoll;

fn main() -> io::Result<()> {
    let body = fs::read(args().nth(1).unwrap_or_default())?;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let reply = [head.as_bytes(), &body].concat();
    if let Some(path) = args().nth(2) {
        let listener = UnixListener::bind(&path)?;
        listener.set_nonblocking(true)?;
        println!("{path}");
        serve(listener.as_raw_fd(), || listener.accept().map(|(stream, _)| stream), &reply)
    } else {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        println!("{}", listener.local_addr()?.port());
        serve(listener.as_raw_fd(), || listener.accept().map(|(stream, _)| stream), &reply)
    }
}

fn serve<S: Read + Write + AsRawFd>(
    listener: RawFd,
    accept: impl Fn() -> io::Result<S>,
    reply: &[u8],
) -> io::Result<()> {
    let mut epoll = Epoll::new()?;
    epoll.add(listener)?;
    let mut open = HashMap::new();
    let mut descriptors = Vec::new();
    loop {
        epoll.wait(&mut descriptors)?;
        for ready in descriptors.drain(..) {
            if ready == listener {
                while let Ok(stream) = accept() {
                    epoll.add(stream.as_raw_fd())?;
                    open.insert(stream.as_raw_fd(), (stream, Vec::new()));
                }
            } else if let Some((stream, head)) = open.get_mut(&ready)
                && is_over(stream, head, reply)
            {
                open.remove(&ready);
            }
        }
    }
}

/// Takes what has come; answers a whole head. The streams block, but there is something to read, and
/// an answer fits into an empty buffer.
fn is_over<S: Read + Write>(stream: &mut S, head: &mut Vec<u8>, reply: &[u8]) -> bool {
    let mut bytes = [0; 4096];
    let Some(length) = stream.read(&mut bytes).ok().filter(|length| *length > 0) else {
        return true;
    };
    if head.is_empty() && bytes[..length].ends_with(b"\r\n\r\n") {
        return stream.write_all(reply).is_ok();
    }
    head.extend_from_slice(&bytes[..length]);
    head.ends_with(b"\r\n\r\n") && stream.write_all(reply).is_ok()
}

/// std has no epoll.
#[expect(unsafe_code, reason = "three calls of the C library")]
mod epoll {
    use std::io;
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

    #[derive(Clone, Copy)]
    #[cfg_attr(target_arch = "x86_64", repr(C, packed))]
    #[cfg_attr(not(target_arch = "x86_64"), repr(C))]
    struct Event {
        events: u32,
        data: u64,
    }

    unsafe extern "C" {
        fn epoll_create1(flags: i32) -> i32;
        fn epoll_ctl(epoll: i32, operation: i32, descriptor: i32, event: *mut Event) -> i32;
        fn epoll_wait(epoll: i32, events: *mut Event, most: i32, timeout: i32) -> i32;
    }

    pub(super) struct Epoll {
        descriptor: OwnedFd,
        events: [Event; EVENTS],
    }

    impl Epoll {
        pub(super) fn new() -> io::Result<Self> {
            // SAFETY: takes a number and gives a descriptor that is nobody else's, or -1.
            let descriptor = unsafe {
                let descriptor = epoll_create1(CLOEXEC);
                if descriptor < 0 {
                    return Err(io::Error::last_os_error());
                }
                OwnedFd::from_raw_fd(descriptor)
            };
            Ok(Self { descriptor, events: [Event { events: 0, data: 0 }; EVENTS] })
        }

        pub(super) fn add(&self, descriptor: RawFd) -> io::Result<()> {
            let mut event = Event { events: IN, data: descriptor as u64 };
            // SAFETY: the event lives until the call returns; the kernel copies it.
            let done =
                unsafe { epoll_ctl(self.descriptor.as_raw_fd(), ADD, descriptor, &raw mut event) };
            if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
        }

        /// Waits until something is ready, and says what.
        pub(super) fn wait(&mut self, ready: &mut Vec<RawFd>) -> io::Result<()> {
            let events = self.events.as_mut_ptr();
            // SAFETY: there is room for as many events as are asked for.
            let count =
                unsafe { epoll_wait(self.descriptor.as_raw_fd(), events, EVENTS as i32, -1) };
            let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
            ready.extend(self.events[..count].iter().map(|event| event.data as RawFd));
            Ok(())
        }
    }

    const EVENTS: usize = 256;
    const CLOEXEC: i32 = 0o2_000_000;
    const ADD: i32 = 1;
    const IN: u32 = 1;
}
