//! `stsd service`: the daemon as a service of the user's own service manager.

mod alone;
mod facts;
mod install;
mod installation;
mod launchd;
mod port;
mod systemd;
#[cfg(test)]
mod tests;
mod units;

use std::os::unix::process::CommandExt;

use serde::Serialize;
use stsd_protocol::control::{STATUS, SessionReport, Status};
use stsd_protocol::{Refusal, RefusalCode};

pub(crate) use install::{chosen_port, configuration, refuse_other_daemon, tell_kept};
pub(crate) use installation::{Installation, Platform};

use self::facts::Facts;
use crate::arguments::{LogsArguments, PlainArguments, ServiceCommand};
use crate::changes::RealDisk;
use crate::client::{self, Client};
use crate::failure::Failure;
use crate::show::{print, print_json};
use crate::system::{RealSystem, command};

pub(crate) fn run(command: &ServiceCommand) -> Result<(), Failure> {
    let service = Installation::find(&RealSystem, &RealDisk)?;
    match command {
        ServiceCommand::Install(arguments) => install::install(&service, arguments),
        ServiceCommand::Uninstall => install::uninstall(&service),
        ServiceCommand::Start => change(&service, "start", "the service runs\n"),
        ServiceCommand::Stop => change(&service, "stop", STOPPED),
        ServiceCommand::Restart => {
            change(&service, "restart", "the service runs anew\n")?;
            print(what_is_left())
        }
        ServiceCommand::Status(arguments) => status(&service, arguments),
        ServiceCommand::Logs(arguments) => logs(&service, arguments),
    }
}

fn change(service: &Installation<'_>, verb: &str, done: &str) -> Result<(), Failure> {
    service.needs_manager()?;
    if service.facts().unit.is_none() {
        let message = "the service is not installed";
        return Err(Refusal::new(RefusalCode::NoDaemon, message)
            .with_hint("run `stsd service install`")
            .into());
    }
    service.change(verb)?;
    print(done)
}

/// The facts, and whether this program belongs to them.
#[derive(Serialize)]
struct Report {
    installed: bool,
    #[serde(flatten)]
    facts: Facts,
    /// The daemon that stands beside this program.
    program_of_this_stsd: String,
}

/// What the new daemon has of what the old one had: it answers when it has looked.
fn what_is_left() -> &'static str {
    let status = Client::new().question(STATUS).and_then(|body| client::read::<Status>(&body));
    let unlocked = |session: &SessionReport| session.access_key_id.is_some();
    match status {
        Ok(status) if status.sessions.iter().any(unlocked) => "its sessions go on\n",
        _ => "no session is left: run `stsd unlock`\n",
    }
}

fn status(service: &Installation<'_>, arguments: &PlainArguments) -> Result<(), Failure> {
    service.needs_manager()?;
    let facts = service.facts();
    if arguments.json {
        let installed = facts.unit.is_some();
        let program_of_this_stsd = service.program.clone();
        return print_json(&Report { installed, facts, program_of_this_stsd });
    }
    print(&facts.text(&service.program))
}

fn logs(service: &Installation<'_>, arguments: &LogsArguments) -> Result<(), Failure> {
    let lines = arguments.lines.to_string();
    let mut command = match service.platform {
        Platform::Systemd => {
            let mut command = command("journalctl");
            command.args(["--user", "--unit", units::SERVICE, "--lines", &lines]);
            command
        }
        Platform::Launchd => {
            let mut command = command("tail");
            command.args(["-n", &lines]);
            command
        }
    };
    if arguments.follow {
        command.arg("-f");
    }
    if service.platform == Platform::Launchd {
        command.arg(service.home.join("Library/Logs/stsd.log"));
    }
    let program = command.get_program().to_string_lossy().into_owned();
    let error = command.exec();
    Err(Failure::NotStarted { message: format!("{program}: {error}"), code: NOT_FOUND })
}

const STOPPED: &str =
    "the service is stopped, and its sessions have ended; `stsd service start` starts it\n";

/// A shell's code for a command that does not start.
const NOT_FOUND: u8 = 127;
