//! One command, run and ended: its environment, its time, its output, and that nothing of it is left.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use stsd_protocol::gateway::FailureKind;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::captured::Captured;
use super::says::shown;

/// Why a program said nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// There is no shell, or no process can be had.
    #[error("cannot be started ({0})")]
    CannotStart(io::ErrorKind),
    /// It was killed for it.
    #[error("did not end within {0} s")]
    TooSlow(u64),
    /// It was killed for it.
    #[error("printed more than 64 KiB")]
    TooMuch,
    /// Its exit status, and what may be shown of its standard error.
    #[error("ended with {how}{1}", how = how(*.0))]
    Refused(ExitStatus, String),
}

/// Runs a command as the AWS SDKs do, by `sh -c`, and gives its standard output.
///
/// # Errors
/// If it does not end well and in time. Then, and when this future is dropped, all of it is killed.
pub(super) async fn run(
    command: &str,
    environment: &[(String, String)],
    home: Option<&Path>,
    most: Duration,
) -> Result<Zeroizing<Vec<u8>>, RunError> {
    let child = start(command, environment, home);
    let child = child.map_err(|error| RunError::CannotStart(error.kind()))?;
    let ended = timeout(most, end(child)).await;
    ended.map_err(|_| RunError::TooSlow(most.as_secs()))?
}

impl RunError {
    /// A program that is not there will not be there tomorrow; one that failed may have lost its
    /// network, or its user's patience.
    pub(super) fn kind(&self) -> FailureKind {
        match self {
            Self::TooMuch => FailureKind::Configuration,
            Self::Refused(status, _) if matches!(status.code(), Some(126 | 127)) => {
                FailureKind::Configuration
            }
            _ => FailureKind::Unavailable,
        }
    }
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no exit status".to_owned(),
    }
}

fn start(
    command: &str,
    environment: &[(String, String)],
    home: Option<&Path>,
) -> io::Result<Child> {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", GUARDED, "sh", command])
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    if let Some(home) = home {
        shell.env("HOME", home).current_dir(home);
    }
    shell.spawn()
}

/// Waits for the end. The standard input of the shell is its lifeline: let go, by whatever way this
/// function or this process ends, it takes the whole group with it.
async fn end(mut child: Child) -> Result<Zeroizing<Vec<u8>>, RunError> {
    let lifeline = child.stdin.take();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (mut output, mut words) = (Captured::new(LIMIT + 1), Captured::new(1024));
    let status = {
        let mut reading = pin!(async { tokio::join!(output.fill(stdout), words.begin(stderr)) });
        let mut whole = false;
        let status = loop {
            tokio::select! {
                status = child.wait() => break status,
                _ = &mut reading, if !whole => whole = true,
            }
        };
        drop(lifeline);
        if !whole {
            // What has left the group by itself may hold the pipes open for ever.
            let _ = timeout(LEFT_OVER, reading).await;
        }
        status.map_err(|error| RunError::CannotStart(error.kind()))?
    };
    match () {
        () if output.len() > LIMIT => Err(RunError::TooMuch),
        () if status.success() => Ok(output.into_bytes()),
        () => Err(RunError::Refused(status, shown(&words.into_bytes()))),
    }
}

/// Credentials have a few KiB.
const LIMIT: usize = 64 * 1024;

/// For the pipes of a program that has ended.
const LEFT_OVER: Duration = Duration::from_millis(500);

/// Runs `$1` as `sh -c` would. Beside it a watcher, in the same process group, kills that group when the
/// lifeline ends: so it does even if the gateway itself was killed, on every system, and no process
/// id can be mistaken. PR_SET_PDEATHSIG would reach the shell alone, and only on Linux.
const GUARDED: &str = r#"
exec 3<&0 </dev/null
{ read -r _ <&3; kill -KILL 0; } >/dev/null 2>&1 &
exec 3<&-
/bin/sh -c "$1"
"#;

#[cfg(test)]
mod tests;
