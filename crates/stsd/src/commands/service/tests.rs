//! `install` and `uninstall` against a service manager that only remembers what it was asked.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use stsd_protocol::Places;
use tempfile::TempDir;

use super::install::{install, uninstall};
use super::installation::{Installation, Platform};
use crate::arguments::InstallArguments;
use crate::changes::{Journal, RealDisk};
use crate::system::tests::FakeSystem;

const NEVER_INSTALLED: &str = "UnitFileState=\nActiveState=inactive\nFragmentPath=\n";

fn installation<'a>(home: &TempDir, system: &'a FakeSystem) -> Installation<'a> {
    let home = home.path().to_owned();
    let variable =
        |name: &str| -> Option<OsString> { (name == "HOME").then(|| home.clone().into()) };
    let places = Places::find(variable, 1000).unwrap();
    let configuration = home.join(".config");
    let program = "/opt/stsd/stsd-daemon".to_owned();
    let platform = Platform::Systemd;
    Installation { system, disk: &RealDisk, places, program, configuration, home, platform }
}

fn port(port: u16) -> InstallArguments {
    InstallArguments { port: Some(port), dry_run: false }
}

fn orders(system: &FakeSystem) -> Vec<String> {
    let asked = system.asked.borrow();
    let is_order = |asked: &&String| !asked.contains(" show");
    asked.iter().filter(is_order).cloned().collect()
}

#[test]
fn the_port_is_taken_before_the_daemon_starts_and_everything_is_noted_before_it_is_done() {
    let home = tempfile::tempdir().unwrap();
    let system = FakeSystem::new(&[("systemctl --user show stsd", NEVER_INSTALLED)]);
    let service = installation(&home, &system);
    install(&service, &port(7883)).unwrap();
    let orders = orders(&system);
    assert_eq!(
        orders,
        [
            "systemctl --user daemon-reload",
            "systemctl --user enable --now --quiet stsd-endpoint.socket",
            "systemctl --user enable --now --quiet stsd.socket stsd.service",
        ]
    );
    let units = service.units();
    let text = fs::read_to_string(units.join("stsd.service")).unwrap();
    assert!(text.contains("\nExecStart=/opt/stsd/stsd-daemon\n"));
    assert!(units.join("stsd-endpoint.socket.d/port.conf").is_file());
    let journal = Journal::read(&service.places.state).unwrap();
    assert_eq!((journal.edits.len(), journal.enabled.unwrap().units.len()), (4, 3));
}

#[test]
fn what_was_enabled_before_stays_enabled() {
    let home = tempfile::tempdir().unwrap();
    let shown = "UnitFileState=enabled\nActiveState=active\n\
                 FragmentPath=/usr/lib/systemd/user/stsd.service\n";
    let system = FakeSystem::new(&[("systemctl --user show stsd", shown)]);
    let service = installation(&home, &system);
    install(&service, &port(7883)).unwrap();
    // The units are a package's; the port is this user's.
    let files: Vec<PathBuf> =
        fs::read_dir(service.units()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files, [service.units().join("stsd-endpoint.socket.d")]);
    uninstall(&service).unwrap();
    assert!(!orders(&system).iter().any(|order| order.contains("disable")));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn without_a_service_manager_the_links_to_its_units_go_too() {
    let home = tempfile::tempdir().unwrap();
    let system = FakeSystem::new(&[("systemctl --user show stsd", NEVER_INSTALLED)]);
    let service = installation(&home, &system);
    install(&service, &port(7883)).unwrap();
    for (folder, unit) in
        [("default.target.wants", "stsd.service"), ("sockets.target.wants", "stsd.socket")]
    {
        let folder = service.units().join(folder);
        fs::create_dir(&folder).unwrap();
        symlink(service.units().join(unit), folder.join(unit)).unwrap();
    }
    let silent = FakeSystem::new(&[]).failing("systemctl --user show", "Failed to connect to bus");
    uninstall(&installation(&home, &silent)).unwrap();
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn an_endpoint_that_cannot_have_its_port_does_not_keep_the_daemon_from_starting() {
    let home = tempfile::tempdir().unwrap();
    let system = FakeSystem::new(&[("systemctl --user show stsd", NEVER_INSTALLED)])
        .failing("systemctl --user enable --now --quiet stsd-endpoint.socket", "Job failed");
    install(&installation(&home, &system), &port(7883)).unwrap();
    assert!(orders(&system).last().unwrap().ends_with("stsd.socket stsd.service"));
}

#[test]
fn without_a_service_manager_nothing_is_written_and_a_way_out_is_named() {
    let home = tempfile::tempdir().unwrap();
    let system = FakeSystem::new(&[]).failing("systemctl", "Failed to connect to bus: No medium");
    let failure = install(&installation(&home, &system), &port(7883)).unwrap_err();
    assert_eq!(failure.exit_code(), 69);
    assert!(failure.text().contains("(Failed to connect to bus: No medium)"));
    assert!(failure.text().contains("run `/opt/stsd/stsd-daemon` in a terminal of its own"));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn a_program_from_which_systemd_starts_nothing_is_refused_before_anything_is_written() {
    let home = tempfile::tempdir().unwrap();
    let system = FakeSystem::new(&[("systemctl --user show stsd", NEVER_INSTALLED)]);
    let mut service = installation(&home, &system);
    service.program = "/home/it's/stsd-daemon".to_owned();
    assert_eq!(install(&service, &port(7883)).unwrap_err().exit_code(), 78);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn what_was_never_installed_is_not_uninstalled() {
    let home = tempfile::tempdir().unwrap();
    let system = FakeSystem::new(&[]);
    uninstall(&installation(&home, &system)).unwrap();
    assert!(orders(&system).is_empty());
}

/// Whoever was killed before the daemon noted its port finds it taken, by the service itself.
#[test]
fn the_port_that_the_services_own_socket_holds_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let system = FakeSystem::new(&[("systemctl --user show stsd", "ActiveState=active\n")]);
    let service = installation(&home, &system);
    assert_eq!(service.port_held(), Some(7873));
    fs::create_dir_all(service.units().join("stsd-endpoint.socket.d")).unwrap();
    let text = "[Socket]\nListenStream=\nListenStream=127.0.0.1:7883\n";
    fs::write(service.units().join("stsd-endpoint.socket.d/port.conf"), text).unwrap();
    assert_eq!(service.port_held(), Some(7883));
}
