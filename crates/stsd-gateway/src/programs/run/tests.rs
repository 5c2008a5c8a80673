//! How programs end, and that nothing of them is left. A FIFO says who lives: its reader sees the end
//! when the last process that holds it has died.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::{RunError, run};

const LONG: Duration = Duration::from_secs(60);

struct Stage(TempDir);

impl Stage {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let made = Command::new("mkfifo").arg(folder.path().join("fifo")).status().unwrap();
        assert!(made.success());
        Self(folder)
    }

    fn fifo(&self) -> PathBuf {
        self.0.path().join("fifo")
    }

    async fn run(&self, command: &str, most: Duration) -> Result<String, RunError> {
        let path = vec![("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned())];
        let output = run(command, &path, Some(self.0.path()), most).await?;
        Ok(String::from_utf8(output.to_vec()).unwrap())
    }
}

/// All that is written until the last writer dies.
fn until_the_last_has_died(mut fifo: File) -> String {
    let mut text = String::new();
    fifo.read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn what_it_prints_is_what_it_says() {
    let stage = Stage::new();
    assert_eq!(
        stage.run("printf '%s' \"$HOME\" | wc -l; echo x >&2", LONG).await.unwrap().trim(),
        "0"
    );
    let ended = stage.run("echo x; kill -9 $$", LONG).await;
    assert!(matches!(ended, Err(RunError::Refused(..))), "{ended:?}");
}

#[tokio::test]
async fn one_that_never_ends_is_not_waited_for() {
    let stage = Stage::new();
    for command in ["sleep 1000", "exec >&- 2>&-; sleep 1000"] {
        let ended = stage.run(command, Duration::from_millis(50)).await;
        assert!(matches!(ended, Err(RunError::TooSlow(_))), "{ended:?}");
    }
}

#[tokio::test]
async fn one_that_never_stops_to_print_is_stopped() {
    let ended = Stage::new().run("yes", LONG).await;
    assert!(matches!(ended, Err(RunError::TooMuch)), "{ended:?}");
    let whole =
        Stage::new().run("head -c 65536 /dev/zero; head -c 99999 /dev/zero >&2", LONG).await;
    assert_eq!(whole.unwrap().len(), 65536);
}

#[tokio::test]
async fn when_nobody_waits_any_more_all_that_it_started_dies() {
    let stage = Stage::new();
    let fifo = stage.fifo();
    let reader = spawn_blocking(move || {
        let mut fifo = File::open(fifo).unwrap();
        fifo.read_exact(&mut [0; 3]).unwrap();
        fifo
    });
    let program = stage.run(
        "exec 9>fifo; echo up >&9; (sleep 20; echo lives >&9) & sleep 20; echo lives >&9",
        LONG,
    );
    // The program ends never, so the reader is first; the other future is dropped with this block.
    let fifo = tokio::select! {
        ended = program => panic!("{ended:?}"),
        fifo = reader => fifo.unwrap(),
    };
    assert_eq!(spawn_blocking(|| until_the_last_has_died(fifo)).await.unwrap(), "");
}

#[tokio::test]
async fn what_it_leaves_behind_is_not_waited_for_and_dies() {
    let stage = Stage::new();
    let fifo = stage.fifo();
    let reader = spawn_blocking(|| until_the_last_has_died(File::open(fifo).unwrap()));
    let said = stage.run("exec 9>fifo; (sleep 20; echo lives >&9) & echo out", LONG).await;
    assert_eq!(said.unwrap(), "out\n");
    assert_eq!(reader.await.unwrap(), "");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_has_left_the_group_holds_nobody_up() {
    let stage = Stage::new();
    let command = "setsid sh -c 'echo up >fifo; cat fifo' & read -r up <fifo; echo out";
    assert_eq!(stage.run(command, LONG).await.unwrap(), "out\n");
    // Only a process that lives opens the other end.
    let fifo = stage.fifo();
    let written =
        spawn_blocking(move || OpenOptions::new().write(true).open(fifo)?.write_all(b"end"));
    written.await.unwrap().unwrap();
}
