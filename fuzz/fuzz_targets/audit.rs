#![no_main]
// A program has no library: its files stand in for one, and most of what they hold is not called here.
#![expect(dead_code, unused_imports)]

#[path = "../../crates/stsd/src/failure.rs"]
mod failure;
#[path = "../../crates/stsd/src/commands/log/fuzzing.rs"]
mod fuzzing;
#[path = "../../crates/stsd/src/commands/log/line.rs"]
mod line;
#[path = "../../crates/stsd/src/commands/log/lines.rs"]
mod lines;
#[path = "../../crates/stsd/src/commands/log/printer.rs"]
mod printer;
#[path = "../../crates/stsd/src/show/mod.rs"]
mod show;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    stsd_daemon::fuzzing::audit(bytes);
    fuzzing::log(bytes);
});
