//! What `env` and `exec` have in common: from a profile to the variables that connect to it.

use std::{env, fs};

use stsd_protocol::control::{ENVIRONMENT, Environment, ProfileRequest};
use stsd_protocol::{Refusal, RefusalCode};

use crate::client::{Client, FILES};
use crate::environment::{Surroundings, Variable, variables};
use crate::failure::Failure;
use crate::{show, socket, state_directory, view};

/// The variables for a profile, by the daemon, or without one by what it left behind.
pub(crate) fn of(profile: Option<String>, no_view: bool) -> Result<Vec<Variable>, Failure> {
    let environment = match ask(profile.as_deref()) {
        Err(refusal) if refusal.code == RefusalCode::NoDaemon => {
            state_directory::environment(&socket::places()?, profile.as_deref(), refusal)
        }
        outcome => outcome,
    }?;
    if environment.credentials_uri.is_none() {
        show::warn(
            "the endpoint's port is not stsd's, so tools reach it by AWS_CONFIG_FILE alone; \
             `stsd status` names the reason",
        );
    }
    let around = surroundings(&environment, no_view);
    Ok(variables(&environment, &around))
}

fn ask(profile: Option<&str>) -> Result<Environment, Refusal> {
    let request = ProfileRequest { profile: profile.map(str::to_owned) };
    Client::new().order(ENVIRONMENT, &request, FILES)
}

fn surroundings(environment: &Environment, no_view: bool) -> Surroundings {
    Surroundings {
        no_proxy: variable("no_proxy"),
        no_proxy_capitals: variable("NO_PROXY"),
        region: variable("AWS_REGION"),
        default_region: variable("AWS_DEFAULT_REGION"),
        earlier_region: earlier_region(environment),
        no_view,
    }
}

/// The region of the profile that this process's variables were made for. Looked up only where it
/// matters: for a profile that brings no region of its own.
fn earlier_region(environment: &Environment) -> Option<String> {
    if environment.region.is_some() {
        return None;
    }
    let in_our_view =
        || (variable("AWS_CONFIG_FILE")? == environment.config_view).then(|| "default".to_owned());
    let earlier = variable("STSD_PROFILE").or_else(in_our_view)?;
    let text = fs::read_to_string(&environment.config_view).ok()?;
    view::find(&text, &earlier)?.region
}

fn variable(name: &str) -> Option<String> {
    let value = env::var_os(name)?.to_string_lossy().into_owned();
    (!value.is_empty()).then_some(value)
}
