//! `stsd credential-process`: credentials for an SDK that runs a program for them. When it works,
//! one JSON object and not one byte on standard error (the C++ SDK merges the two); when it does
//! not, one line there, nothing on standard output, and the table's exit code. Locked, it asks for the
//! token code where a person can be asked.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use serde::de::IgnoredAny;
use stsd_protocol::control::{CREDENTIALS, ProfileRequest};
use stsd_protocol::{Refusal, RefusalCode};

use crate::client::{self, Client};
use crate::failure::Failure;
use crate::{clock, profile, prompt, show};

/// The profile, if the command line is `stsd credential-process` or `stsd credential-process NAME`
/// as the view writes it; the outer nothing leaves everything else to clap.
pub(crate) fn plain_form(arguments: &[OsString]) -> Option<Option<String>> {
    match arguments {
        [_, command] if command == COMMAND => Some(None),
        [_, command, name] if command == COMMAND => {
            let name = name.to_str().filter(|name| !name.is_empty() && !name.starts_with('-'))?;
            Some(Some(name.to_owned()))
        }
        _ => None,
    }
}

/// The whole command. Without a name only `STSD_PROFILE` counts.
pub(crate) fn run(named: Option<String>) -> ExitCode {
    let started = clock::since_boot();
    let client = Client::new();
    let request =
        ProfileRequest { profile: profile::or_by_variable(named, profile::OF_STSD_ALONE) };
    let outcome = match credentials(&client, &request) {
        Err(locked) if locked.code == RefusalCode::Locked => {
            prompt::unlock(&client, request.profile.as_deref(), started, locked)
                .and_then(|()| credentials(&client, &request))
        }
        outcome => outcome,
    };
    match outcome {
        Ok(body) => show::print_bytes(body)
            .map_or_else(|failure: Failure| failure.report(), |()| ExitCode::SUCCESS),
        Err(refusal) => {
            let line = show::printable(&refusal.one_line()) + "\n";
            let _ = io::stderr().write_all(line.as_bytes());
            ExitCode::from(refusal.code.exit_code())
        }
    }
}

fn credentials(client: &Client, request: &ProfileRequest) -> Result<Vec<u8>, Refusal> {
    let mut body = client.patient_order(CREDENTIALS, request)?;
    // Printed as it came; this only makes sure that it is one whole JSON value.
    client::read::<IgnoredAny>(&body)?;
    body.push(b'\n');
    Ok(body)
}

const COMMAND: &str = "credential-process";

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::plain_form;

    #[test]
    fn the_form_that_the_view_writes_is_taken_and_every_other_is_left_to_clap() {
        for (words, taken) in [
            (&["stsd", "credential-process"][..], Some(None)),
            (&["stsd", "credential-process", "prod"], Some(Some("prod".to_owned()))),
            (&["stsd", "credential-process", "-p"], None),
            (&["stsd", "credential-process", ""], None),
            (&["stsd", "credential-process", "--help"], None),
            (&["stsd", "credential-process", "prod", "dev"], None),
            (&["stsd", "status"], None),
            (&["stsd"], None),
        ] {
            let arguments: Vec<_> = words.iter().map(OsString::from).collect();
            assert_eq!(plain_form(&arguments), taken, "{words:?}");
        }
    }
}
