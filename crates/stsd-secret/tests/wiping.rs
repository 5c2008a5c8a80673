//! Looks for freed secrets where an attacker would: in the memory of a process that runs on the
//! wiping allocator. Run with `--release` it shows that no optimiser removes the wipe. Each test has
//! a mark of its own, since another may be given the block that one has freed.

#![cfg(target_os = "linux")]

use std::fs::File;
use std::os::unix::fs::FileExt;

use stsd_secret::WipingAllocator;

#[global_allocator]
static ALLOCATOR: WipingAllocator = WipingAllocator;

/// Small enough to come from the heap, where a freed block stays readable.
const LENGTH: usize = 8192;
/// The heap's own links, which it writes into a block that was freed.
const LINKS: usize = 32;

/// What stands at an address, freed or not. The file is asked, since reading through a dangling
/// pointer would be undefined.
fn marks_at(memory: &File, address: usize, mark: u8) -> usize {
    let mut bytes = [0; LENGTH];
    memory.read_exact_at(&mut bytes, address as u64).expect("a process may read itself");
    bytes[LINKS..].iter().filter(|byte| **byte == mark).count()
}

#[test]
fn a_freed_block_holds_nothing_of_what_it_held() {
    let memory = File::open("/proc/self/mem").unwrap();
    let secret = vec![0xA5_u8; LENGTH];
    let address = secret.as_ptr() as usize;
    assert_eq!(
        marks_at(&memory, address, 0xA5),
        LENGTH - LINKS,
        "the search does not see a live one"
    );
    drop(secret);
    assert_eq!(marks_at(&memory, address, 0xA5), 0);
}

#[test]
fn a_buffer_that_grew_leaves_nothing_behind() {
    let memory = File::open("/proc/self/mem").unwrap();
    let mut secret = vec![0x5A_u8; LENGTH];
    let address = secret.as_ptr() as usize;
    secret.reserve_exact(3 * LENGTH);
    assert_ne!(secret.as_ptr() as usize, address, "the buffer did not move");
    assert_eq!(marks_at(&memory, address, 0x5A), 0);
}
