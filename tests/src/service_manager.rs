//! What systemd does for a service with an fd store, in miniature: takes the descriptors that the
//! daemon sends, keeps them while no daemon runs, and passes them to the next one.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use nix::unistd::close;

use crate::{Daemon, DaemonError, Home, Programs};

/// A service manager, which knows one service.
#[derive(Debug)]
pub struct ServiceManager {
    socket: UnixDatagram,
    path: PathBuf,
    /// What it holds under the name `sessions`.
    pub store: Vec<File>,
    /// Whether it takes what it is given: a unit may have no room for it.
    pub has_room: bool,
}

impl ServiceManager {
    /// One for this home.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(home: &Home) -> io::Result<Self> {
        let path = home.path().join("notify");
        let socket = UnixDatagram::bind(&path)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, path, store: Vec::new(), has_room: true })
    }

    /// Starts the daemon with all that the store holds, and takes what it sends until it is ready.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn start(&mut self, programs: &Programs, home: &Home) -> Result<Daemon, DaemonError> {
        let mut script =
            "LISTEN_PID=$$ SYSTEMD_EXEC_PID=$$ exec \"$0\" --listen 127.0.0.1:0".to_owned();
        for (number, file) in (3..).zip(&self.store) {
            let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
            script = format!("{script} {number}<>{path}");
        }
        let names = vec!["sessions"; self.store.len()].join(":");
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &script])
            .arg(programs.path("stsd-daemon"))
            .env_clear()
            .envs(home.environment())
            .env("STSD_LOG", "trace")
            .env("NOTIFY_SOCKET", &self.path)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if !self.store.is_empty() {
            command.env("LISTEN_FDS", self.store.len().to_string()).env("LISTEN_FDNAMES", names);
        }
        let daemon = Daemon::ready(command)?;
        self.hear()?;
        Ok(daemon)
    }

    /// Takes what the daemon has sent.
    fn hear(&mut self) -> io::Result<()> {
        loop {
            let mut text = [0; 4096];
            let mut space = cmsg_space!([i32; 4]);
            let (length, files) = {
                let mut buffers = [IoSliceMut::new(&mut text)];
                let number = self.socket.as_raw_fd();
                let flags = MsgFlags::MSG_CMSG_CLOEXEC;
                let message = match recvmsg::<()>(number, &mut buffers, Some(&mut space), flags) {
                    Ok(message) => message,
                    Err(Errno::EAGAIN) => return Ok(()),
                    Err(error) => return Err(error.into()),
                };
                (message.bytes, files(message.cmsgs()?)?)
            };
            let text = String::from_utf8_lossy(&text[..length]).into_owned();
            let says = |line: &str| text.lines().any(|said| said == line);
            if says("FDSTOREREMOVE=1") && says("FDNAME=sessions") {
                self.store.clear();
            }
            if says("FDSTORE=1") && says("FDNAME=sessions") && self.has_room {
                self.store.extend(files);
            }
        }
    }
}

/// Opened anew by their numbers, and those closed: they would leave no owner otherwise.
fn files(messages: impl Iterator<Item = ControlMessageOwned>) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for message in messages {
        let ControlMessageOwned::ScmRights(numbers) = message else { continue };
        for number in numbers {
            let path = format!("/proc/self/fd/{number}");
            files.push(File::options().read(true).write(true).open(path)?);
            close(number)?;
        }
    }
    Ok(files)
}
