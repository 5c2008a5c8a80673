//! Asking a person for a token code on the controlling terminal, whatever standard input and
//! output are. What is typed is seen, since people check six digits by eye; what is typed after
//! the question is over never reaches the shell.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

use nix::libc::_POSIX_VDISABLE;
use nix::sys::termios::{
    FlushArg, InputFlags, LocalFlags, SetArg, SpecialCharacterIndices as Key, Termios, tcflush,
    tcgetattr, tcsetattr,
};

/// The terminal that the process belongs to.
#[derive(Debug)]
pub(crate) struct Terminal {
    device: File,
}

/// What the person did.
pub(crate) enum Answer {
    /// Ended a line.
    Line(String),
    /// Ended the input (ctrl-D) or typed nothing.
    Nothing,
    /// Pressed ctrl-C.
    Interrupted,
}

impl Terminal {
    /// Nothing if the process has none.
    pub(crate) fn open() -> Option<Self> {
        let device = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
        Some(Self { device })
    }

    /// Shows a line.
    pub(crate) fn say(&mut self, line: &str) -> io::Result<()> {
        self.device.write_all(format!("{line}\n").as_bytes())
    }

    /// Shows the question and waits for one line.
    ///
    /// Ctrl-C is made a key that ends the line, so that no signal handler is needed; line editing
    /// stays the terminal's own, and ctrl-Z suspends as ever.
    pub(crate) fn ask(&mut self, question: &str) -> io::Result<Answer> {
        let before = tcgetattr(&self.device)?;
        let interrupt = before.control_chars[Key::VINTR as usize];
        let mut asking = before.clone();
        asking.local_flags.insert(LocalFlags::ICANON | LocalFlags::ISIG | LocalFlags::ECHO);
        asking.input_flags.insert(InputFlags::ICRNL);
        asking.control_chars[Key::VINTR as usize] = _POSIX_VDISABLE;
        asking.control_chars[Key::VEOL as usize] = interrupt;
        let restore = Restore { device: &self.device, before };
        tcsetattr(&self.device, SetArg::TCSADRAIN, &asking)?;
        (&self.device).write_all(question.as_bytes())?;
        let line = read_line(&self.device)?;
        drop(restore);
        self.understood(line, interrupt)
    }

    fn understood(&mut self, mut line: Vec<u8>, interrupt: u8) -> io::Result<Answer> {
        let ended = line.pop_if(|last| *last == b'\n').is_some();
        if !ended {
            // Neither key moves the cursor, and what follows starts on a line of its own.
            self.device.write_all(b"\n")?;
        }
        if line.last() == Some(&interrupt) && interrupt != _POSIX_VDISABLE && !ended {
            return Ok(Answer::Interrupted);
        }
        // A line that is no text is no code either.
        let text = String::from_utf8(line).unwrap_or_else(|_| "?".to_owned());
        Ok(if text.trim().is_empty() { Answer::Nothing } else { Answer::Line(text) })
    }
}

impl Drop for Terminal {
    /// What was typed while STS was asked was not meant for the shell.
    fn drop(&mut self) {
        let _ = tcflush(&self.device, FlushArg::TCIFLUSH);
    }
}

/// Puts the terminal back, and throws away what was typed beyond the line.
struct Restore<'a> {
    device: &'a File,
    before: Termios,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.device, SetArg::TCSAFLUSH, &self.before);
    }
}

/// A terminal hands out one line a read, or what there is of it at ctrl-D.
fn read_line(mut device: &File) -> io::Result<Vec<u8>> {
    let mut line = vec![0; LONGEST];
    loop {
        match device.read(&mut line) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(read) => {
                line.truncate(read);
                return Ok(line);
            }
        }
    }
}

/// No code is longer, and whatever is beyond it is thrown away.
const LONGEST: usize = 256;
