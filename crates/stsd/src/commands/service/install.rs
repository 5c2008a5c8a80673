//! `stsd service install` and `uninstall`.

use std::path::PathBuf;

use stsd_configuration::Configuration;
use stsd_protocol::control::{STATUS, Status};
use stsd_protocol::{Refusal, RefusalCode};

use super::installation::Installation;
use super::port;
use crate::arguments::InstallArguments;
use crate::changes::{self, Journal, Plan};
use crate::client::{self, Client};
use crate::failure::Failure;
use crate::show::{print, printable, shown_path, warn};

pub(super) fn install(
    service: &Installation<'_>,
    arguments: &InstallArguments,
) -> Result<(), Failure> {
    service.needs_manager()?;
    let _alone = service.alone()?;
    let facts = service.facts();
    let mut journal = Journal::read(&service.places.state)?;
    let mut plan = Plan::default();
    for wish in service.wishes(chosen_port(service, arguments.port)?)? {
        plan.add(&journal, wish)?;
    }
    if plan.is_empty() && facts.is_enabled && facts.is_active() {
        return print("the service is installed and runs; there is nothing to change\n");
    }
    if arguments.dry_run {
        return print(&plan.diff());
    }
    if !facts.is_active() {
        refuse_other_daemon()?;
    }
    let is_new = !plan.is_empty();
    print(&plan.summary())?;
    plan.make(service.disk, &mut journal, &service.places.state)?;
    service.switch_on(&mut journal)?;
    if facts.is_active() && is_new {
        return print(
            "the service runs as it was before; `stsd service restart` takes the change\n",
        );
    }
    print("the service is enabled and runs\n")
}

pub(super) fn uninstall(service: &Installation<'_>) -> Result<(), Failure> {
    let _alone = service.alone()?;
    let state = &service.places.state;
    let mut journal = Journal::read(state)?;
    if journal.enabled.is_none() && !journal.edits.iter().any(|edit| edit.of_service) {
        return print("`stsd service install` has changed nothing here that could be taken back\n");
    }
    service.switch_off(&journal)?;
    let kept = changes::take_back_service(service.disk, &mut journal, state)?;
    service.read_files_again()?;
    tell_kept(&kept);
    print("the service is stopped and gone; its sessions have ended\n")
}

/// The files that stay, since the user has edited them.
pub(crate) fn tell_kept(kept: &[PathBuf]) {
    for path in kept {
        let path = shown_path(path);
        warn(&format!("{path} has been edited since stsd wrote it, and stays; remove it by hand"));
    }
}

/// Which port the unit is to hold.
pub(crate) fn chosen_port(service: &Installation<'_>, asked: Option<u16>) -> Result<u16, Failure> {
    let configuration = configuration(service)?;
    let held = || service.port_held();
    Ok(port::choose(&service.places, asked, configuration.listen.as_deref(), held))
}

/// The user's own configuration of stsd.
pub(crate) fn configuration(service: &Installation<'_>) -> Result<Configuration, Failure> {
    let variable = |name: &str| std::env::var_os(name);
    Configuration::read(&service.places.configuration, false, variable).map_err(|error| {
        Refusal::new(RefusalCode::Configuration, error.to_string())
            .with_hint("correct the file, and run this again")
            .into()
    })
}

/// systemd would take its socket files over without asking, and the service's own daemon would leave.
pub(crate) fn refuse_other_daemon() -> Result<(), Failure> {
    let Ok(body) = Client::new().question(STATUS) else { return Ok(()) };
    let status: Status = client::read(&body)?;
    let message = format!("a daemon runs already, pid {}, and not as the service", status.pid);
    let hint =
        format!("end it, by ctrl-C in its terminal or `kill {}`, and run this again", status.pid);
    Err(Refusal::new(RefusalCode::Unavailable, message).with_hint(printable(&hint)).into())
}
