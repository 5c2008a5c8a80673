//! Files of the state directory that somebody removes while the daemon runs: they are written again.
//! Without the authorization token's file no SDK reaches the endpoint, and without the view no
//! profile is found, whatever the daemon holds. A file that was changed is left as it is.

use std::time::Duration;

use stsd_secret::Secret;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tracing::warn;

use crate::owner::Command;
use crate::state_directory::StateDirectory;

/// Looks after the files that clients need.
#[derive(Debug)]
pub struct Upkeep {
    directory: StateDirectory,
    authorization_token: Secret,
    /// What could not be written is not tried again before.
    not_before: Option<Instant>,
    rounds: watch::Sender<()>,
}

impl Upkeep {
    /// The token is the one that the daemon asks for.
    pub fn new(directory: StateDirectory, authorization_token: Secret) -> Self {
        let rounds = watch::Sender::new(());
        Self { directory, authorization_token, not_before: None, rounds }
    }

    /// Changes each time that it looks, for whoever looks after something else: the process wakes up
    /// once for all.
    pub fn rounds(&self) -> watch::Receiver<()> {
        self.rounds.subscribe()
    }

    /// Looks until nobody takes orders.
    pub async fn run(mut self, commands: mpsc::UnboundedSender<Command>) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !commands.is_closed() {
            ticks.tick().await;
            self.rounds.send_replace(());
            // The gateway makes the text of the view.
            if self.look() && commands.send(Command::Replan).is_err() {
                return;
            }
        }
    }

    /// Writes what is missing. Whether the view is among it, which somebody else writes.
    fn look(&mut self) -> bool {
        let early = self.not_before.is_some_and(|moment| Instant::now() < moment);
        // What was removed comes back at once. What could not be written is no reason to start a gateway
        // at each look.
        let gone = self.directory.misses_view() || (!early && self.directory.lacks_view());
        if gone || (!early && !self.directory.is_complete()) {
            warn!("files of the state directory are missing; writing them again");
            self.directory.complete(&self.authorization_token);
            self.not_before = Some(Instant::now() + PAUSE);
        }
        gone
    }
}

/// As often as the user's own files are looked at.
const EVERY: Duration = Duration::from_millis(1500);

/// On a full disk.
const PAUSE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::{PAUSE, Upkeep};
    use crate::owner::Keeper;
    use crate::state_directory::StateDirectory;
    use std::fs;
    use stsd_protocol::Places;

    fn places(folder: &tempfile::TempDir) -> Places {
        Places {
            configuration: folder.path().join("config.toml"),
            state: folder.path().join("state/stsd"),
            runtime: folder.path().join("run/stsd"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_view_that_cannot_be_written_is_asked_for_again_but_not_at_each_look() {
        let folder = tempfile::tempdir().unwrap();
        let places = places(&folder);
        let mut directory = StateDirectory::open(places.clone());
        let mut upkeep = Upkeep::new(directory.clone(), directory.authorization_token().unwrap());
        directory.publish_view("[default]\n");
        let inside = places.config_view().parent().unwrap().to_owned();
        fs::remove_dir_all(&inside).unwrap();
        fs::write(&inside, "in the way").unwrap();
        assert!(upkeep.look(), "it was removed");
        for _ in 0..3 {
            directory.publish_view("[default]\n");
            assert!(!upkeep.look(), "it could not be written");
        }
        tokio::time::advance(PAUSE).await;
        assert!(upkeep.look(), "there may be room now");
        fs::remove_file(&inside).unwrap();
        fs::create_dir(&inside).unwrap();
        directory.publish_view("[default]\n");
        tokio::time::advance(PAUSE).await;
        assert!(!upkeep.look(), "it is there");
        assert!(places.config_view().exists());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_removed_comes_back_as_it_was_and_what_is_changed_stays() {
        let folder = tempfile::tempdir().unwrap();
        let places = places(&folder);
        let mut directory = StateDirectory::open(places.clone());
        let token = directory.authorization_token().unwrap();
        directory.publish_credentials_view();
        directory.record_socket();
        directory.publish_view("[default]\n");
        let mut upkeep = Upkeep::new(directory.clone(), token.clone());
        // Before anybody has looked for the first time.
        fs::remove_dir_all(&places.state).unwrap();
        assert!(upkeep.look(), "the view is asked for");
        assert_eq!(fs::read_to_string(places.authorization_token()).unwrap(), token.expose());
        assert!(places.credentials_view().exists() && places.socket_record().exists());
        assert!(!upkeep.look(), "once");
        directory.publish_view("[default]\n");
        assert!(!upkeep.look());
        fs::remove_file(places.config_view()).unwrap();
        assert!(upkeep.look(), "the new one too");
        tokio::time::advance(PAUSE).await;
        fs::write(places.authorization_token(), "somebody else's").unwrap();
        assert!(!upkeep.look());
        let there = fs::read_to_string(places.authorization_token()).unwrap();
        assert_eq!(there, "somebody else's");
    }
}
