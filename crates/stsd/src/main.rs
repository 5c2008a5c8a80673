//! `stsd`, the thin client: one exchange with the daemon over its control socket, then print and
//! leave. It holds no secret longer than one request, starts no thread and reads no AWS file.

#![forbid(unsafe_code)]

mod arguments;
mod before;
mod chains;
mod changes;
mod client;
mod clock;
mod commands;
mod completion;
mod environment;
mod exchange;
mod failure;
#[cfg(test)]
mod fuzzing;
mod gateway;
mod profile;
mod prompt;
mod quote;
mod rest;
mod script;
mod show;
mod signals;
mod socket;
mod state_directory;
mod system;
mod terminal;
mod token_code;
mod view;

use std::process::ExitCode;

use clap::Parser;
use stsd_protocol::{Refusal, RefusalCode};
use stsd_secret::WipingAllocator;

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;

#[global_allocator]
static ALLOCATOR: WipingAllocator = WipingAllocator;

fn main() -> ExitCode {
    // Not `harden`: `exec` becomes the user's own program, which keeps the user's core limit.
    if let Err(error) = stsd_secret::hide_memory() {
        return Failure::from(Refusal::new(RefusalCode::Internal, error.to_string())).report();
    }
    let arguments: Vec<_> = std::env::args_os().collect();
    // SDKs start this command over and over, so its plain form does not wait for clap. Measured, in
    // turns: a std-only program 0.83 ms, this 0.87 ms, this through clap 0.95 ms.
    if let Some(profile) = commands::credential_process::plain_form(&arguments) {
        return commands::credential_process::run(profile);
    }
    // A prompt waits for this one.
    if commands::short_status::plain_form(&arguments) {
        return commands::short_status::run();
    }
    match Arguments::try_parse_from(&arguments) {
        Ok(arguments) => run(arguments.command),
        Err(error) => arguments::explain(&error, &arguments),
    }
}

fn run(command: Command) -> ExitCode {
    let outcome = match command {
        Command::Setup(arguments) => commands::setup::run(arguments),
        Command::Unlock(arguments) => commands::unlock::run(arguments),
        Command::Lock(arguments) => commands::lock::run(&arguments),
        Command::Status(arguments) if arguments.short => return commands::short_status::run(),
        Command::Status(arguments) => commands::status::run(&arguments),
        Command::Doctor(arguments) => commands::doctor::run(&arguments),
        Command::Env(arguments) => commands::env::run(&arguments),
        Command::Exec(arguments) => commands::exec::run(&arguments),
        Command::CredentialProcess(arguments) => match arguments.named() {
            Ok(named) => return commands::credential_process::run(named),
            Err(failure) => Err(failure),
        },
        Command::Whoami(arguments) => commands::whoami::run(&arguments),
        Command::Profiles(arguments) => commands::profiles::run(&arguments),
        Command::Refresh(arguments) => commands::refresh::run(&arguments),
        Command::Token(command) => commands::token::run(command),
        Command::Log(arguments) => commands::log::run(&arguments),
        Command::Service(command) => commands::service::run(&command),
        Command::Completions(arguments) => commands::completions::run(&arguments),
    };
    outcome.map_or_else(|failure: Failure| failure.report(), |()| ExitCode::SUCCESS)
}
