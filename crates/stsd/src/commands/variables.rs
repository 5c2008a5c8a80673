//! What `env` and `exec` have in common: from a profile to the variables that connect to it.

use std::time::Duration;
use std::{env, fs};

use stsd_protocol::control::{
    CREDENTIALS, CredentialsRequest, ENVIRONMENT, EXEC_TOKEN, Environment, ExecToken,
    ProcessCredentials, ProfileRequest,
};
use stsd_protocol::{Refusal, RefusalCode, path_form};

use crate::before::{self, Before};
use crate::client::{self, Client, FILES};
use crate::environment::{Surroundings, Variable, static_variables, variables};
use crate::failure::Failure;
use crate::{show, socket, state_directory, view};

/// The variables for a profile, by the daemon, or without one by what it left behind.
pub(crate) fn of(profile: Option<String>, no_view: bool) -> Result<Vec<Variable>, Failure> {
    connecting(&environment(profile)?, no_view)
}

/// The same for a command: with an authorization token that opens its profile alone.
pub(crate) fn of_exec(profile: Option<String>, no_view: bool) -> Result<Vec<Variable>, Failure> {
    let mut environment = environment(profile)?;
    if let Some(file) = exec_token(&environment)? {
        environment.authorization_token_file = file;
    }
    connecting(&environment, no_view)
}

fn environment(profile: Option<String>) -> Result<Environment, Failure> {
    Ok(match ask(profile.as_deref(), PROMPTLY) {
        // The start files of shells wait for this: a daemon that hangs must not keep them.
        Err(refusal)
            if matches!(refusal.code, RefusalCode::NoDaemon | RefusalCode::Unavailable) =>
        {
            state_directory::environment(&socket::places()?, profile.as_deref(), refusal)
        }
        outcome => outcome,
    }?)
}

/// The file of that token. Without a daemon it is the one that there is, if there is one; else the
/// command gets the user's own, as it does from a daemon that makes none. Whoever is refused its own
/// token is not given more than that.
fn exec_token(environment: &Environment) -> Result<Option<String>, Refusal> {
    let profile = Some(environment.profile.clone()).filter(|name| !name.is_empty());
    let request = ProfileRequest { profile: profile.clone() };
    match Client::new().order::<ExecToken>(EXEC_TOKEN, &request, PROMPTLY) {
        Ok(token) => Ok(Some(token.authorization_token_file)),
        Err(refusal) if matches!(refusal.code, RefusalCode::NoDaemon | RefusalCode::NotFound) => {
            let Some(profile) = profile else { return Ok(None) };
            let file = socket::places()?.exec_token(&path_form(&profile));
            Ok(file.is_file().then(|| file.to_string_lossy().into_owned()))
        }
        Err(refusal) => Err(refusal),
    }
}

fn connecting(environment: &Environment, no_view: bool) -> Result<Vec<Variable>, Failure> {
    if environment.credentials_uri.is_none() {
        show::warn(
            "the endpoint's port is not stsd's, so tools reach it by AWS_CONFIG_FILE alone; \
             `stsd status` names the reason",
        );
    }
    let record = recorded();
    let around = Surroundings { no_view, ..surroundings(environment, record.as_ref()) };
    Ok(with_record(variables(environment, &around), record))
}

/// The variables with which a tool needs stsd no more, until the credentials end.
pub(crate) fn static_of(profile: Option<String>) -> Result<Vec<Variable>, Failure> {
    let environment = ask(profile.as_deref(), FILES)?;
    // By its name from here on, in case the default changes in between.
    let body = static_credentials(Some(environment.profile.clone()))?;
    let credentials: ProcessCredentials = client::read(&body)?;
    let record = recorded();
    let around = surroundings(&environment, record.as_ref());
    Ok(with_record(static_variables(&environment, &credentials, &around), record))
}

/// Credentials with their real expiration, in the form of a `credential_process`.
pub(crate) fn static_credentials(profile: Option<String>) -> Result<Vec<u8>, Refusal> {
    let request = CredentialsRequest { profile, real_expiration: true };
    Client::new().patient_order(CREDENTIALS, &request)
}

/// The first of stsd's changes to a shell notes what was there; later ones leave the note alone.
fn with_record(mut variables: Vec<Variable>, record: Option<Before>) -> Vec<Variable> {
    if record.is_none() {
        let before = Before::of(|name| env::var_os(name));
        variables.push((before::RECORD, Some(before.record())));
    }
    variables
}

fn recorded() -> Option<Before> {
    Before::parse(&variable(before::RECORD)?)
}

fn ask(profile: Option<&str>, patience: Duration) -> Result<Environment, Refusal> {
    let request = ProfileRequest { profile: profile.map(str::to_owned) };
    Client::new().order(ENVIRONMENT, &request, patience)
}

fn surroundings(environment: &Environment, record: Option<&Before>) -> Surroundings {
    let before = |name: &str| Some(record?.value(name)?.to_owned());
    Surroundings {
        no_proxy: variable("no_proxy"),
        no_proxy_capitals: variable("NO_PROXY"),
        region: variable("AWS_REGION"),
        default_region: variable("AWS_DEFAULT_REGION"),
        earlier_region: earlier_region(environment),
        region_before: before("AWS_REGION"),
        default_region_before: before("AWS_DEFAULT_REGION"),
        no_view: false,
    }
}

/// The region of the profile that this process's variables were made for. Looked up only where it
/// matters: for a profile that brings no region of its own.
fn earlier_region(environment: &Environment) -> Option<String> {
    if environment.region.is_some() { None } else { region_of_the_shell(&environment.config_view) }
}

/// The region that the profile of this shell has in the view.
pub(crate) fn region_of_the_shell(config_view: &str) -> Option<String> {
    let in_our_view =
        || (variable("AWS_CONFIG_FILE")? == config_view).then(|| "default".to_owned());
    let earlier = variable("STSD_PROFILE").or_else(in_our_view)?;
    let text = fs::read_to_string(config_view).ok()?;
    view::find(&text, &earlier)?.region
}

/// A variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    let value = env::var_os(name)?.to_string_lossy().into_owned();
    (!value.is_empty()).then_some(value)
}

/// A daemon that has just started has read the user's files after a fraction of it.
const PROMPTLY: Duration = Duration::from_secs(3);
