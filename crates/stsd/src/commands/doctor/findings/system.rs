//! The service that keeps the daemon running.

use super::typed;
use crate::commands::doctor::facts::Facts;
use crate::commands::doctor::finding::Finding;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let service = &facts.service;
    if facts.shell.home.is_none() {
        let reason = "HOME is not set: neither ~/.aws nor stsd's own files can be found";
        let command = "export HOME=\"$(getent passwd \"$(id -u)\" | cut -d: -f6)\"";
        return vec![Finding::warning("NoHome", reason, command)];
    }
    if !service.has_manager {
        return vec![];
    }
    if !service.is_installed {
        let reason = "the daemon is no service yet, and does not start with your login";
        return vec![Finding::note("ServiceNotInstalled", reason, typed::INSTALL)];
    }
    let mut found = Vec::new();
    if !service.is_enabled {
        let reason = "the service is installed and not enabled";
        found.push(Finding::note("ServiceNotEnabled", reason, typed::INSTALL));
    }
    if service.lingers == Some(false) {
        let reason = "the daemon ends with your last login, and its sessions with it";
        found.push(Finding::note("NotLingering", reason, "loginctl enable-linger"));
    }
    found
}
