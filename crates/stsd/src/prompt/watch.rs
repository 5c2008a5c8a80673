//! Why a question should not stay open: its time is over, whoever wanted the credentials has gone,
//! a shell has the terminal again, or somebody has unlocked in another place.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{Pid, getppid};
use stsd_protocol::control::{STATUS, SessionState, Status};

use crate::client::{self, Client};
use crate::clock;

/// Looks at all of it.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    client: &'a Client,
    identity: String,
    /// Since boot, like everything here.
    deadline: Duration,
    next_look: Duration,
    parent: Pid,
}

/// Why to stop asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Somebody has unlocked.
    Unlocked,
    /// Nobody has answered in time.
    TimedOut,
    /// Nobody would read the credentials, or the terminal is somebody else's.
    Abandoned,
}

impl<'a> Watch<'a> {
    pub(super) fn new(client: &'a Client, identity: &str, deadline: Duration) -> Self {
        let next_look = clock::since_boot() + LOOK;
        let identity = identity.to_owned();
        Self { client, identity, deadline, next_look, parent: getppid() }
    }

    /// The reason, once there is one; whether the process still has the terminal is for the caller to
    /// say. Asks the daemon once a second.
    pub(super) fn end(&mut self, in_foreground: bool) -> Option<End> {
        let now = clock::since_boot();
        if now >= self.deadline {
            return Some(End::TimedOut);
        }
        if !in_foreground || getppid() != self.parent || reader_is_gone(io::stdout()) {
            return Some(End::Abandoned);
        }
        if now >= self.next_look {
            self.next_look = now + LOOK;
            return self.is_unlocked().then_some(End::Unlocked);
        }
        None
    }

    /// Whether the identity has a session by now.
    pub(super) fn is_unlocked(&self) -> bool {
        let status = self.client.question(STATUS).and_then(|body| client::read::<Status>(&body));
        status.is_ok_and(|status| {
            status.sessions.iter().any(|session| {
                session.identity == self.identity
                    && matches!(session.state, SessionState::Unlocked | SessionState::Expiring)
            })
        })
    }
}

/// Whether nobody holds the other end of a pipe or socket: an SDK that has given up closes it, also
/// where a shell stands between.
fn reader_is_gone(output: impl AsFd) -> bool {
    let mut descriptors = [PollFd::new(output.as_fd(), PollFlags::empty())];
    let gone = PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
    poll(&mut descriptors, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
        && descriptors[0].revents().is_some_and(|events| events.intersects(gone))
}

const LOOK: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    use super::{End, Watch, reader_is_gone};
    use crate::client::Client;
    use crate::clock;

    #[test]
    fn the_time_is_over_at_the_deadline_and_the_shell_need_not_wait_for_it() {
        let client = Client::at("/nonexistent/stsd.sock");
        let now = clock::since_boot();
        let mut late = Watch::new(&client, "AKIAIOSFODNN7EXAMPLE", now);
        assert_eq!(late.end(true), Some(End::TimedOut));
        let mut early = Watch::new(&client, "AKIAIOSFODNN7EXAMPLE", now + Duration::from_hours(1));
        assert_eq!(early.end(true), None);
        assert_eq!(early.end(false), Some(End::Abandoned));
    }

    #[test]
    fn a_pipe_and_a_socket_tell_when_their_reader_goes() {
        let (reader, writer) = std::io::pipe().unwrap();
        assert!(!reader_is_gone(&writer));
        drop(reader);
        assert!(reader_is_gone(&writer));
        let (reader, writer) = UnixStream::pair().unwrap();
        assert!(!reader_is_gone(&writer));
        drop(reader);
        assert!(reader_is_gone(&writer));
    }

    #[test]
    fn a_file_has_no_reader_to_lose() {
        assert!(!reader_is_gone(tempfile::tempfile().unwrap()));
        assert!(!reader_is_gone(File::options().write(true).open("/dev/null").unwrap()));
    }
}
