//! Notices that the user's AWS files, or the roots of TLS that they name, have changed. By stat alone: the
//! daemon does not read them.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use stsd_protocol::gateway::Settings;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};
use tracing::error;

use crate::owner::Command;
use crate::state::Table;

/// The files that a gateway reads, as they were when somebody last looked.
#[derive(Debug)]
pub struct Watch {
    files: Vec<PathBuf>,
    seen: HashMap<PathBuf, Option<Mark>>,
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
        let mut files = vec![
            file(&settings.aws_config_file, ".aws/config"),
            file(&settings.aws_credentials_file, ".aws/credentials"),
        ];
        files.extend(settings.ca_bundle.as_ref().map(PathBuf::from));
        let seen = marks(files.iter().cloned());
        Self { files, seen }
    }

    /// Orders a new plan, and with it a new gateway, whenever a file changes, until nobody takes orders.
    pub async fn run(
        self,
        commands: mpsc::UnboundedSender<Command>,
        snapshots: watch::Receiver<Arc<Table>>,
    ) {
        let mut watch = self;
        let mut eyes = match Eyes::open(move |bundles| watch.look(bundles)) {
            Ok(eyes) => eyes,
            Err(error) => return error!(%error, "could not watch the AWS files"),
        };
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !commands.is_closed() {
            ticks.tick().await;
            let bundles = snapshots.borrow().ca_bundles();
            let Some(changed) = eyes.look(bundles).await else { return };
            if changed && commands.send(Command::Replan).is_err() {
                return;
            }
        }
    }

    /// Whether any of these or of those that the profiles name has changed since the last look.
    fn look(&mut self, bundles: impl IntoIterator<Item = PathBuf>) -> bool {
        let now = marks(self.files.iter().cloned().chain(bundles));
        let before = std::mem::replace(&mut self.seen, now);
        let changed = |(file, mark)| before.get(file).is_some_and(|seen| seen != mark);
        self.seen.iter().any(changed)
    }
}

/// Looks on a thread of its own: a bundle may lie on a mount whose server is gone, and nobody at a door waits
/// for that. One look at a time.
struct Eyes {
    asks: mpsc::UnboundedSender<HashSet<PathBuf>>,
    answers: mpsc::UnboundedReceiver<bool>,
}

impl Eyes {
    fn open(mut look: impl FnMut(HashSet<PathBuf>) -> bool + Send + 'static) -> io::Result<Self> {
        let (asks, mut asked) = mpsc::unbounded_channel();
        let (answer, answers) = mpsc::unbounded_channel();
        // No task of the runtime's: its end would wait for one that hangs.
        thread::Builder::new().name("files".to_owned()).stack_size(STACK).spawn(move || {
            while let Some(bundles) = asked.blocking_recv() {
                if answer.send(look(bundles)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { asks, answers })
    }

    /// Nothing, if the thread is gone.
    async fn look(&mut self, bundles: HashSet<PathBuf>) -> Option<bool> {
        self.asks.send(bundles).ok()?;
        self.answers.recv().await
    }
}

fn marks(files: impl Iterator<Item = PathBuf>) -> HashMap<PathBuf, Option<Mark>> {
    let with_mark = |file: PathBuf| {
        let mark = mark(&file);
        (file, mark)
    };
    files.map(with_mark).collect()
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

/// It asks for the marks of some files.
const STACK: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::{Eyes, Watch};
    use std::collections::HashSet;
    use std::fs;
    use std::sync::mpsc;
    use std::time::Duration;
    use stsd_protocol::gateway::Settings;

    #[test]
    fn a_file_that_comes_changes_is_replaced_or_goes_is_noticed_once() {
        let home = tempfile::tempdir().unwrap();
        let aws = home.path().join(".aws");
        fs::create_dir(&aws).unwrap();
        let mut watch = Watch::new(&Settings::default(), home.path());
        assert!(!watch.look([]));
        fs::write(aws.join("config"), "[default]\n").unwrap();
        assert!(watch.look([]));
        assert!(!watch.look([]));
        fs::write(aws.join("new"), "[default]\n").unwrap();
        fs::rename(aws.join("new"), aws.join("config")).unwrap();
        assert!(watch.look([]));
        fs::remove_file(aws.join("config")).unwrap();
        assert!(watch.look([]));
        assert!(!watch.look([]));
    }

    #[tokio::test]
    async fn a_look_that_hangs_keeps_nobody_else_waiting() {
        let (release, released) = mpsc::channel();
        let hangs = move |_| released.recv_timeout(Duration::from_secs(10)).is_ok();
        let mut eyes = Eyes::open(hangs).unwrap();
        let others = async { release.send(()) };
        let (seen, sent) = tokio::join!(biased; eyes.look(HashSet::new()), others);
        assert_eq!((seen, sent), (Some(true), Ok(())));
    }

    #[test]
    fn a_bundle_of_roots_is_watched_and_one_that_a_profile_names_from_then_on() {
        let home = tempfile::tempdir().unwrap();
        let [own, named] = ["own.pem", "named.pem"].map(|name| home.path().join(name));
        let ca_bundle = Some(own.to_str().unwrap().to_owned());
        let settings = Settings { ca_bundle, ..Settings::default() };
        let mut watch = Watch::new(&settings, home.path());
        fs::write(&named, "one").unwrap();
        assert!(!watch.look([named.clone()]), "it was always there");
        for file in [&own, &named] {
            fs::write(home.path().join("new"), "another").unwrap();
            fs::rename(home.path().join("new"), file).unwrap();
            assert!(watch.look([named.clone()]));
            assert!(!watch.look([named.clone()]));
        }
        fs::remove_file(&own).unwrap();
        assert!(watch.look([named.clone()]));
    }
}
