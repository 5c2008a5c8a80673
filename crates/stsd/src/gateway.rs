//! The client's own way to `stsd-gateway`, for what must work while no daemon does: a look at the
//! user's AWS files, and the first GetCallerIdentity of a setup. The process is started for these
//! questions, asked one at a time over a socket that is its standard input, and reaped.

use std::env;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use stsd_protocol::frame::{HEADER, REQUEST_LIMIT, RESPONSE_LIMIT, header, length};
use stsd_protocol::gateway::{Operation, Outcome, Request, Response, Settings};
use stsd_protocol::{Refusal, RefusalCode, VERSION};

use crate::failure::Failure;
use crate::show::shown_path;

/// A gateway process of this client's. It ends with this value.
#[derive(Debug)]
pub(crate) struct Gateway {
    child: Child,
    stream: UnixStream,
    asked: u64,
    patience: Duration,
}

impl Gateway {
    /// Starts the program that stands beside this one, with nothing but `HOME` in its environment.
    ///
    /// # Errors
    /// If there is no such program, or it does not start.
    pub(crate) fn start() -> Result<Self, Failure> {
        let program = program().map_err(|error| missing("stsd-gateway", &error))?;
        let mut command = Command::new(&program);
        command.env_clear();
        if let Some(home) = env::var_os("HOME") {
            command.env("HOME", home);
        }
        Self::launch(command).map_err(|error| missing(&shown_path(&program), &error))
    }

    /// Waits so long for each answer from now on, and not 20 s.
    pub(crate) fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Asks one question and waits for its answer, which may be [`Outcome::Failure`].
    ///
    /// # Errors
    /// If no answer comes in time, or none that can be understood. What became of an `unlock` is
    /// unknown then.
    pub(crate) fn ask(
        &mut self,
        settings: Settings,
        operation: Operation,
    ) -> Result<Outcome, Failure> {
        self.asked += 1;
        let request = Request { v: VERSION.to_owned(), id: self.asked, settings, op: operation };
        let response = self.exchange(&request).map_err(|error| {
            let message = format!("stsd-gateway gave no usable answer: {error}");
            Refusal::new(RefusalCode::Internal, message)
                .with_hint("install stsd, stsd-daemon and stsd-gateway anew, from one version")
        })?;
        if response.v != VERSION {
            let message = format!("stsd-gateway is version {}, this is stsd {VERSION}", response.v);
            let refusal = Refusal::new(RefusalCode::VersionMismatch, message);
            return Err(refusal.with_hint("install the three programs from one version").into());
        }
        Ok(response.outcome)
    }

