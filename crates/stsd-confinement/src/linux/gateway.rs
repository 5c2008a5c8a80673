//! What the gateway gives up, beyond what the daemon does. What is left is a network client: it reads
//! files, looks names up, and connects by IPv4 and IPv6.

use nix::libc::*;
use nix::unistd::getpid;
use seccompiler::SeccompCmpOp::{Eq, MaskedEq, Ne};

use super::calls::*;
use super::daemon::{by_hand, sockets};
use super::filter::{Argument, Denials};

/// One filter for each error that is given.
pub(super) fn denials() -> [Denials; 2] {
    let lists = [
        OTHER_PROCESSES,
        KERNEL,
        NAMESPACES,
        ADMINISTRATION,
        PROGRAMS,
        MEETING_PLACES,
        RIGHTS,
        FILES,
        OLD_FILES,
    ];
    let denied = Denials::new(EPERM).always(lists.into_iter().flatten().copied());
    let denied = code(other_processes(writing(by_hand(denied))));
    // No AF_UNIX: behind such sockets are ssh-agent, the message bus, and the service manager, which
    // starts programs for whoever asks. A name service that can only be had there (nscd, the one of
    // systemd-resolved) is passed over for DNS.
    let sockets = sockets(&[AF_INET, AF_INET6, AF_NETLINK])
        .where_all(SYS_socket, &[Argument(0, Eq, AF_NETLINK), Argument(2, Ne, NETLINK_ROUTE)]);
    [denied, sockets]
}

/// No file is opened but to be read: also on a kernel without Landlock.
fn writing(mut denied: Denials) -> Denials {
    for (call, flags) in OPEN {
        for (mask, value) in [
            (O_ACCMODE, O_WRONLY),
            (O_ACCMODE, O_RDWR),
            (O_ACCMODE, O_ACCMODE),
            (O_CREAT, O_CREAT),
            (O_TRUNC, O_TRUNC),
            (MAKE_TEMPORARY, MAKE_TEMPORARY),
        ] {
            let mask = MaskedEq(u64::from(mask.cast_unsigned()));
            denied = denied.where_all(*call, &[Argument(*flags, mask, value)]);
        }
    }
    denied
}

/// Threads, for looking names up, and no processes; signals to this process, by which it aborts, and
/// limits of this process.
fn other_processes(denied: Denials) -> Denials {
    let own = getpid().as_raw();
    let thread = MaskedEq(u64::from(CLONE_THREAD.cast_unsigned()));
    let denied = denied
        .where_all(SYS_clone, &[Argument(0, thread, 0)])
        .where_all(SYS_kill, &[Argument(0, Ne, own)])
        .where_all(SYS_tgkill, &[Argument(0, Ne, own)])
        .where_all(SYS_prlimit64, &[Argument(0, Ne, 0), Argument(0, Ne, own)]);
    // By these a descriptor signals another process.
    let denied = [F_SETOWN, F_SETOWN_EX, F_SETSIG]
        .into_iter()
        .fold(denied, |denied, command| denied.where_all(SYS_fcntl, &[Argument(1, Eq, command)]));
    [FIOSETOWN, SIOCSPGRP]
        .into_iter()
        .fold(denied, |denied, request| denied.where_all(SYS_ioctl, &[Argument(1, Eq, request)]))
}

/// No memory becomes code that this process has written. Libraries, which a look-up loads, are mapped
/// from files. On other architectures the loader itself changes pages of code.
fn code(denied: Denials) -> Denials {
    let both = PROT_WRITE | PROT_EXEC;
    let mask = |bits: c_int| MaskedEq(u64::from(bits.cast_unsigned()));
    let denied = denied.where_all(SYS_mmap, &[Argument(2, mask(both), both)]);
    let then = if cfg!(target_arch = "x86_64") { PROT_EXEC } else { both };
    [SYS_mprotect, SYS_pkey_mprotect]
        .into_iter()
        .fold(denied, |denied, call| denied.where_all(call, &[Argument(2, mask(then), then)]))
}

/// And which argument has the flags.
const OPEN: &[(c_long, u8)] = &[
    (SYS_openat, 2),
    #[cfg(target_arch = "x86_64")]
    (SYS_open, 1),
];

/// `O_TMPFILE` without `O_DIRECTORY`.
const MAKE_TEMPORARY: c_int = O_TMPFILE & !O_DIRECTORY;

const F_SETOWN_EX: c_int = 15;
const F_SETSIG: c_int = 10;
const FIOSETOWN: c_int = 0x8901;
const SIOCSPGRP: c_int = 0x8902;
