//! The user's service manager and our units, by the files that they leave: asking `systemctl` takes
//! longer, and hangs where the manager does.

use std::path::Path;

use nix::unistd::{Uid, User};

use crate::chains::Shell;

/// What is known of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Service {
    /// There is a manager for this user.
    pub(super) has_manager: bool,
    pub(super) is_installed: bool,
    pub(super) is_enabled: bool,
    /// Whether it goes on without a login; nothing if unknown.
    pub(super) lingers: Option<bool>,
}

impl Service {
    pub(super) fn look(shell: &Shell) -> Self {
        let home = shell.home.as_deref().unwrap_or("/nonexistent");
        let configuration = match shell.filled("XDG_CONFIG_HOME") {
            Some(folder) => folder.to_owned(),
            None => format!("{home}/.config"),
        };
        match cfg!(target_os = "macos") {
            true => {
                let agents = Path::new(home).join("Library/LaunchAgents");
                let is_installed = has_agent(&agents);
                Self { has_manager: true, is_installed, is_enabled: is_installed, lingers: None }
            }
            false => Self::of_systemd(shell, &configuration),
        }
    }

    fn of_systemd(shell: &Shell, configuration: &str) -> Self {
        let units = [
            format!("{configuration}/systemd/user"),
            "/etc/systemd/user".to_owned(),
            "/usr/lib/systemd/user".to_owned(),
        ];
        let has = |unit: &str| units.iter().any(|folder| Path::new(folder).join(unit).exists());
        let runtime = shell.filled("XDG_RUNTIME_DIR").unwrap_or("/nonexistent");
        let user = User::from_uid(Uid::effective()).ok().flatten();
        let lingers =
            user.map(|user| Path::new("/var/lib/systemd/linger").join(user.name).exists());
        Self {
            has_manager: Path::new(runtime).join("systemd").is_dir(),
            is_installed: has("stsd.service"),
            is_enabled: has("sockets.target.wants/stsd.socket")
                || has("default.target.wants/stsd.service"),
            lingers,
        }
    }
}

/// The agent's file is called by its label, which ends in ours.
fn has_agent(folder: &Path) -> bool {
    let Ok(files) = folder.read_dir() else { return false };
    files.flatten().any(|file| file.file_name().to_string_lossy().contains("stsd"))
}
