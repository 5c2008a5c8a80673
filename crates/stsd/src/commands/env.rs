//! `stsd env`: prints what a shell evaluates.

use serde::de::IgnoredAny;

use crate::arguments::{EnvArguments, Format};
use crate::client;
use crate::commands::{undo, variables};
use crate::failure::Failure;
use crate::script;
use crate::show::{print, print_bytes};

pub(crate) fn run(arguments: &EnvArguments) -> Result<(), Failure> {
    let format = arguments.format();
    if arguments.undo {
        return undo::run(format);
    }
    let profile = arguments.profile.chosen()?;
    if !arguments.is_static {
        return print(&script::text(format, &variables::of(profile, arguments.no_view)?)?);
    }
    if format != Format::Process {
        return print(&script::text(format, &variables::static_of(profile)?)?);
    }
    let mut body = variables::static_credentials(profile)?;
    // Printed as it came; this only makes sure that it is one whole JSON value.
    client::read::<IgnoredAny>(&body)?;
    body.push(b'\n');
    print_bytes(body)
}
