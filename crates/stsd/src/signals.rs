//! The signals that end a program, held back while it asks a person something: they are noted, so
//! that the terminal can be left as it was found. At any other time they do what they always do.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nix::libc::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, c_int};
use signal_hook::flag::{register_conditional_default, register_usize};
use signal_hook::low_level::emulate_default_handler;

/// A signal that would have ended the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signal(c_int);

impl Signal {
    /// Whether it is ctrl-C's.
    pub(crate) fn is_interrupt(self) -> bool {
        self.0 == SIGINT
    }

    /// Ends the program as the signal would have ended it.
    pub(crate) fn obey(self) {
        let _ = emulate_default_handler(self.0);
    }
}

/// Listens to them. Also to those that the parent had ignored, as a script's `&` does with ctrl-C:
/// a question must be possible to leave.
#[derive(Debug)]
pub(crate) struct Signals {
    noted: Arc<AtomicUsize>,
    let_through: Arc<AtomicBool>,
}

impl Signals {
    /// From now on they pass through here, and end the program.
    pub(crate) fn listen() -> io::Result<Self> {
        let noted = Arc::new(AtomicUsize::new(NONE));
        let let_through = Arc::new(AtomicBool::new(true));
        for (number, signal) in (1..).zip(ENDING) {
            register_conditional_default(signal, Arc::clone(&let_through))?;
            register_usize(signal, Arc::clone(&noted), number)?;
        }
        Ok(Self { noted, let_through })
    }

    /// Holds them back until the value is dropped.
    pub(crate) fn hold(&self) -> HeldBack<'_> {
        self.let_through.store(false, Ordering::SeqCst);
        HeldBack { signals: self }
    }
}

/// While they are held back.
#[derive(Debug)]
pub(crate) struct HeldBack<'a> {
    signals: &'a Signals,
}

impl HeldBack<'_> {
    /// The last one that came; whoever takes it acts on it.
    pub(crate) fn take(&self) -> Option<Signal> {
        let number = self.signals.noted.swap(NONE, Ordering::SeqCst);
        number.checked_sub(1).and_then(|index| ENDING.get(index)).copied().map(Signal)
    }
}

impl Drop for HeldBack<'_> {
    /// One that came at the last moment ends the program after all.
    fn drop(&mut self) {
        self.signals.let_through.store(true, Ordering::SeqCst);
        if let Some(signal) = self.take() {
            signal.obey();
        }
    }
}

const ENDING: [c_int; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];
const NONE: usize = 0;
