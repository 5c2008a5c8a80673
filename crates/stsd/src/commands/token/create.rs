//! `stsd token create`: the one moment at which an authorization token is shown. Alone on its line, or
//! in a file of its own, so that nothing has to be cut out of anything.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use stsd_protocol::control::{
    CREATE_TOKEN, CreateTokenRequest, CreatedToken, REVOKE_TOKENS, RevokeTokensRequest,
    RevokedTokens,
};
use stsd_protocol::{Refusal, RefusalCode};

use crate::arguments::CreateTokenArguments;
use crate::client::{self, Client, LOCAL};
use crate::failure::Failure;
use crate::show::{note, print, print_bytes, shown_path};

pub(super) fn run(arguments: CreateTokenArguments) -> Result<(), Failure> {
    if arguments.profiles.is_empty() && !arguments.all_profiles {
        return Err(Failure::usage(
            "no profile is named that the authorization token is for",
            "name them, as in `stsd token create --profile prod`, or say --all-profiles",
        ));
    }
    let request = CreateTokenRequest {
        name: arguments.name,
        profiles: (!arguments.all_profiles).then_some(arguments.profiles),
        expires_seconds: arguments.expires.0.map(|length| length.as_secs()),
    };
    if let Some(path) = &arguments.file {
        return into_file(path, &request);
    }
    let client = Client::new();
    let mut body = client.order_raw(CREATE_TOKEN, &request, LOCAL)?;
    let created: CreatedToken = client::read(&body)?;
    let printed = if arguments.json {
        body.push(b'\n');
        print_bytes(body)
    } else {
        print(&format!("{}\n", created.authorization_token.expose()))
    };
    printed.inspect_err(|_| revoke(&created, &client))?;
    if !arguments.json && io::stdout().is_terminal() {
        note(&format!(
            "this is {}, shown this once: for AWS_CONTAINER_AUTHORIZATION_TOKEN beside {}; \
             --file PATH writes one for AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            created.report.name,
            uri(&created)
        ));
    }
    Ok(())
}

/// The file is made first: a token that nobody can read again must not be made for nothing.
fn into_file(path: &Path, request: &CreateTokenRequest) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(|error| unwritten(path, &error))?;
    let client = Client::new();
    let made = client
        .order::<CreatedToken>(CREATE_TOKEN, request, LOCAL)
        .and_then(|created| fill(&mut file, &created, path, &client).map(|()| created));
    let created = made.inspect_err(|_| _ = fs::remove_file(path))?;
    note(&format!(
        "{} is in {}: for AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE beside {}",
        created.report.name,
        shown_path(path),
        uri(&created)
    ));
    Ok(())
}

/// Without a newline, on which most SDKs break. What cannot be written is revoked.
fn fill(
    file: &mut File,
    created: &CreatedToken,
    path: &Path,
    client: &Client,
) -> Result<(), Refusal> {
    let text = created.authorization_token.expose().as_bytes();
    file.write_all(text).and_then(|()| file.sync_all()).map_err(|error| {
        revoke(created, client);
        unwritten(path, &error)
    })
}

/// Nobody can read it any more. If this fails too, `stsd token list` shows it.
fn revoke(created: &CreatedToken, client: &Client) {
    let request = RevokeTokensRequest { names: Some(vec![created.report.name.clone()]) };
    let _ = client.order::<RevokedTokens>(REVOKE_TOKENS, &request, LOCAL);
}

fn unwritten(path: &Path, error: &io::Error) -> Refusal {
    let path = shown_path(path);
    let refusal = |message| Refusal::new(RefusalCode::BadRequest, message);
    match error.kind() {
        io::ErrorKind::AlreadyExists => refusal(format!("{path} is there already"))
            .with_hint("remove it first, or name another file"),
        _ => refusal(format!("{path} cannot be written: {error}")).with_hint("name another file"),
    }
}

/// The other variable: for one profile of those that the token opens.
fn uri(created: &CreatedToken) -> String {
    let uri = created.credentials_uri.as_deref();
    let uri = uri.unwrap_or("http://127.0.0.1:PORT/creds/PROFILE");
    let others = match created.report.profiles.as_deref() {
        Some([_, _, ..]) => ", or another of its profiles in place of the first",
        _ => "",
    };
    format!("AWS_CONTAINER_CREDENTIALS_FULL_URI={uri}{others}")
}
