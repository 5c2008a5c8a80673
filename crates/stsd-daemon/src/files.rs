//! Notices that the user's AWS files have changed. By stat alone: the daemon does not read them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use stsd_protocol::gateway::Settings;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use crate::owner::Command;

/// The user's AWS files, as they were when somebody last looked.
#[derive(Debug)]
pub struct Watch {
    files: Vec<PathBuf>,
    seen: Vec<Option<Mark>>,
}

/// What changes when a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Watch {
    /// Looks at the files for the first time: before the first plan, so that no change is missed.
    pub fn new(settings: &Settings, home: &Path) -> Self {
        let file = |configured: &Option<String>, usual: &str| {
            configured.as_ref().map_or_else(|| home.join(usual), PathBuf::from)
        };
        let files = vec![
            file(&settings.aws_config_file, ".aws/config"),
            file(&settings.aws_credentials_file, ".aws/credentials"),
        ];
        let seen = files.iter().map(|file| mark(file)).collect();
        Self { files, seen }
    }

    /// Orders a new plan whenever a file changes, until nobody takes orders.
    pub async fn run(mut self, commands: mpsc::UnboundedSender<Command>) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !commands.is_closed() {
            ticks.tick().await;
            if self.look() && commands.send(Command::Replan).is_err() {
                return;
            }
        }
    }

    /// Whether anything has changed since the last look.
    fn look(&mut self) -> bool {
        let now: Vec<Option<Mark>> = self.files.iter().map(|file| mark(file)).collect();
        std::mem::replace(&mut self.seen, now) != self.seen
    }
}

fn mark(file: &Path) -> Option<Mark> {
    let metadata = fs::metadata(file).ok()?;
    Some(Mark {
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.size(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    })
}

/// The user sees a change within two seconds.
const EVERY: Duration = Duration::from_millis(1500);

#[cfg(test)]
mod tests {
    use super::Watch;
    use std::fs;
    use stsd_protocol::gateway::Settings;

    #[test]
    fn a_file_that_comes_changes_is_replaced_or_goes_is_noticed_once() {
        let home = tempfile::tempdir().unwrap();
        let aws = home.path().join(".aws");
        fs::create_dir(&aws).unwrap();
        let mut watch = Watch::new(&Settings::default(), home.path());
        assert!(!watch.look());
        fs::write(aws.join("config"), "[default]\n").unwrap();
        assert!(watch.look());
        assert!(!watch.look());
        fs::write(aws.join("new"), "[default]\n").unwrap();
        fs::rename(aws.join("new"), aws.join("config")).unwrap();
        assert!(watch.look());
        fs::remove_file(aws.join("config")).unwrap();
        assert!(watch.look());
        assert!(!watch.look());
    }
}
