//! What the kernel says of this process.

use std::fs::File;
use std::io::{ErrorKind, Read};

use stsd_protocol::Confinement;

/// The kernel's page about this process. Its text is made when it is read.
pub(super) struct Report(Option<File>);

impl Report {
    pub(super) fn open() -> Self {
        Self(File::open(PAGE).ok())
    }

    /// Whether Landlock keeps the page from this process: nothing else does.
    pub(super) fn is_out_of_reach() -> bool {
        File::open(PAGE).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
    }

    /// All but Landlock, of which the page says nothing.
    pub(super) fn read(self) -> Confinement {
        let mut text = String::new();
        // Without /proc nothing is known, so nothing is claimed.
        let _ = self.0.map(|mut page| page.read_to_string(&mut text));
        understood(&text)
    }
}

fn understood(text: &str) -> Confinement {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().parse::<u32>().ok()
    };
    let filtering = field("Seccomp:") == Some(FILTERING);
    Confinement {
        no_new_privileges: field("NoNewPrivs:") == Some(1),
        // Kernels before 5.9 do not count.
        seccomp_filters: if filtering { field("Seccomp_filters:").unwrap_or(1) } else { 0 },
        landlock_abi: None,
    }
}

const PAGE: &str = "/proc/self/status";

/// `SECCOMP_MODE_FILTER`.
const FILTERING: u32 = 2;

#[cfg(test)]
mod tests {
    use super::understood;

    #[test]
    fn a_page_is_understood_and_what_it_does_not_say_is_not_in_force() {
        let new = understood("Name:\tx\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n");
        assert!(new.no_new_privileges);
        assert_eq!((new.seccomp_filters, new.landlock_abi), (3, None));
        assert_eq!(understood("NoNewPrivs:\t1\nSeccomp:\t2\n").seccomp_filters, 1);
        for nothing in ["", "NoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n", "Seccomp:\t1\n"] {
            assert_eq!(understood(nothing), stsd_protocol::Confinement::default(), "{nothing}");
        }
    }
}
