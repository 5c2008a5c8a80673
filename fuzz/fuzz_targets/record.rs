#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stsd_daemon::fuzzing::record(bytes));
