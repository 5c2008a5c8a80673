//! `stsd log`: who was handed what, and who was refused. Reads the daemon's files and asks nobody, so it
//! works without a daemon.

mod files;
#[cfg(test)]
mod fuzzing;
mod line;
mod lines;
mod printer;

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::arguments::LogArguments;
use crate::failure::Failure;
use crate::show::{note, print};
use crate::socket;
use files::{Follower, Tail};
use printer::Printer;

/// Without any record it says so, and that is no failure.
///
/// # Errors
/// If there is a log that cannot be read, or nobody to print to.
pub(crate) fn run(arguments: &LogArguments) -> Result<(), Failure> {
    let path = socket::places()?.audit_log();
    let printer = Printer::new(arguments);
    let (tail, follower) = Tail::read(&path, arguments.lines, |line| printer.wants(line))?;
    print(&tail.lines.iter().map(|line| printer.text(line)).collect::<String>())?;
    tell_of(&tail, arguments);
    if arguments.follow { go_on(follower, &printer) } else { Ok(()) }
}

fn tell_of(tail: &Tail, arguments: &LogArguments) {
    if let Some(remark) = remark(tail, arguments) {
        note(remark);
    }
    match tail.unreadable {
        0 => {}
        1 => note("one line of the audit could not be read"),
        lines => note(&format!("{lines} lines of the audit could not be read")),
    }
}

/// Why nothing is shown, where somebody may wonder.
fn remark(tail: &Tail, arguments: &LogArguments) -> Option<&'static str> {
    let looked_for = arguments.profile.is_some() && arguments.lines > 0;
    match tail.lines.is_empty() {
        true if !tail.is_any => Some("nothing is in the audit yet"),
        true if looked_for => Some("no record is of this profile"),
        _ => None,
    }
}

/// Until ctrl-C, or until whoever reads has gone.
fn go_on(mut follower: Follower, printer: &Printer) -> Result<(), Failure> {
    loop {
        let lines = follower.next_lines().map_err(files::unreadable)?;
        let wanted = lines.iter().filter(|line| printer.wants(line) == Some(true));
        let text: String = wanted.map(|line| printer.text(line)).collect();
        if !text.is_empty() {
            print(&text)?;
        }
        if !nap()? {
            return Ok(());
        }
    }
}

/// Waits a moment; says whether anybody still reads what is printed.
fn nap() -> Result<bool, Failure> {
    let output = io::stdout();
    let mut reader = [PollFd::new(output.as_fd(), PollFlags::empty())];
    match poll(&mut reader, PollTimeout::from(MOMENT)) {
        Ok(0) | Err(Errno::EINTR) => Ok(true),
        // Nothing is waited for, so all that there is to hear is that the other end is gone.
        Ok(_) => Ok(false),
        Err(error) => Err(Failure::Output(error.into())),
    }
}

impl Printer {
    fn new(arguments: &LogArguments) -> Self {
        let terminal = io::stdout().is_terminal();
        Self { json: arguments.json, terminal, profile: arguments.profile.clone() }
    }
}

/// Milliseconds between two looks.
const MOMENT: u8 = 200;

#[cfg(test)]
mod tests;
