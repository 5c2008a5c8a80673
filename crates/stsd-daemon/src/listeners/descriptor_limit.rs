//! How many descriptors this process may have: enough for every caller that it lets in.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the soft limit of descriptors, so that 2,048 callers at once find room, and says what it
/// is now.
///
/// The soft limit is 1,024 on most systems, for the sake of programs that use select(2).
pub fn raise_descriptor_limit() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 0 };
    // macOS says "unlimited" and then refuses more than the last of these.
    for wanted in [hard.min(ENOUGH), hard.min(MACOS_OPEN_MAX)] {
        if wanted > soft && setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_ok() {
            return wanted;
        }
    }
    soft
}

const ENOUGH: u64 = 65_536;
const MACOS_OPEN_MAX: u64 = 10_240;

#[cfg(test)]
mod tests {
    use super::raise_descriptor_limit;
    use nix::sys::resource::{Resource, getrlimit};

    #[test]
    fn the_soft_limit_of_descriptors_is_raised() {
        let limit = raise_descriptor_limit();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(limit, soft);
        assert!(soft >= hard.min(10_240), "{soft} of {hard}");
        assert_eq!(raise_descriptor_limit(), limit);
    }
}
