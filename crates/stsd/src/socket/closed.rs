//! A control socket that permissions keep this user from: which file or folder on the way to it is
//! closed, whose that is, and what to do about it. A daemon that is started does not help here.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use stsd_protocol::{Refusal, RefusalCode};

use crate::quote;
use crate::show::shown_path;
use crate::socket::has_runtime_folder;

/// Why a socket may not be reached, where connecting was refused so.
pub(super) fn refusal(
    path: &Path,
    uid: u32,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Refusal {
    let obstacle = obstacle(path, |place| fs::metadata(place).map(|found| Whose::of(&found)));
    explained(path, obstacle, uid, variable)
}

/// What the file system says of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Whose {
    uid: u32,
    mode: u32,
    is_socket: bool,
}

impl Whose {
    fn of(found: &fs::Metadata) -> Self {
        let is_socket = found.file_type().is_socket();
        Self { uid: found.uid(), mode: found.mode() & 0o7777, is_socket }
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
    variable: impl Fn(&str) -> Option<OsString>,
) -> Refusal {
    let closed = format!("the daemon's socket {} is closed to you", shown_path(path));
    let refusal = |why: &str| Refusal::new(RefusalCode::NoDaemon, format!("{closed}: {why}"));
    let Some((place, whose)) = obstacle else {
        return refusal("permission denied")
            .with_hint(format!("look at it: `ls -ld {}`", quote::sh(&shown_path(path))));
    };
    let (shown, mode, owner) = (shown_path(place), whose.mode, whose.uid);
    if place == path && !whose.is_socket {
        return refusal(&format!("{shown} is no socket")).with_hint(no_socket(&shown, variable));
    }
    let of_whom = match owner == uid {
        true => format!("{shown} is yours, with mode {mode:04o}"),
        false => {
            format!("{shown} belongs to uid {owner}, with mode {mode:04o}, and you are uid {uid}")
        }
    };
    // To be passed, a folder must be executable; to be connected to, a socket writable.
    let (needed, command) = if place == path { (0o200, "chmod 600") } else { (0o100, "chmod 700") };
    refusal(&of_whom).with_hint(match owner == uid {
        true if mode & needed == 0 => format!("run `{command} {}`", quote::sh(&shown)),
        // A folder that everybody may pass stands in nobody's way: what is behind it could not be seen.
        false if place == path || mode & 0o001 == 0 => way_out(owner, variable),
        _ => "look at what confines this program, such as a sandbox".to_owned(),
    })
}

fn no_socket(shown: &str, variable: impl Fn(&str) -> Option<OsString>) -> String {
    match variable("STSD_SOCKET") {
        Some(_) => "STSD_SOCKET names no socket: unset it, or set it to the daemon's".to_owned(),
        None => format!("look at what it is: `ls -ld {}`", quote::sh(shown)),
    }
}

/// In the order in which the socket is looked for.
fn way_out(owner: u32, variable: impl Fn(&str) -> Option<OsString>) -> String {
    if variable("STSD_SOCKET").is_some() {
        "STSD_SOCKET leads there: unset it, or set it to a socket of your own".to_owned()
    } else if has_runtime_folder(variable) {
        "XDG_RUNTIME_DIR leads there, as `su` leaves it: unset it, or log in as yourself".to_owned()
    } else {
        format!("set XDG_RUNTIME_DIR to a folder of your own, or ask uid {owner} to remove theirs")
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::io;
    use std::path::Path;

    use super::{Whose, explained, obstacle};

    const SOCKET: &str = "/run/user/1000/stsd/stsd.sock";
    const RUNTIME: (&str, &str) = ("XDG_RUNTIME_DIR", "/run/user/1000");

    /// The way to the socket, of which so much can be looked at.
    fn closed_at(last: &str, whose: Whose) -> Option<(&'static Path, Whose)> {
        obstacle(Path::new(SOCKET), |place| {
            match place.starts_with(last) && place != Path::new(last) {
                true => Err(io::ErrorKind::PermissionDenied.into()),
                false if place == Path::new(last) => Ok(whose),
                false => Ok(Whose { uid: 0, mode: 0o755, is_socket: false }),
            }
        })
    }

    /// The environment in which these are set.
    fn set(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        }
    }

    /// To uid 1001, of a place of this owner and mode.
    fn is_told((place, uid, mode): (&str, u32, u32), says: &str, hint: &str) {
        let found = closed_at(place, Whose { uid, mode, is_socket: place == SOCKET });
        let told = explained(Path::new(SOCKET), found, 1001, set(&[RUNTIME]));
        let message = format!("the daemon's socket {SOCKET} is closed to you: {place} {says}");
        assert_eq!(told.message, message);
        assert!(told.hint.starts_with(hint) && !told.hint.contains("service"), "{told:?}");
        assert_eq!(told.code.exit_code(), 69);
    }

    #[test]
    fn names_the_place_of_another_and_whose_it_is_and_what_led_there() {
        for (place, mode) in [("/run/user/1000", 0o700), (SOCKET, 0o755)] {
            let says = format!("belongs to uid 1000, with mode {mode:04o}, and you are uid 1001");
            is_told((place, 1000, mode), &says, "XDG_RUNTIME_DIR leads there");
        }
    }

    #[test]
    fn names_the_place_of_the_own_and_what_to_type() {
        let folder = "/run/user/1000/stsd";
        let open = format!("run `chmod 700 '{folder}'`");
        is_told((folder, 1001, 0o600), "is yours, with mode 0600", &open);
        let open = format!("run `chmod 600 '{SOCKET}'`");
        is_told((SOCKET, 1001, 0o400), "is yours, with mode 0400", &open);
    }

    #[test]
    fn what_is_open_to_the_user_is_not_blamed() {
        let confined = "look at what confines this program, such as a sandbox";
        is_told((SOCKET, 1001, 0o600), "is yours, with mode 0600", confined);
        let says = "belongs to uid 0, with mode 0755, and you are uid 1001";
        is_told(("/run/user", 0, 0o755), says, confined);
    }

    #[test]
    fn the_way_out_is_by_what_led_there() {
        let whose = Whose { uid: 1000, mode: 0o700, is_socket: false };
        let found = closed_at("/run/user/1000", whose);
        for (variables, hint) in [
            (&[("STSD_SOCKET", SOCKET), RUNTIME][..], "STSD_SOCKET leads there"),
            (&[], "set XDG_RUNTIME_DIR to a folder of your own"),
            // It is not heeded, and so it leads nowhere.
            (&[("XDG_RUNTIME_DIR", "run")], "set XDG_RUNTIME_DIR to a folder of your own"),
        ] {
            let told = explained(Path::new(SOCKET), found, 1001, set(variables));
            assert!(told.hint.starts_with(hint), "{told:?}");
        }
        let told = explained(Path::new("stsd.sock"), None, 1001, |_| None);
        assert!(told.message.ends_with(": permission denied"), "{told:?}");
    }

    #[test]
    fn what_is_no_socket_is_not_made_one_by_its_mode() {
        for (uid, variables, hint) in [
            (1001, &[("STSD_SOCKET", SOCKET)][..], "STSD_SOCKET names no socket: unset it"),
            (0, &[("STSD_SOCKET", SOCKET)], "STSD_SOCKET names no socket: unset it"),
            (1001, &[], "look at what it is: `ls -ld '/run/user/1000/stsd/stsd.sock'`"),
        ] {
            let found = closed_at(SOCKET, Whose { uid, mode: 0o500, is_socket: false });
            let told = explained(Path::new(SOCKET), found, 1001, set(variables));
            assert!(told.message.ends_with("/stsd.sock is no socket"), "{told:?}");
            assert!(told.hint.starts_with(hint), "{told:?}");
        }
    }
}
