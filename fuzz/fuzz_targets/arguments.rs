#![no_main]
// A program has no library: its files stand in for one, and most of what they hold is not called here.
#![expect(dead_code, unused_imports)]

#[path = "../../crates/stsd/src/failure.rs"]
mod failure;
#[path = "../../crates/stsd/src/fuzzing.rs"]
mod fuzzing;
#[path = "../../crates/stsd/src/quote.rs"]
mod quote;
#[path = "../../crates/stsd/src/show/mod.rs"]
mod show;
#[path = "../../crates/stsd/src/token_code.rs"]
mod token_code;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::arguments(bytes));
