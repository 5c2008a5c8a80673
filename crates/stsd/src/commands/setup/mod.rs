//! `stsd setup`: from an access key to tools that work, in one command. Says what is missing, shows
//! every change as a diff, asks once, makes them all or none, starts the service, unlocks and proves
//! it. What it did is noted, so that it can be run again after any end, and be taken back.

mod configuration_file;
mod device;
mod finish;
mod identities;
mod proposal;
mod session;
mod shell;
mod undo;
mod variables;

use std::fs;
use std::os::unix::fs::MetadataExt;

use nix::unistd::Uid;
use stsd_protocol::{Refusal, RefusalCode};

use self::proposal::Proposal;
use crate::arguments::SetupArguments;
use crate::changes::{Journal, RealDisk};
use crate::commands::service::Installation;
use crate::failure::Failure;
use crate::show::print;
use crate::system::RealSystem;
use crate::terminal::{Answer, Terminal};

pub(crate) fn run(arguments: SetupArguments) -> Result<(), Failure> {
    let installation = Installation::find(&RealSystem, &RealDisk)?;
    refuse_another_home(&installation)?;
    let _alone = installation.alone()?;
    if arguments.undo {
        return undo::run(&installation, arguments.dry_run);
    }
    let mut journal = Journal::read(&installation.places.state)?;
    let asks = !arguments.yes && !arguments.dry_run;
    let terminal = if asks { Terminal::open() } else { None };
    let proposal = Proposal::make(&installation, &journal, &arguments, terminal.as_ref())?;
    print(&proposal.text())?;
    if arguments.dry_run {
        return Ok(());
    }
    if proposal.is_nothing() {
        drop(terminal);
        return proposal.finish().resume(arguments);
    }
    if asks && !agreed(terminal.as_ref())? {
        return print("nothing was changed\n");
    }
    drop(terminal);
    let finish = proposal.make_it(&installation, &mut journal)?;
    finish.run(&installation, arguments)
}

/// Whether the person wants it. Enter is yes, as the question says.
fn agreed(terminal: Option<&Terminal>) -> Result<bool, Failure> {
    let Some(terminal) = terminal else {
        let message = "there is no terminal to ask on, and nothing was changed";
        return Err(Failure::usage(message, "add --yes to make these changes"));
    };
    match device::ask(terminal, "Make these changes? [Y/n] ")? {
        Answer::Interrupted | Answer::Ended => Err(Failure::Cancelled { after_others: false }),
        Answer::Nothing => Ok(true),
        Answer::Line(line) => {
            Ok(["y", "yes"].iter().any(|yes| line.trim().eq_ignore_ascii_case(yes)))
        }
    }
}

/// Under `sudo` with the home kept, every file would become root's.
fn refuse_another_home(installation: &Installation<'_>) -> Result<(), Failure> {
    let owner = fs::metadata(&installation.home).map(|home| home.uid());
    if owner.is_ok_and(|owner| owner == Uid::effective().as_raw()) {
        return Ok(());
    }
    let message = "HOME is not the home of the user that stsd runs as";
    Err(Refusal::new(RefusalCode::Configuration, message)
        .with_hint("run it as yourself, without sudo")
        .into())
}
