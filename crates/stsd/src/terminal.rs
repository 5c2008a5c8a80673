//! Asking a person for a token code on the controlling terminal, whatever standard input and
//! output are. What is typed is seen, since people check six digits by eye; what is typed after
//! the question is over never reaches the shell.

use std::convert::Infallible;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;

use nix::libc::O_NONBLOCK;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::termios::{
    FlushArg, InputFlags, LocalFlags, SetArg, Termios, tcflush, tcgetattr, tcsetattr,
};
use nix::unistd::{getpgrp, tcgetpgrp};

use crate::signals::{HeldBack, Signal, Signals};

/// The terminal that the process belongs to.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// Never waits by itself: another process may take the line that `poll` has seen.
    device: File,
    signals: Signals,
}

/// What the person did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer<E> {
    /// Ended a line.
    Line(String),
    /// Typed nothing.
    Nothing,
    /// Ended the input: by ctrl-D, or with the terminal itself. No question takes that for a yes.
    Ended,
    /// Pressed ctrl-C.
    Interrupted,
    /// Nothing yet, and there is no point in waiting any more.
    Over(E),
}

impl Terminal {
    /// Nothing if the process has none.
    pub(crate) fn open() -> Option<Self> {
        let mut options = OpenOptions::new();
        let device = options.read(true).write(true).custom_flags(O_NONBLOCK).open("/dev/tty");
        Some(Self { device: device.ok()?, signals: Signals::listen().ok()? })
    }

    /// Whether what is typed is for this process and its kin, and not for the shell.
    pub(crate) fn is_in_foreground(&self) -> bool {
        tcgetpgrp(&self.device) == Ok(getpgrp())
    }

    /// Whether the terminal reads whole lines and knows ctrl-C: no editor, pager or line editor has
    /// taken it over.
    pub(crate) fn takes_lines(&self) -> bool {
        let needed = LocalFlags::ICANON | LocalFlags::ISIG;
        tcgetattr(&self.device).is_ok_and(|modes| modes.local_flags.contains(needed))
    }

    /// Shows a line.
    pub(crate) fn say(&self, line: &str) -> io::Result<()> {
        self.write(&format!("{line}\n"))
    }

    /// Throws away what was typed and not read. It is left to the shell where that has come back.
    pub(crate) fn forget_typed(&self) {
        if self.is_in_foreground() {
            let _ = tcflush(&self.device, FlushArg::TCIFLUSH);
        }
    }

    /// Puts the terminal into its usual modes, shows the question and waits for one line. Line
    /// editing stays the terminal's own, and ctrl-Z suspends as ever.
    pub(crate) fn ask(&self, question: &str) -> io::Result<Answer<Infallible>> {
        let before = tcgetattr(&self.device)?;
        let mut asking = before.clone();
        asking.local_flags.insert(LocalFlags::ICANON | LocalFlags::ISIG | LocalFlags::ECHO);
        // Otherwise ctrl-C also throws away what the terminal has not shown yet.
        asking.local_flags.insert(LocalFlags::NOFLSH);
        asking.input_flags.insert(InputFlags::ICRNL);
        let held = self.signals.hold();
        // From the background this stops the process until it is in the foreground again.
        tcsetattr(&self.device, SetArg::TCSADRAIN, &asking)?;
        let restore = Restore { device: &self.device, before };
        let outcome = self.line(question, &held, || None);
        drop(restore);
        self.understood(outcome?)
    }

    /// The same in the modes that there are, until `over` says why not to wait any more: it is
    /// asked four times a second.
    pub(crate) fn ask_until<E>(
        &self,
        question: &str,
        mut over: impl FnMut(&Self) -> Option<E>,
    ) -> io::Result<Answer<E>> {
        let held = self.signals.hold();
        let typed = self.line(question, &held, || over(self))?;
        self.understood(typed)
    }

