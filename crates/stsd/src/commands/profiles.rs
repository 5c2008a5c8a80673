//! `stsd profiles`: every profile, its state, and what it is.

use stsd_protocol::control::{STATUS, Status};

use crate::arguments::PlainArguments;
use crate::client::{self, Client};
use crate::commands::status::session_name;
use crate::failure::Failure;
use crate::show::{print, print_json, profiles_table};

pub(crate) fn run(arguments: &PlainArguments) -> Result<(), Failure> {
    let status: Status = client::read(&Client::new().question(STATUS)?)?;
    if arguments.json {
        return print_json(&status.profiles);
    }
    print(&profiles_table(&status.profiles, |key| session_name(&status.sessions, key)))
}
