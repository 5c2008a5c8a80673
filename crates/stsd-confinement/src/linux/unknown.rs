//! The calls that are answered as by a kernel that has never heard of them, so that their caller goes the
//! older way: `clone3`, which keeps its flags where no filter can read them, and all from some number on.
//!
//! Five instructions, by hand: a list of every number would be a thousand. The calls of another architecture
//! are the business of the filters beside this one, which end the process for them.

use nix::libc::{ENOSYS, SYS_clone3};
use seccompiler::{Error, apply_filter_all_threads, sock_filter};

/// From where on this program's architecture has none: x86-64 takes each number with this bit set too (x32,
/// with some numbers of its own), where the kernel was built for it.
pub(super) const NO_CALLS: u32 = 0x4000_0000;

/// From here on they are newer than the lists of this crate (`setxattrat` of Linux 6.13), or not made yet;
/// the numbers are the same on every architecture.
pub(super) const TOO_NEW: u32 = 463;

/// Puts the filter on every thread of the process, for good.
///
/// # Errors
/// If the kernel has no such filters.
pub(super) fn deny_from(first: u32) -> Result<(), Error> {
    apply_filter_all_threads(&program(first))
}

fn program(first: u32) -> [sock_filter; 5] {
    let clone3 = u32::try_from(SYS_clone3).unwrap_or(u32::MAX);
    [
        // The number stands at the beginning of what a filter sees.
        instruction(LOAD, 0, 0, 0),
        instruction(JUMP_IF_EQUAL, 2, 0, clone3),
        instruction(JUMP_IF_NOT_BELOW, 1, 0, first),
        instruction(RETURN, 0, 0, ALLOW),
        instruction(RETURN, 0, 0, FAIL | ENOSYS.unsigned_abs()),
    ]
}

/// Jumps are counted from the next instruction on.
fn instruction(code: u16, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

/// `BPF_LD | BPF_W | BPF_ABS`, `BPF_JMP | BPF_JEQ | BPF_K`, `BPF_JMP | BPF_JGE | BPF_K`, `BPF_RET | BPF_K`.
const LOAD: u16 = 0x20;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_NOT_BELOW: u16 = 0x35;
const RETURN: u16 = 0x06;

/// `SECCOMP_RET_ALLOW`, and `SECCOMP_RET_ERRNO` to which the error is added.
const ALLOW: u32 = 0x7fff_0000;
const FAIL: u32 = 0x0005_0000;

#[cfg(test)]
mod tests {
    use super::*;
    use nix::libc::{SYS_clone, SYS_mseal, SYS_read};

    /// What the kernel would make of it.
    fn denies(first: u32, number: u32) -> bool {
        let (program, mut at) = (program(first), 1);
        loop {
            let sock_filter { code, jt, jf, k } = program[at];
            let holds = match code {
                JUMP_IF_EQUAL => number == k,
                JUMP_IF_NOT_BELOW => number >= k,
                _ => return k != ALLOW,
            };
            at += 1 + usize::from(if holds { jt } else { jf });
        }
    }

    #[test]
    fn only_clone3_and_what_is_beyond_is_unknown() {
        let number = |call| u32::try_from(call).unwrap();
        for known in [SYS_read, SYS_clone, SYS_mseal].map(number) {
            assert!(!denies(TOO_NEW, known), "{known}");
        }
        for unknown in [number(SYS_clone3), TOO_NEW, 520, NO_CALLS, NO_CALLS | 520, u32::MAX] {
            assert!(denies(TOO_NEW, unknown), "{unknown}");
        }
        assert!(!denies(NO_CALLS, 520) && denies(NO_CALLS, NO_CALLS | 59));
    }
}
