//! `stsd-daemon`: wires the rooms of the library together, and says in two lines why it cannot.

#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use stsd_daemon::logging;
use stsd_daemon::options::Request;
use stsd_daemon::start::{StartError, run};
use stsd_secret::{WipingAllocator, harden};

#[global_allocator]
static ALLOCATOR: WipingAllocator = WipingAllocator;

fn main() -> ExitCode {
    // Before anything else has a chance to hold a secret.
    if let Err(error) = harden() {
        return fail(&error, "this is a defect of the system; stsd keeps no secrets without it", 1);
    }
    let options = match Request::parse(std::env::args_os()) {
        Ok(Request::Run(options)) => options,
        Ok(Request::Print(text)) => {
            let printed = std::io::stdout().write_all(text.as_bytes());
            return ExitCode::from(u8::from(printed.is_err()));
        }
        Err(error) => return fail(&error, "run `stsd-daemon --help`", 64),
    };
    logging::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(StartError::Program).and_then(|runtime| runtime.block_on(run(options))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, &error.hint(), error.exit_code()),
    }
}

fn fail(error: &dyn Error, hint: &str, code: u8) -> ExitCode {
    let mut causes = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes = format!("{causes}: {cause}");
        source = cause.source();
    }
    // A standard error that nobody reads changes nothing.
    let _ = writeln!(
        std::io::stderr(),
        "stsd-daemon: error: {error}{causes}\nstsd-daemon: hint: {hint}"
    );
    ExitCode::from(code)
}
