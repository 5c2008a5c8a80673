//! What a process cannot do any more, as found in force by that process itself.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is in force in one process. Read from the kernel, never from what was asked of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// No program that it starts can gain rights (sudo, for one).
    #[serde(default)]
    pub no_new_privileges: bool,
    /// How many filters stand between it and the kernel, the service manager's included.
    #[serde(default)]
    pub seccomp_filters: u32,
    /// Landlock's version, if a rule of it was tried and held.
    #[serde(default)]
    pub landlock_abi: Option<u32>,
}

/// What is in force in the processes that the daemon answers for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinements {
    /// In the daemon itself.
    #[serde(default)]
    pub daemon: Confinement,
    /// In the last gateway that read the user's files; nothing before there was one.
    #[serde(default)]
    pub gateway: Option<Confinement>,
}

impl fmt::Display for Confinement {
    /// As `stsd status` shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seccomp = (self.seccomp_filters > 0).then(|| "seccomp".to_owned());
        let landlock = self.landlock_abi.map(|abi| format!("Landlock ABI {abi}"));
        let privileges = self.no_new_privileges.then(|| "no new privileges".to_owned());
        let parts: Vec<_> = [seccomp, landlock, privileges].into_iter().flatten().collect();
        f.write_str(if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Confinement;

    #[test]
    fn what_is_not_in_force_is_not_named() {
        assert_eq!(Confinement::default().to_string(), "none");
        let all =
            Confinement { no_new_privileges: true, seccomp_filters: 3, landlock_abi: Some(7) };
        assert_eq!(all.to_string(), "seccomp, Landlock ABI 7, no new privileges");
        let old = Confinement { landlock_abi: None, ..all };
        assert_eq!(old.to_string(), "seccomp, no new privileges");
    }

    #[test]
    fn a_peer_that_says_nothing_of_it_has_none() {
        let silent: Confinement = serde_json::from_str("{}").unwrap();
        assert_eq!(silent, Confinement::default());
    }
}
