//! A daemon that says what a test tells it to, one reply a connection.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use serde_json::Value;
use stsd_protocol::VERSION;
use tempfile::TempDir;

/// What is said to one request.
pub(crate) struct Reply {
    bytes: Vec<u8>,
    /// Held back, once the request is there, until the test lets it go.
    hold: Option<Hold>,
}

impl Reply {
    /// 200 with this JSON.
    pub(crate) fn json(body: &Value) -> Self {
        Self::with_status(200, body)
    }

    /// Any status with this JSON.
    pub(crate) fn with_status(status: u16, body: &Value) -> Self {
        let body = body.to_string();
        let length = body.len();
        Self::bytes(format!(
            "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nStsd-Version: {VERSION}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ))
    }

    /// Exactly this.
    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), hold: None }
    }

    /// The same, but not before the test says so.
    pub(crate) fn held(self) -> (Self, Held) {
        let (heard, is_heard) = channel();
        let (release, released) = channel();
        let hold = Some(Hold { heard, released });
        (Self { hold, ..self }, Held { is_heard, release })
    }
}

struct Hold {
    heard: Sender<()>,
    released: Receiver<()>,
}

/// The test's end of a reply that is held back.
pub(crate) struct Held {
    is_heard: Receiver<()>,
    release: Sender<()>,
}

impl Held {
    /// Waits until the request has come.
    pub(crate) fn wait(&self) {
        self.is_heard.recv().unwrap();
    }

    /// Lets the reply go.
    pub(crate) fn release(self) {
        self.release.send(()).unwrap();
    }
}

/// One request, as it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heard {
    /// Method and path.
    pub(crate) line: String,
    /// Null where there was none.
    pub(crate) body: Value,
}

/// A daemon in a folder of its own.
pub(crate) struct Daemon {
    folder: TempDir,
    stop: Arc<AtomicBool>,
    serving: JoinHandle<Vec<Heard>>,
}

impl Daemon {
    /// Answers each connection with the next reply, and every further one with nothing.
    pub(crate) fn saying(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies = replies.into_iter().collect::<Vec<_>>().into_iter();
        Self::answering(move |_| replies.next())
    }

    /// Answers each request with what this says to it, one after the other.
    pub(crate) fn answering(answer: impl FnMut(&Heard) -> Option<Reply> + Send + 'static) -> Self {
        // As the daemon keeps it: for the user alone.
        let only_ours = Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().permissions(only_ours).tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("stsd.sock")).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let serving = thread::spawn(move || serve(&listener, answer, &stopped));
        Self { folder, stop, serving }
    }

    /// The socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("stsd.sock")
    }

    /// A place for files; the client's home.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops, and tells what was asked.
    pub(crate) fn heard(self) -> Vec<Heard> {
        self.stop.store(true, Ordering::SeqCst);
        drop(UnixStream::connect(self.socket()).unwrap());
        self.serving.join().unwrap()
    }
}

fn serve(
    listener: &UnixListener,
    mut answer: impl FnMut(&Heard) -> Option<Reply>,
    stop: &AtomicBool,
) -> Vec<Heard> {
    let mut heard = Vec::new();
    for stream in listener.incoming() {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let mut stream = stream.unwrap();
        let Some(request) = listen(&stream) else { continue };
        let reply = answer(&request);
        heard.push(request);
        if let Some(reply) = reply {
            if let Some(hold) = reply.hold {
                // Not every test waits for it.
                let _ = hold.heard.send(());
                hold.released.recv().unwrap();
            }
            // Whoever asked may have been killed.
            let _ = stream.write_all(&reply.bytes);
        }
    }
    heard
}

/// Nothing from a client that gave up before it said anything.
fn listen(stream: &UnixStream) -> Option<Heard> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    if line.is_empty() {
        return None;
    }
    let (mut length, mut version) = (0, false);
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).unwrap();
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name {
            "content-length" => length = value.parse().unwrap(),
            "stsd-version" => version = value == VERSION,
            _ => {}
        }
    }
    assert!(version, "no version in the request");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    Some(Heard { line: line.strip_suffix(" HTTP/1.1\r\n").unwrap().to_owned(), body })
}
