//! The program `stsd-gateway`: stsd-daemon starts it with a socket as standard input and closes that
//! socket when it needs it no more.

#![forbid(unsafe_code)]

mod frames;
#[cfg(test)]
mod man;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use stsd_gateway::Gateway;
use stsd_protocol::VERSION;
use stsd_secret::WipingAllocator;

#[global_allocator]
static ALLOCATOR: WipingAllocator = WipingAllocator;

fn main() -> ExitCode {
    if let Err(error) = stsd_secret::harden() {
        return fail(OS_ERROR, &error.to_string());
    }
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [] => {}
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
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(OS_ERROR, &error.to_string()),
    };
    let result = runtime.block_on(async {
        let stream = tokio::net::UnixStream::from_std(socket)?;
        frames::serve(stream, Arc::new(Gateway::new(home)), arm).await
    });
    // A look-up of a name may hang in a thread of its own; nobody waits for it.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(PROTOCOL, &error.to_string()),
    }
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
    socket.set_nonblocking(true).ok()?;
    Some(socket)
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
