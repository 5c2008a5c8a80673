//! What the daemon gives up, and the gateway and what shows its notices with it. None of them looks into
//! another process, makes a namespace or a mount, or needs the parts of the kernel that break most often.

use nix::libc::*;
use seccompiler::SeccompCmpOp::{Eq, MaskedEq, Ne};

use super::calls::{ADMINISTRATION, KERNEL, NAMESPACES, OTHER_PROCESSES};
use super::filter::{Argument, Denials};

/// One filter for each error that is given.
pub(super) fn denials() -> [Denials; 2] {
    let lists = [OTHER_PROCESSES, KERNEL, NAMESPACES, ADMINISTRATION];
    let denied = Denials::new(EPERM).always(lists.into_iter().flatten().copied());
    let denied = NEW_NAMESPACE.iter().fold(denied, |denied, flag| {
        denied
            .where_all(SYS_clone, &[Argument(0, MaskedEq(u64::from(flag.cast_unsigned())), *flag)])
    });
    [by_hand(denied), sockets(&[AF_UNIX, AF_INET, AF_INET6, AF_NETLINK])]
}

/// What no process of stsd does through the calls that it needs: open its memory to others again, and
/// type on the user's terminal.
pub(super) fn by_hand(denied: Denials) -> Denials {
    denied
        .where_all(SYS_prctl, &[Argument(0, Eq, PR_SET_DUMPABLE), Argument(1, Ne, 0)])
        .where_all(SYS_prctl, &[Argument(0, Eq, PR_SET_PTRACER)])
        .where_all(SYS_ioctl, &[Argument(1, Eq, TYPE_A_KEY)])
        .where_all(SYS_ioctl, &[Argument(1, Eq, PASTE)])
}

/// No socket of another family than these. The error is that of a kernel without the family, which every
/// library knows.
pub(super) fn sockets(families: &[c_int]) -> Denials {
    let other: Vec<_> = families.iter().map(|family| Argument(0, Ne, *family)).collect();
    Denials::new(EAFNOSUPPORT).where_all(SYS_socket, &other)
}

const NEW_NAMESPACE: &[c_int] = &[
    CLONE_NEWNS,
    CLONE_NEWCGROUP,
    CLONE_NEWUTS,
    CLONE_NEWIPC,
    CLONE_NEWUSER,
    CLONE_NEWPID,
    CLONE_NEWNET,
];

/// `TIOCSTI` and `TIOCLINUX`.
const TYPE_A_KEY: c_int = 0x5412;
const PASTE: c_int = 0x541C;

/// `Yama`, which is what the bytes of the number say.
const PR_SET_PTRACER: c_int = 0x5961_6d61;