    /// Naps until `over` says why not to wait any more; nothing is read. Ctrl-C ends it too.
    pub(crate) fn wait_until<E>(
        &self,
        mut over: impl FnMut(&Self) -> Option<E>,
    ) -> Result<E, Interrupted> {
        let held = self.signals.hold();
        loop {
            if let Some(signal) = held.take() {
                if !signal.is_interrupt() {
                    signal.obey();
                }
                return Err(Interrupted);
            }
            if let Some(end) = over(self) {
                return Ok(end);
            }
            // A signal ends the nap, and is seen above.
            let _ = poll(&mut [], NAP);
        }
    }

    fn line<E>(
        &self,
        question: &str,
        held: &HeldBack<'_>,
        mut over: impl FnMut() -> Option<E>,
    ) -> io::Result<Typed<E>> {
        self.write(question)?;
        let mut ready = false;
        loop {
            if let Some(signal) = held.take() {
                return Ok(Typed::Signal(signal));
            }
            // Also right before a line is read: it may be the shell's by now.
            if let Some(end) = over() {
                return Ok(Typed::Over(end));
            }
            if ready && let Some(line) = self.read()? {
                return Ok(Typed::Line(line));
            }
            ready = self.is_ready(PollFlags::POLLIN)?;
        }
    }

    /// Waits for so long that nobody notices, or until a signal comes.
    fn is_ready(&self, wanted: PollFlags) -> io::Result<bool> {
        let mut descriptors = [PollFd::new(self.device.as_fd(), wanted)];
        match poll(&mut descriptors, GLANCE) {
            Ok(ready) => Ok(ready > 0),
            Err(nix::Error::EINTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// A terminal hands out one line a read, or what there is of it at ctrl-D.
    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        let mut line = vec![0; LONGEST];
        match (&self.device).read(&mut line) {
            Err(error) if waits(&error) => Ok(None),
            Err(error) => Err(error),
            Ok(read) => {
                line.truncate(read);
                Ok(Some(line))
            }
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let mut rest = text.as_bytes();
        for _ in 0..GLANCES {
            match (&self.device).write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if waits(&error) => _ = self.is_ready(PollFlags::POLLOUT)?,
                Err(error) => return Err(error),
            }
            if rest.is_empty() {
                return Ok(());
            }
        }
        // Stopped by ctrl-S, perhaps.
        Err(io::ErrorKind::TimedOut.into())
    }

    fn understood<E>(&self, typed: Typed<E>) -> io::Result<Answer<E>> {
        let mut line = match typed {
            Typed::Line(line) => line,
            Typed::Over(end) => return Ok(Answer::Over(end)),
            Typed::Signal(signal) => {
                self.forget_typed();
                if !signal.is_interrupt() {
                    signal.obey();
                }
                // The same ctrl-C may have ended the command, and brought the shell back.
                if self.is_in_foreground() {
                    self.write("\n")?;
                }
                return Ok(Answer::Interrupted);
            }
        };
        let is_ended = line.pop_if(|last| *last == b'\n').is_none();
        if is_ended {
            // Ctrl-D does not move the cursor, and what follows starts on a line of its own.
            self.write("\n")?;
        }
        // A line that is no text is no code either.
        let text = String::from_utf8(line).unwrap_or_else(|_| "?".to_owned());
        Ok(match (text.trim().is_empty(), is_ended) {
            (false, _) => Answer::Line(text),
            (true, false) => Answer::Nothing,
            (true, true) => Answer::Ended,
        })
    }
}

impl Drop for Terminal {
    /// What was typed while STS was asked was not meant for the shell.
    fn drop(&mut self) {
        self.forget_typed();
    }
}

/// Ctrl-C was pressed.
#[derive(Debug)]
pub(crate) struct Interrupted;

/// What came of waiting for a line.
enum Typed<E> {
    Line(Vec<u8>),
    Signal(Signal),
    Over(E),
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

/// Whether the same call may work in a moment.
fn waits(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// No code is longer, and whatever is beyond it is thrown away.
const LONGEST: usize = 256;
/// How long a change may go unnoticed: a shell that has the terminal again is not kept waiting.
const GLANCE: u8 = 250;
/// Between two looks of somebody who waits for another process's question.
const NAP: u8 = 50;
/// How often a terminal that takes no output is tried: ten seconds.
const GLANCES: u32 = 40;
