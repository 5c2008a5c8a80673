//! Variables that bring other credentials.

use stsd_protocol::Timestamp;

use super::connection::families;
use super::typed;
use crate::chains::{Shell, Source};
use crate::clock;
use crate::commands::doctor::facts::Facts;
use crate::commands::doctor::finding::Finding;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let shell = &facts.shell;
    [keys(facts), web_identity(facts), metadata(facts), load_config(facts), runtime(shell)]
        .into_iter()
        .flatten()
        .collect()
}

fn keys(facts: &Facts) -> Option<Finding> {
    let shell = &facts.shell;
    let set: Vec<&str> = KEYS.iter().copied().filter(|name| shell.filled(name).is_some()).collect();
    let has = |name| set.contains(&name);
    let command = || typed::unset(shell, set.iter().copied());
    if !has("AWS_ACCESS_KEY_ID") && !has("AWS_ACCESS_KEY") {
        return None;
    }
    if !has("AWS_SECRET_ACCESS_KEY") && !has("AWS_SECRET_KEY") {
        let reason = "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY, where boto3 and \
                      AWS CLI stop";
        return Some(Finding::error("HalfKeyVariables", reason, command()));
    }
    let takers = facts.tools.iter().filter(|known| known.verdict.source == Source::Environment);
    let tools = families(takers.map(|known| known.tool));
    let ended = match ended(shell) {
        Some(end) => format!(", and ended at {end}"),
        None => String::new(),
    };
    let reason = format!("the key variables go before stsd in {tools}{ended}");
    Some(Finding::error("KeyVariables", reason, command()))
}

/// When the keys ended, where a variable says so.
fn ended(shell: &Shell) -> Option<Timestamp> {
    let names = ["AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"];
    let end: Timestamp = names.iter().find_map(|name| shell.filled(name)?.parse().ok())?;
    (end <= clock::now()).then_some(end)
}

fn web_identity(facts: &Facts) -> Option<Finding> {
    let shell = &facts.shell;
    shell.filled("AWS_WEB_IDENTITY_TOKEN_FILE")?;
    let names = ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME"];
    let set = names.into_iter().filter(|name| shell.variable(name).is_some());
    let takers = facts.tools.iter().filter(|known| known.verdict.source == Source::WebIdentity);
    let tools = families(takers.map(|known| known.tool));
    let reason = format!("AWS_WEB_IDENTITY_TOKEN_FILE goes before stsd in {tools}");
    Some(Finding::error("WebIdentityVariables", reason, typed::unset(shell, set)))
}

/// Java and JavaScript 2 go on to the instance's role when stsd refuses.
fn metadata(facts: &Facts) -> Option<Finding> {
    let missing = facts.shell.filled("AWS_EC2_METADATA_DISABLED").is_none();
    (missing && facts.is_connected()).then(|| {
        let reason = "AWS_EC2_METADATA_DISABLED is not set: where stsd refuses, Java looks for an \
                      instance's role";
        let command = typed::export(&facts.shell, &[("AWS_EC2_METADATA_DISABLED", "true")]);
        Finding::note("MetadataNotDisabled", reason, command)
    })
}

fn load_config(facts: &Facts) -> Option<Finding> {
    let missing = facts.shell.filled("AWS_SDK_LOAD_CONFIG").is_none();
    (missing && facts.names_view()).then(|| {
        let reason = "AWS_SDK_LOAD_CONFIG is not set: the AWS SDKs for Go 1 and JavaScript 2 do not \
                      read the view";
        let command = typed::export(&facts.shell, &[("AWS_SDK_LOAD_CONFIG", "1")]);
        Finding::note("LoadConfig", reason, command)
    })
}

/// Without it, clients find the daemon by what it recorded.
fn runtime(shell: &Shell) -> Option<Finding> {
    let needed = cfg!(target_os = "linux") && shell.filled("XDG_RUNTIME_DIR").is_none();
    needed.then(|| {
        let reason = "XDG_RUNTIME_DIR is not set, as in cron and after su: stsd finds its daemon by \
                      the state directory";
        let folder = "export XDG_RUNTIME_DIR=/run/user/$(id -u)";
        Finding::note("NoRuntimeDirectory", reason, folder)
    })
}

const KEYS: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_SESSION_EXPIRATION",
];
