//! `stsd lock`: forgets sessions, and says what that does not undo.

use stsd_protocol::Timestamp;
use stsd_protocol::control::{LOCK, Locked, ProfileRequest, STATUS, SessionReport, Status};

use crate::arguments::ListArguments;
use crate::client::{self, Client, LOCAL};
use crate::clock;
use crate::commands::status::session_name;
use crate::failure::Failure;
use crate::show::{print, print_json, printable, until, warn};

/// Without a profile everything is locked, whatever the variables say.
pub(crate) fn run(arguments: &ListArguments) -> Result<(), Failure> {
    let request = ProfileRequest { profile: arguments.profile.named()? };
    let client = Client::new();
    let locked: Locked = client.order(LOCK, &request, LOCAL)?;
    if arguments.json {
        return print_json(&locked);
    }
    if locked.until_restart {
        warn(NOT_KEPT);
    }
    // Only for the names and AWS's date; it is locked already, so that the keys' ids and the local date do
    // where this fails.
    let status = client.question(STATUS).and_then(|body| client::read::<Status>(&body));
    let (sessions, offset) = match status {
        Ok(status) => (status.sessions, status.clock_offset_seconds),
        Err(_) => (Vec::new(), 0),
    };
    let sts_date = clock::now().unix().saturating_add_signed(offset);
    print(&sentence(&locked, &sessions, Timestamp::from_unix(sts_date)))
}

fn sentence(locked: &Locked, sessions: &[SessionReport], sts_date: Timestamp) -> String {
    let name = |key: &String| session_name(sessions, key).unwrap_or_else(|| key.clone());
    let names: Vec<String> = locked.locked.iter().map(name).collect();
    let what = match names.as_slice() {
        [] => "nothing to lock".to_owned(),
        names => format!("locked {}", printable(&names.join(", "))),
    };
    match locked.handed_out_until {
        None => format!("{what}\n"),
        Some(end) => {
            let end = until(end, end.since(sts_date));
            format!("{what}\nwhat was handed out before stays valid at AWS until {end}\n")
        }
    }
}

/// A session that needs no code would come back.
const NOT_KEPT: &str = "the lock cannot be written to the state directory, and holds until the daemon is \
    restarted: make room there, and lock again";

#[cfg(test)]
mod tests {
    use stsd_protocol::Timestamp;
    use stsd_protocol::control::Locked;

    use super::sentence;

    #[test]
    fn says_what_is_locked_and_what_stays_valid() {
        let nothing = Locked { locked: vec![], handed_out_until: None, until_restart: false };
        let sts_date = Timestamp::from_unix(1_000_000_000 - 3540);
        assert_eq!(sentence(&nothing, &[], sts_date), "nothing to lock\n");
        let one = Locked {
            locked: vec!["AKIAIOSFODNN7EXAMPLE".into()],
            handed_out_until: Some(Timestamp::from_unix(1_000_000_000)),
            until_restart: false,
        };
        assert_eq!(
            sentence(&one, &[], sts_date),
            "locked AKIAIOSFODNN7EXAMPLE\n\
             what was handed out before stays valid at AWS until 2001-09-09T01:46:40Z, in 59 min\n"
        );
    }
}
