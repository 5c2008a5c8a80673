//! Serving until ctrl-C or SIGTERM.

use std::io::{self, Write};
use std::net::SocketAddr;

use serde_json::json;
use sts_emulator::{Emulator, World};
use tokio::signal::unix::{SignalKind, signal};

use super::CliError;

/// Serves a world, and prints where as the first line.
pub(super) fn run(listen: SocketAddr, world: World) -> Result<(), CliError> {
    let emulator = Emulator::builder()
        .world(world)
        .listen(listen)
        .start()
        .map_err(|error| CliError::Listen(listen, error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    runtime.block_on(async {
        // The handlers stand before the line: whoever reads it may send a signal at once.
        let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::Runtime)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(CliError::Runtime)?;
        announce(&emulator)?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}

fn announce(emulator: &Emulator) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", json!({ "url": emulator.url() }))?;
    stdout.flush()
}
