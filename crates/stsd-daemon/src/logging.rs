//! The log on standard error: one line an event, `info` unless STSD_LOG says otherwise.

use std::env;
use std::io;

use tracing::{Level, warn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log. Call it once.
///
/// `Targets` and not `EnvFilter`: levels, alone or for one module, are all that anybody writes, and
/// the other one brings a regex engine, a fifth of the program.
pub fn start() {
    let usual = Targets::new().with_default(Level::INFO);
    let wanted = env::var("STSD_LOG").ok().map(|text| text.parse::<Targets>());
    let misread = matches!(wanted, Some(Err(_)));
    let filter = wanted.and_then(Result::ok).unwrap_or(usual);
    // Without colours: asking for them without their part of the library is an error, on a terminal.
    let layer = fmt::layer().with_writer(io::stderr).with_target(false);
    let registry = tracing_subscriber::registry().with(filter);
    // The journal has a clock of its own.
    if env::var_os("JOURNAL_STREAM").is_some() {
        registry.with(layer.without_time()).init();
    } else {
        registry.with(layer).init();
    }
    if misread {
        warn!("could not read STSD_LOG: write error, warn, info, debug or trace");
    }
}
