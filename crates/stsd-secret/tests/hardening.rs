//! A process of its own, since hardening cannot be taken back.

#![cfg(target_os = "linux")]

use nix::sys::prctl::get_dumpable;
use nix::sys::resource::{Resource, getrlimit};

#[test]
fn a_hardened_process_is_closed_to_others_and_leaves_no_core() {
    assert_eq!(get_dumpable(), Ok(true), "the test would prove nothing");
    stsd_secret::harden().unwrap();
    assert_eq!(get_dumpable(), Ok(false));
    assert_eq!(getrlimit(Resource::RLIMIT_CORE), Ok((0, 0)));
}
