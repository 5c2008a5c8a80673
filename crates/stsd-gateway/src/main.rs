//! The program `stsd-gateway`: stsd-daemon starts it with a socket as standard input and closes that
//! socket when it needs it no more.

#![forbid(unsafe_code)]

mod frames;
#[cfg(test)]
mod man;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use frames::{Calls, FrameError, Frames};
use stsd_gateway::{Gateway, ProgramsApart, RUN_PROGRAMS, readable, run_programs};
use stsd_protocol::VERSION;
use stsd_protocol::gateway::Request;
use stsd_secret::WipingAllocator;
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOCATOR: WipingAllocator = WipingAllocator;

fn main() -> ExitCode {
    if let Err(error) = stsd_secret::harden() {
        return fail(OS_ERROR, &error.to_string());
    }
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [] => {}
        [one] if one == RUN_PROGRAMS => return programs(),
        [one] if ["--version", "-V", "--help", "-h"].iter().any(|known| one == known) => {
            return introduce();
        }
        _ => return fail(USAGE, FOR_THE_DAEMON),
    }
    match socket() {
        Some(socket) => run(socket),
        None => fail(USAGE, FOR_THE_DAEMON),
    }
}

fn run(socket: std::os::unix::net::UnixStream) -> ExitCode {
    let first = match frames::first(&socket) {
        Ok(Some(first)) => first,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => return fail(PROTOCOL, &error.to_string()),
    };
    arm();
    match runtime().and_then(|runtime| runtime.block_on(converse(socket, first))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ FrameError::System(_)) => fail(OS_ERROR, &error.to_string()),
        Err(error) => fail(PROTOCOL, &error.to_string()),
    }
}

/// Talks with the daemon on this thread. Whatever reads files has another one: a slow disk is no reason
/// to be taken for dead.
async fn converse(
    socket: std::os::unix::net::UnixStream,
    first: Request,
) -> Result<(), FrameError> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    socket.set_nonblocking(true)?;
    let (mut frames, calls) = Frames::open(tokio::net::UnixStream::from_std(socket)?, arm);
    let place = home.clone();
    let looked = frames.during(move || {
        let apart = programs_apart(&first, place.as_deref());
        let files = readable(&first, place.as_deref());
        (first, apart, files)
    });
    let Some((first, apart, files)) = looked.await? else { return Ok(()) };
    // That thread has ended, and there is no other yet; nor has a byte come from the network.
    let confinement = stsd_confinement::confine_gateway(&files);
    let gateway = Gateway::new(home).confined(confinement);
    frames.during(move || answer(first, gateway, apart, calls)).await?.unwrap_or(Ok(()))
}

/// The thread that reads files and talks to AWS.
fn answer(
    first: Request,
    gateway: Gateway,
    apart: Option<ProgramsApart>,
    calls: Calls,
) -> Result<(), FrameError> {
    let runtime = runtime()?;
    let answered = runtime.block_on(async {
        let gateway = match apart {
            Some(apart) => gateway.with_programs_apart(apart)?,
            None => gateway,
        };
        calls.answer(first, gateway).await
    });
    // A look-up of a name may hang in a thread of its own; nobody waits for it.
    runtime.shutdown_background();
    answered
}

fn runtime() -> Result<Runtime, FrameError> {
    Builder::new_current_thread().enable_all().build().map_err(FrameError::System)
}

/// The socket that is standard input, if it is one. The copy keeps clear of Rust's own buffer on it.
fn socket() -> Option<std::os::unix::net::UnixStream> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return None;
    }
    let socket = std::os::unix::net::UnixStream::from(stdin.as_fd().try_clone_to_owned().ok()?);
    // Neither a file nor a pipe has an address.
    socket.local_addr().ok()?;
    Some(socket)
}

/// Where this process can be confined, the user's programs need another one, which is not. If it cannot
/// be had, no program can be started, and whoever wants one hears that.
fn programs_apart(first: &Request, home: Option<&Path>) -> Option<ProgramsApart> {
    let needed = cfg!(target_os = "linux") && !first.settings.allow_programs.is_empty();
    needed.then(|| ProgramsApart::start(&first.settings, home).ok()).flatten()
}

/// That other process, which this program is too.
fn programs() -> ExitCode {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let Some(socket) = socket() else { return fail(USAGE, FOR_THE_DAEMON) };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return fail(OS_ERROR, &error.to_string()),
    };
    let ended = runtime.block_on(async {
        socket.set_nonblocking(true)?;
        run_programs(tokio::net::UnixStream::from_std(socket)?, home, arm).await
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(PROTOCOL, &error.to_string()),
    }
}

/// Whatever hangs, the kernel ends this process so many seconds after the last request, and with it the
/// user's programs that it runs. Nobody waits for an answer any more by then: the daemon does for 60.
fn arm() {
    nix::unistd::alarm::set(90);
}

fn introduce() -> ExitCode {
    // A closed standard output is not worth a word.
    let _ = writeln!(std::io::stdout(), "stsd-gateway {VERSION}: {FOR_THE_DAEMON}");
    ExitCode::SUCCESS
}

fn fail(code: u8, message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "stsd-gateway: error: {message}");
    ExitCode::from(code)
}

const FOR_THE_DAEMON: &str =
    "stsd-daemon starts this program when it needs AWS; there is nothing to do with it by hand";

/// The numbers of `sysexits.h`.
const USAGE: u8 = 64;
const OS_ERROR: u8 = 71;
const PROTOCOL: u8 = 76;
