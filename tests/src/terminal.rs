//! A terminal with a program on it: what is typed goes in at one end, what a person would see comes
//! out.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use nix::pty::openpty;

use crate::{PATIENCE, said};

/// A program on a terminal of its own.
#[derive(Debug)]
pub struct Terminal {
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    /// What was seen and not yet looked for.
    seen: String,
    child: Child,
    /// Whose terminal it is.
    home: Option<PathBuf>,
}

impl Terminal {
    /// Starts the command. `setsid --ctty` (of util-linux) makes the terminal the controlling one,
    /// which `/dev/tty` opens.
    ///
    /// # Panics
    /// If there is no terminal to be had.
    pub fn running(command: &Command) -> Self {
        let pair = openpty(None, None).expect("a terminal");
        let side = || Stdio::from(File::from(pair.slave.try_clone().expect("its other end")));
        let mut wrapped = Command::new("/usr/bin/setsid");
        wrapped.args(["--ctty", "--wait"]).arg(command.get_program()).args(command.get_args());
        wrapped.env_clear();
        let environment = command.get_envs();
        wrapped.envs(environment.filter_map(|(name, value)| Some((name, value?))));
        let child = wrapped.stdin(side()).stdout(side()).stderr(side()).spawn();
        let child = child.expect("setsid of util-linux");
        // The terminal ends when the program's copies are closed, so ours must be.
        drop((wrapped, pair.slave));
        let keyboard = File::from(pair.master);
        let screen = watch(keyboard.try_clone().expect("a second handle"), said::shown(command));
        Self { keyboard, screen, seen: String::new(), child, home: said::home(command) }
    }

    /// Presses keys.
    ///
    /// # Panics
    /// If the terminal is gone.
    pub fn types(&mut self, keys: &str) {
        said::typed(self.home.as_deref(), keys);
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal is open");
    }

    /// Waits until this is on the screen; what stood before it comes back.
    ///
    /// # Panics
    /// If it does not come.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> String {
        loop {
            if let Some((before, after)) = self.seen.split_once(text) {
                let (before, after) = (before.to_owned(), after.to_owned());
                self.seen = after;
                return before;
            }
            match self.screen.recv_timeout(PATIENCE) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("no {text:?} after: {:?}", self.seen),
            }
        }
    }

    /// Waits for the program's end; the rest of what it showed, and its exit code.
    ///
    /// # Panics
    /// If it does not end.
    pub fn ends(mut self) -> (String, i32) {
        while let Ok(bytes) = self.screen.recv_timeout(PATIENCE) {
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        let status = self.child.wait().expect("it is our own child");
        (self.seen, status.code().unwrap_or(-1))
    }
}

fn watch(mut screen: File, shown: Arc<Mutex<Vec<u8>>>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        // Linux says EIO when the last user of the terminal is gone.
        while let Ok(read) = screen.read(&mut buffer) {
            shown.lock().unwrap_or_else(PoisonError::into_inner).extend(&buffer[..read]);
            if read == 0 || sender.send(buffer[..read].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}
