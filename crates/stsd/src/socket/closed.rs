//! A control socket that permissions keep this user from: which file or folder on the way to it is
//! closed, whose that is, and what to do about it. A daemon that is started does not help here.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use stsd_protocol::{Refusal, RefusalCode};

use crate::quote;
use crate::show::shown_path;

/// Why a socket may not be reached, where connecting was refused so.
pub(super) fn refusal(path: &Path, uid: u32, is_set: impl Fn(&str) -> bool) -> Refusal {
    let obstacle = obstacle(path, |place| fs::metadata(place).map(|found| Whose::of(&found)));
    explained(path, obstacle, uid, is_set)
}

/// What the file system says of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Whose {
    uid: u32,
    mode: u32,
}

impl Whose {
    fn of(found: &fs::Metadata) -> Self {
        Self { uid: found.uid(), mode: found.mode() & 0o7777 }
    }
}

/// The last place on the way that can be looked at: the folder that lets nobody on, or the socket itself.
fn obstacle(path: &Path, look: impl Fn(&Path) -> io::Result<Whose>) -> Option<(&Path, Whose)> {
    let mut way: Vec<&Path> = path.ancestors().filter(|place| *place != Path::new("")).collect();
    way.reverse();
    way.into_iter().map_while(|place| Some((place, look(place).ok()?))).last()
}

fn explained(
    path: &Path,
    obstacle: Option<(&Path, Whose)>,
    uid: u32,
    is_set: impl Fn(&str) -> bool,
) -> Refusal {
    let closed = format!("the daemon's socket {} is closed to you", shown_path(path));
    let refusal = |message| Refusal::new(RefusalCode::NoDaemon, message);
    let Some((place, whose)) = obstacle else {
        return refusal(format!("{closed}: permission denied"))
            .with_hint(format!("look at it: `ls -ld {}`", quote::sh(&shown_path(path))));
    };
    let (shown, mode) = (shown_path(place), whose.mode);
    if whose.uid != uid {
        let owner = whose.uid;
        let message = format!(
            "{closed}: {shown} belongs to uid {owner}, with mode {mode:04o}, and you are uid {uid}"
        );
        return refusal(message).with_hint(way_out(owner, is_set));
    }
    // To be passed, a folder must be executable; to be connected to, a socket writable.
    let (needed, command) = if place == path { (0o200, "chmod 600") } else { (0o100, "chmod 700") };
    let message = format!("{closed}: {shown} is yours, with mode {mode:04o}");
    match mode & needed {
        0 => refusal(message).with_hint(format!("run `{command} {}`", quote::sh(&shown))),
        _ => refusal(message).with_hint("look at what confines this program, such as a sandbox"),
    }
}

/// In the order in which the socket is looked for.
fn way_out(owner: u32, is_set: impl Fn(&str) -> bool) -> String {
    if is_set("STSD_SOCKET") {
        "STSD_SOCKET leads there: unset it, or set it to a socket of your own".to_owned()
    } else if is_set("XDG_RUNTIME_DIR") {
        "XDG_RUNTIME_DIR leads there, as `su` leaves it: unset it, or log in as yourself".to_owned()
    } else {
        format!("set XDG_RUNTIME_DIR to a folder of your own, or ask uid {owner} to remove theirs")
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use super::{Whose, explained, obstacle};

    const SOCKET: &str = "/run/user/1000/stsd/stsd.sock";

    /// The way to the socket, of which so much can be looked at.
    fn closed_at(last: &str, whose: Whose) -> Option<(&'static Path, Whose)> {
        obstacle(Path::new(SOCKET), |place| {
            match place.starts_with(last) && place != Path::new(last) {
                true => Err(io::ErrorKind::PermissionDenied.into()),
                false if place == Path::new(last) => Ok(whose),
                false => Ok(Whose { uid: 0, mode: 0o755 }),
            }
        })
    }

    #[test]
    fn names_the_place_that_is_closed_and_whose_it_is_and_what_to_type() {
        for (place, uid, mode, says, hint) in [
            (
                "/run/user/1000",
                1000,
                0o700,
                "/run/user/1000 belongs to uid 1000, with mode 0700, and you are uid 1001",
                "XDG_RUNTIME_DIR leads there",
            ),
            (
                "/run/user/1000/stsd",
                1001,
                0o600,
                "/run/user/1000/stsd is yours, with mode 0600",
                "run `chmod 700 '/run/user/1000/stsd'`",
            ),
            (
                SOCKET,
                1001,
                0o400,
                "/run/user/1000/stsd/stsd.sock is yours, with mode 0400",
                "run `chmod 600 '/run/user/1000/stsd/stsd.sock'`",
            ),
            (SOCKET, 1001, 0o600, "with mode 0600", "look at what confines this program"),
        ] {
            let found = closed_at(place, Whose { uid, mode });
            let told = explained(Path::new(SOCKET), found, 1001, |name| name == "XDG_RUNTIME_DIR");
            let message = format!("the daemon's socket {SOCKET} is closed to you: ");
            assert!(told.message.starts_with(&message) && told.message.ends_with(says), "{told:?}");
            assert!(told.hint.starts_with(hint) && !told.hint.contains("service"), "{told:?}");
            assert_eq!(told.code.exit_code(), 69);
        }
    }

    #[test]
    fn the_way_out_is_by_what_led_there() {
        let found = closed_at("/run/user/1000", Whose { uid: 1000, mode: 0o700 });
        for (set, hint) in [
            (&["STSD_SOCKET", "XDG_RUNTIME_DIR"][..], "STSD_SOCKET leads there"),
            (&[], "set XDG_RUNTIME_DIR to a folder of your own"),
        ] {
            let told = explained(Path::new(SOCKET), found, 1001, |name| set.contains(&name));
            assert!(told.hint.starts_with(hint), "{told:?}");
        }
        let told = explained(Path::new("stsd.sock"), None, 1001, |_| false);
        assert!(told.message.ends_with(": permission denied"), "{told:?}");
    }
}
