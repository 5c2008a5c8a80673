//! A terminal with a shell in it: what is typed goes in at one end, what a person would see comes
//! out.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use nix::pty::openpty;

use super::{Daemon, STSD, connect};

/// A shell that runs one script on a terminal of its own.
pub(crate) struct TestTerminal {
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    /// What was seen and not yet looked for.
    seen: String,
    shell: Child,
}

impl TestTerminal {
    /// Starts the script; `$STSD` is the client. `setsid --ctty` (of util-linux) makes the terminal
    /// the controlling one, which `/dev/tty` opens.
    pub(crate) fn running(daemon: &Daemon, script: &str) -> Self {
        let pair = openpty(None, None).unwrap();
        let side = File::from(pair.slave);
        let mut command = Command::new("setsid");
        command.args(["--ctty", "sh", "-c", script]);
        connect(&mut command, daemon);
        command.env("STSD", STSD);
        command.stdin(Stdio::from(side.try_clone().unwrap()));
        command.stdout(Stdio::from(side.try_clone().unwrap())).stderr(Stdio::from(side));
        let shell = command.spawn().unwrap();
        // The terminal ends when the shell's copies are closed, so ours must be.
        drop(command);
        let keyboard = File::from(pair.master);
        let mut screen = keyboard.try_clone().unwrap();
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Linux says EIO when the last user of the terminal is gone.
            while let Ok(read) = screen.read(&mut buffer) {
                if read == 0 || sender.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { keyboard, screen: receiver, seen: String::new(), shell }
    }

    /// Presses keys.
    pub(crate) fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until this is on the screen; what stood before it comes back.
    pub(crate) fn shows(&mut self, text: &str) -> String {
        loop {
            if let Some((before, after)) = self.seen.split_once(text) {
                let (before, after) = (before.to_owned(), after.to_owned());
                self.seen = after;
                return before;
            }
            match self.screen.recv_timeout(Duration::from_secs(20)) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("no {text:?} after: {:?}", self.seen),
            }
        }
    }

    /// Waits for the script's end; the rest of what it showed.
    pub(crate) fn ends(mut self) -> String {
        while let Ok(bytes) = self.screen.recv_timeout(Duration::from_secs(20)) {
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        assert!(self.shell.wait().unwrap().success());
        self.seen
    }
}
