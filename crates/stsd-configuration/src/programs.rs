//! The environment of the programs that are not ours, those that the user has allowed and the one
//! that shows notices: what a program needs to reach its agent, its display and its own files, and
//! nothing that could point it at other AWS credentials.

use std::ffi::OsString;

/// What such a program gets to see of an environment, as far as it is set and holds text. `HOME` is
/// added by whoever starts it.
pub fn program_environment(variable: impl Fn(&str) -> Option<OsString>) -> Vec<(String, String)> {
    let pair = |name: &&str| Some(((*name).to_owned(), variable(name)?.into_string().ok()?));
    VARIABLES.iter().filter_map(pair).collect()
}

/// No `AWS_*` and no `*_PROXY`: stsd reads none of them, and what it runs is not led by them either.
/// No `TERM`: the daemon has no terminal to lend.
const VARIABLES: &[&str] = &[
    "PATH",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "SSH_AUTH_SOCK",
    "GNUPGHOME",
    "GPG_AGENT_INFO",
    // Without it CoreFoundation asks the system for the user's text encoding at every start.
    #[cfg(target_os = "macos")]
    "__CF_USER_TEXT_ENCODING",
];
