//! The two URI variables.

use super::typed;
use crate::chains::{Address, FULL, Listener, RELATIVE};
use crate::commands::doctor::facts::Facts;
use crate::commands::doctor::finding::Finding;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    [relative(facts), full(facts)].into_iter().flatten().collect()
}

fn relative(facts: &Facts) -> Option<Finding> {
    let value = facts.shell.variable(RELATIVE)?;
    let unset = typed::unset(&facts.shell, [RELATIVE]);
    Some(match value {
        "" => {
            let reason = format!(
                "{RELATIVE} is set to nothing: boto3, AWS CLI and Rust go to \
                                  169.254.170.2 for it"
            );
            Finding::error("BlankRelativeUri", reason, unset)
        }
        _ => {
            let reason = format!("{RELATIVE} goes before stsd's endpoint in every tool");
            Finding::error("RelativeUri", reason, unset)
        }
    })
}

fn full(facts: &Facts) -> Option<Finding> {
    let uri = facts.shell.variable(FULL)?;
    let connect = || typed::connect(&facts.shell);
    if uri.is_empty() {
        let reason = format!("{FULL} is set to nothing, where boto3, AWS CLI and Rust stop");
        return Some(Finding::error("BlankEndpoint", reason, connect()));
    }
    let Some(address) = Address::parse(uri) else {
        let reason = format!("{FULL} is no URL that a tool can ask");
        return Some(Finding::error("ForeignEndpoint", reason, connect()));
    };
    if let Some(name) = address.at_stsd(&facts.shell) {
        return path(facts, name);
    }
    let at = format!("{}:{}", address.host, address.port);
    if facts.shell.listener == Listener::Stranger && facts.shell.stsd.port == Some(address.port) {
        let reason = format!(
            "another program listens at {at}, where tools of this shell send their authorization \
             token"
        );
        return Some(Finding::error("PortTaken", reason, typed::who_listens(address.port)));
    }
    let ours = facts.shell.stsd.port.filter(|_| address.is_loopback());
    Some(match ours {
        Some(port) => {
            let reason = format!("{FULL} is {at}, and stsd's port is {port}");
            Finding::error("OtherPort", reason, connect())
        }
        None => {
            let reason = format!("{FULL} is {at}, which is not stsd");
            Finding::error("ForeignEndpoint", reason, connect())
        }
    })
}

fn path(facts: &Facts, name: Option<&str>) -> Option<Finding> {
    let shell = &facts.shell;
    let connect = || typed::connect(shell);
    let Some(name) = name else {
        let reason = format!("{FULL} has a path that stsd does not have; it is /creds/PROFILE");
        return Some(Finding::error("EndpointPath", reason, connect()));
    };
    let is_unknown = facts.daemon.heard().is_some() && shell.stsd.find(name).is_none();
    (is_unknown && !name.is_empty()).then(|| {
        let reason = format!("{FULL} asks for profile {name}, which stsd does not know");
        Finding::error("UnknownEndpointProfile", reason, connect())
    })
}
