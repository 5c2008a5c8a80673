//! `stsd doctor`: which credentials each tool would take in this shell, and why; what is wrong, each
//! with one command to type; a verdict. Asks the daemon and the gateway, and never AWS.

mod daemon;
mod disk;
mod facts;
mod finding;
mod findings;
mod inspect;
mod report;
mod service;
mod text;
mod tokens;
mod view;

use crate::arguments::DoctorArguments;
use crate::environment::Variable;
use crate::failure::Failure;
use crate::show::{print, print_json};

use facts::Facts;
use report::Report;

/// The whole command.
///
/// # Errors
/// Also if something is wrong; it has been said then.
pub(crate) fn run(arguments: &DoctorArguments) -> Result<(), Failure> {
    let report = Report::of(&Facts::gather(arguments.profile.named()?, &[]));
    match arguments.json {
        true => print_json(&report)?,
        false => print(&text::whole(&report))?,
    }
    if report.ok { Ok(()) } else { Err(Failure::Reported(UNWELL)) }
}

/// The verdict for a shell that has these variables besides its own: one or two lines, for the end
/// of a setup, after which only new shells are connected.
pub(crate) fn verdict(variables: &[Variable]) -> String {
    text::verdict(&Report::of(&Facts::gather(None, variables)))
}

const UNWELL: u8 = 1;