    fn launch(mut command: Command) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn()?;
        // `command` ends here, and with it our copy of the other end: its end is heard.
        Ok(Self { child, stream: ours, asked: 0, patience: PATIENCE })
    }

    fn exchange(&mut self, request: &Request) -> io::Result<Response> {
        let deadline = Instant::now() + self.patience;
        let body = serde_json::to_vec(request)?;
        let header = header(body.len(), REQUEST_LIMIT).ok_or(io::ErrorKind::InvalidInput)?;
        self.stream.set_write_timeout(Some(self.patience))?;
        self.stream.write_all(&header)?;
        self.stream.write_all(&body)?;
        let mut head = [0; HEADER];
        self.read(&mut head, deadline)?;
        let length = length(head, RESPONSE_LIMIT).ok_or_else(|| garbled("its length"))?;
        let mut body = vec![0; length];
        self.read(&mut body, deadline)?;
        // Where, never what: serde's own sentence can quote the text.
        let response: Response = serde_json::from_slice(&body).map_err(|_| garbled("its text"))?;
        if response.id == request.id { Ok(response) } else { Err(garbled("its number")) }
    }

    /// Fills the buffer; a peer that sends byte after byte gets no longer than one that is silent.
    fn read(&mut self, mut buffer: &mut [u8], deadline: Instant) -> io::Result<()> {
        while !buffer.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "it takes too long"));
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(buffer) {
                Ok(0) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ended")),
                Ok(read) => buffer = &mut buffer[read..],
                Err(error) if RETRIED.contains(&error.kind()) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Drop for Gateway {
    /// It ends by itself when its socket does, but may be waiting for STS; nothing of it is needed
    /// any more.
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the program is: beside this one, behind any symbolic link, and never by PATH.
fn program() -> io::Result<PathBuf> {
    let own = env::current_exe()?;
    let own = own.canonicalize().unwrap_or(own);
    Ok(own.with_file_name(Path::new("stsd-gateway")))
}

fn missing(program: &str, error: &io::Error) -> Failure {
    let message = format!("cannot start {program} ({error})");
    Refusal::new(RefusalCode::Internal, message)
        .with_hint("install stsd, stsd-daemon and stsd-gateway side by side")
        .into()
}

fn garbled(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a frame that is wrong in {what}"))
}

/// A look at files takes milliseconds, a call to STS 15 s at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// Not the end: the deadline is looked at again.
const RETRIED: &[io::ErrorKind] =
    &[io::ErrorKind::Interrupted, io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut];

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use nix::sys::signal::kill;
    use nix::unistd::Pid;
    use stsd_protocol::frame::{RESPONSE_LIMIT, header};
    use stsd_protocol::gateway::{InspectRequest, Inspection, Operation, Outcome, Settings};
    use stsd_protocol::{VERSION, gateway::Response};

    use super::Gateway;

    fn inspect() -> Operation {
        Operation::Inspect(InspectRequest { config_file: None, credentials_file: None })
    }

    /// A gateway that says these bytes to whatever it hears.
    fn saying(bytes: &[u8]) -> (Gateway, tempfile::NamedTempFile) {
        let reply = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(reply.path(), bytes).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "cat \"$0\" >&0; exec sleep 60"]).arg(reply.path());
        (Gateway::launch(command).unwrap(), reply)
    }

    fn frame(version: &str, id: u64) -> Vec<u8> {
        let outcome = Outcome::Inspection(Inspection::default());
        let response = Response { v: version.to_owned(), id, outcome, sts_date: None };
        let body = serde_json::to_vec(&response).unwrap();
        let mut frame = header(body.len(), RESPONSE_LIMIT).unwrap().to_vec();
        frame.extend(body);
        frame
    }

    fn refused(bytes: &[u8]) -> String {
        let (mut gateway, _reply) = saying(bytes);
        gateway.ask(Settings::default(), inspect()).unwrap_err().to_string()
    }

    #[test]
    fn questions_are_answered_one_after_the_other_by_one_process_that_is_reaped() {
        let (mut gateway, _reply) = saying(&[frame(VERSION, 1), frame(VERSION, 2)].concat());
        for _ in 0..2 {
            let outcome = gateway.ask(Settings::default(), inspect()).unwrap();
            assert!(matches!(outcome, Outcome::Inspection(_)), "{outcome:?}");
        }
        let pid = Pid::from_raw(i32::try_from(gateway.child.id()).unwrap());
        assert!(kill(pid, None).is_ok());
        drop(gateway);
        assert!(kill(pid, None).is_err(), "the gateway lives on, or is a zombie");
    }

    #[test]
    fn whatever_is_no_answer_is_an_error_that_says_where() {
        assert!(refused(b"zzzz").ends_with("a frame that is wrong in its length"));
        assert!(refused(b"\x02\0\0\0{}").ends_with("a frame that is wrong in its text"));
        assert!(refused(&frame(VERSION, 7)).ends_with("a frame that is wrong in its number"));
        assert!(refused(&frame("0.0.1", 1)).starts_with("stsd-gateway is version 0.0.1"));
    }

    #[test]
    fn a_gateway_that_ends_or_hangs_is_not_waited_for_longer_than_told() {
        let mut gone = Gateway::launch(Command::new("true")).unwrap();
        assert!(gone.ask(Settings::default(), inspect()).is_err());
        let (mut hanging, _reply) = saying(&frame(VERSION, 1)[..10]);
        let start = Instant::now();
        hanging.set_patience(Duration::from_millis(50));
        let failure = hanging.ask(Settings::default(), inspect()).unwrap_err();
        assert!(failure.to_string().ends_with("it takes too long"), "{failure}");
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}
