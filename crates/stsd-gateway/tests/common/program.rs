//! The gateway's program, as the daemon starts it.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use stsd_protocol::frame::{self, REQUEST_LIMIT, RESPONSE_LIMIT};
use stsd_protocol::gateway::{Operation, Response, Settings};

use super::{Home, request};

/// The process and the daemon's end of its socket.
pub(crate) struct Program {
    pub(crate) socket: UnixStream,
    pub(crate) child: Child,
}

impl Program {
    pub(crate) fn start(home: &Home, environment: &[(&str, String)]) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_stsd-gateway"))
            .env_clear()
            .env("HOME", home.0.path())
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { socket: ours, child }
    }

    pub(crate) fn send(&mut self, id: u64, op: Operation) {
        self.send_with(id, Settings::default(), op);
    }

    pub(crate) fn send_with(&mut self, id: u64, settings: Settings, op: Operation) {
        let mut request = request(settings, op);
        request.id = id;
        let body = serde_json::to_vec(&request).unwrap();
        self.socket.write_all(&frame::header(body.len(), REQUEST_LIMIT).unwrap()).unwrap();
        self.socket.write_all(&body).unwrap();
    }

    pub(crate) fn receive(&mut self) -> Response {
        let mut header = [0; 4];
        self.socket.read_exact(&mut header).unwrap();
        let mut body = vec![0; frame::length(header, RESPONSE_LIMIT).unwrap()];
        self.socket.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// Closes the socket, and says how the program ended.
    pub(crate) fn end(self) -> Output {
        drop(self.socket);
        self.child.wait_with_output().unwrap()
    }
}
