//! `stsd exec`: becomes the command. A profile that is locked is no obstacle: an editor may be
//! started before the day's `unlock`, and the endpoint is asked when credentials are needed.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::arguments::ExecArguments;
use crate::commands::variables;
use crate::failure::Failure;

pub(crate) fn run(arguments: &ExecArguments) -> Result<(), Failure> {
    let variables = variables::of_exec(arguments.profile.chosen()?, arguments.no_view)?;
    // clap asks for at least one.
    let Some((program, rest)) = arguments.command.split_first() else {
        return Err(Failure::usage("no command", "put it after `--`"));
    };
    let mut command = Command::new(program);
    command.args(rest);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let error = command.exec();
    let (code, reason) = match error.kind() {
        io::ErrorKind::NotFound => (NOT_FOUND, "command not found".to_owned()),
        _ => (NOT_EXECUTABLE, error.to_string()),
    };
    Err(Failure::NotStarted { message: format!("{}: {reason}", program.to_string_lossy()), code })
}

/// A shell's codes for the two.
const NOT_FOUND: u8 = 127;
const NOT_EXECUTABLE: u8 = 126;
