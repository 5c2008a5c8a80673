//! The log on standard error: one line an event, `info` unless STSD_LOG says otherwise.

use std::env;
use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log. Call it once.
pub fn start() {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .with_env_var("STSD_LOG")
        .from_env_lossy();
    let layer = fmt::layer()
        .with_writer(io::stderr)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(filter);
    // The journal has a clock of its own.
    if env::var_os("JOURNAL_STREAM").is_some() {
        registry.with(layer.without_time()).init();
    } else {
        registry.with(layer).init();
    }
}
