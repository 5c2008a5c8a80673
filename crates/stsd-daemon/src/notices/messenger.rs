//! The program that shows a notice: `notify-send`, or `osascript` on a Mac. Found by PATH, started
//! without a shell, one at a time, and killed if it does not end. No library for the message bus is
//! in the daemon for this.

use std::env::split_paths;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::debug;

use crate::state::Notice;
use stsd_configuration::program_environment;

/// Shows notices by running a program for each.
#[derive(Debug)]
pub struct Messenger {
    program: &'static str,
    arguments: fn(&Notice) -> Vec<String>,
    environment: Vec<(OsString, OsString)>,
    patience: Duration,
}

impl Messenger {
    /// The one that every desktop of this system understands.
    pub fn of_this_system(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let (program, arguments): (_, fn(&Notice) -> Vec<String>) = if cfg!(target_os = "macos") {
            ("osascript", osascript)
        } else {
            ("notify-send", notify_send)
        };
        let home = variable("HOME").map(|home| ("HOME".into(), home));
        let lent = program_environment(variable);
        let lent = lent.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { program, arguments, environment: lent.chain(home).collect(), patience: PATIENCE }
    }

    /// Shows one after the other until no more can come.
    pub(super) async fn show_all(self, mut notices: mpsc::UnboundedReceiver<Notice>) {
        let mut said = false;
        while let Some(notice) = notices.recv().await {
            match self.show(&notice).await {
                Ok(()) => debug!("showed a notice"),
                Err(_) if said => {}
                Err(error) => {
                    said = true;
                    debug!(program = self.program, %error, "could not show a notice");
                }
            }
        }
    }

    async fn show(&self, notice: &Notice) -> io::Result<()> {
        let mut child = Command::new(self.find()?)
            .args((self.arguments)(notice))
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        match timeout(self.patience, child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(io::Error::other(format!("it ended with {status}"))),
            Ok(Err(error)) => Err(error),
            Err(_) => {
                child.kill().await?;
                Err(io::Error::new(io::ErrorKind::TimedOut, "it did not end and was killed"))
            }
        }
    }

    /// By our own PATH, of which the parts that depend on a current directory do not count. Looked
    /// for each time: a desktop may be installed while the daemon runs.
    fn find(&self) -> io::Result<PathBuf> {
        let path = self.environment.iter().find(|(name, _)| name == "PATH");
        let folders = split_paths(path.map_or(OsStr::new(""), |(_, value)| value));
        let mut files =
            folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(self.program));
        let runs = |file: &PathBuf| {
            file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
        };
        files
            .find(runs)
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "it is not on the PATH"))
    }
}

/// What follows `--` is no option, whatever it begins with.
fn notify_send(notice: &Notice) -> Vec<String> {
    let Notice { title, body } = notice.clone();
    vec!["--app-name=stsd".to_owned(), "--".to_owned(), title, body]
}

/// The texts are arguments of the script and no part of it, so nothing in them is AppleScript. The
/// first that is no option ends the options, and a title never looks like one.
fn osascript(notice: &Notice) -> Vec<String> {
    let Notice { title, body } = notice.clone();
    let lines = [
        "on run argv",
        "display notification (item 2 of argv) with title (item 1 of argv)",
        "end run",
    ];
    let script = lines.into_iter().flat_map(|line| ["-e".to_owned(), line.to_owned()]);
    script.chain([title, body]).collect()
}

/// Far more than a desktop takes that answers at all.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs::{self, Permissions};
    use std::io::ErrorKind;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use super::{Messenger, notify_send, osascript};
    use crate::state::Notice;

    fn notice() -> Notice {
        Notice { title: "stsd is locked".to_owned(), body: "-e 'run' \"$(id)\"".to_owned() }
    }

    /// Runs a script of the shell with the arguments of `notify-send`, and `$OUT` in its environment.
    fn shell(arguments: fn(&Notice) -> Vec<String>, out: &Path) -> Messenger {
        let environment = [("PATH", "/usr/bin:/bin".into()), ("OUT", out.into())];
        Messenger {
            program: "sh",
            arguments,
            environment: environment
                .map(|(name, value): (_, OsString)| (name.into(), value))
                .into(),
            patience: Duration::from_secs(60),
        }
    }

    fn recording(notice: &Notice) -> Vec<String> {
        let script = "printf '%s\\n' \"$0\" \"$@\" > \"$OUT\"; env >> \"$OUT\"";
        ["-c", script].map(str::to_owned).into_iter().chain(notify_send(notice)).collect()
    }

    #[tokio::test]
    async fn the_texts_reach_the_program_as_they_are_and_so_does_no_other_variable() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("argv");
        shell(recording, &out).show(&notice()).await.unwrap();
        let recorded = fs::read_to_string(out).unwrap();
        let (argv, environment) =
            recorded.split_at(recorded.find("OUT=").unwrap().min(recorded.find("PATH=").unwrap()));
        assert!(
            argv.starts_with("--app-name=stsd\n--\nstsd is locked\n-e 'run' \"$(id)\"\n"),
            "{argv}"
        );
        assert!(!environment.contains("CARGO"), "{environment}");
    }

    #[tokio::test]
    async fn a_program_that_does_not_end_is_killed() {
        let mut hanging =
            shell(|_| ["-c", "exec sleep 600"].map(str::to_owned).into(), Path::new(""));
        hanging.patience = Duration::from_millis(50);
        assert_eq!(hanging.show(&notice()).await.unwrap_err().kind(), ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_program_that_is_missing_or_fails_is_an_error_and_nothing_worse() {
        let folder = tempfile::tempdir().unwrap();
        let closed = folder.path().join("notify-send");
        fs::write(&closed, "not to be run").unwrap();
        let open = tempfile::tempdir().unwrap();
        fs::copy(&closed, open.path().join("notify-send")).unwrap();
        fs::set_permissions(open.path().join("notify-send"), Permissions::from_mode(0o755))
            .unwrap();
        let here = std::env::current_dir().unwrap();
        let up: PathBuf = here.components().skip(1).map(|_| "..").collect();
        let relative = up.join(open.path().strip_prefix("/").unwrap());
        assert!(relative.join("notify-send").exists());
        for path in [None, Some(folder.path().as_os_str()), Some(relative.as_os_str())] {
            let variable = |name: &str| path.filter(|_| name == "PATH").map(OsString::from);
            let error = Messenger::of_this_system(variable).show(&notice()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound, "{path:?}");
        }
        let failing = shell(|_| ["-c", "exit 3"].map(str::to_owned).into(), Path::new(""));
        assert!(failing.show(&notice()).await.unwrap_err().to_string().contains("exit status: 3"));
    }

    #[test]
    fn a_text_is_never_a_part_of_the_script_for_a_mac() {
        let words = osascript(&notice());
        let (script, texts) = words.split_at(6);
        assert_eq!(texts, [notice().title, notice().body]);
        assert!(script.chunks(2).all(|pair| pair[0] == "-e" && !pair[1].contains("locked")));
    }
}
