//! The systemd units as text: those of `systemd/`, compiled in, with this installation's path and
//! port. Pure.

/// The units, in the order in which they are enabled and started.
pub(super) const NAMES: [&str; 3] = [SOCKET, ENDPOINT, SERVICE];
/// The Unix sockets.
pub(super) const SOCKET: &str = "stsd.socket";
/// The endpoint's port.
pub(super) const ENDPOINT: &str = "stsd-endpoint.socket";
/// The daemon.
pub(super) const SERVICE: &str = "stsd.service";
/// Where systemd keeps the links to units that are enabled.
pub(super) const WANTS: [&str; 2] = ["default.target.wants", "sockets.target.wants"];
/// The port's own file, beside the unit.
pub(super) const PORT: &str = "stsd-endpoint.socket.d/port.conf";

/// The port that the unit names.
pub(super) const DEFAULT_PORT: u16 = 7873;

/// The files, by their names below the folder of user units.
pub(super) fn files(program: &str, port: u16) -> Vec<(&'static str, String)> {
    let service = include_str!("../../../../../systemd/stsd.service").to_owned();
    let start = service.lines().find(|line| line.starts_with("ExecStart=")).unwrap_or_default();
    let service = service.replace(start, &format!("ExecStart={}", quoted(program)));
    let mut files = vec![
        (SOCKET, plain(include_str!("../../../../../systemd/stsd.socket"))),
        (ENDPOINT, plain(include_str!("../../../../../systemd/stsd-endpoint.socket"))),
        (SERVICE, plain(&service)),
    ];
    files.extend(port_file(port));
    files
}

/// The file for another port than the unit has.
pub(super) fn port_file(port: u16) -> Option<(&'static str, String)> {
    let text = format!("[Socket]\nListenStream=\nListenStream=127.0.0.1:{port}\n");
    (port != DEFAULT_PORT).then(|| (PORT, plain(&text)))
}

/// Without the reasons, which `systemd/` has for whoever works on them: a person is to read all of
/// it before it is written.
fn plain(unit: &str) -> String {
    let has_meaning = |line: &&str| !line.starts_with('#') && !line.is_empty();
    let lines = unit.lines().filter(has_meaning).map(|line| format!("{line}\n"));
    format!("{HEAD}{}", lines.collect::<String>())
}

const HEAD: &str =
    "# Written by stsd; `stsd service uninstall` removes it, unless it has been edited.\n";

/// systemd starts no program with one of these in its path, however it is written (tried on 252).
pub(super) fn is_refused(program: &str) -> bool {
    program.contains(['"', '\'', '\\'])
}

/// A path as the first word of a command line in a unit: systemd.syntax(7) has the quotes,
/// systemd.unit(5) the doubled percent sign. A dollar sign stands for itself in that place.
fn quoted(path: &str) -> String {
    let path = path.replace('%', "%%");
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+@%".contains(c);
    if path.chars().all(is_plain) {
        return path;
    }
    format!("\"{path}\"")
}

#[cfg(test)]
mod tests {
    use super::{files, is_refused, quoted};

    #[test]
    fn the_service_starts_the_program_that_it_is_told_and_differs_in_nothing_else() {
        let files = files("/opt/my tools/stsd-daemon", 7873);
        assert_eq!(files.len(), 3);
        let meaning = |text: &str| -> Vec<String> {
            let has_meaning = |line: &&str| !line.starts_with('#') && !line.is_empty();
            text.lines().filter(has_meaning).map(str::to_owned).collect()
        };
        let ours = meaning(&files[2].1);
        let original = meaning(include_str!("../../../../../systemd/stsd.service"));
        assert_eq!(ours.len(), original.len());
        let differing: Vec<_> =
            ours.iter().zip(&original).filter(|(ours, its)| ours != its).collect();
        let theirs = "ExecStart=%h/.cargo/bin/stsd-daemon".to_owned();
        let ours = "ExecStart=\"/opt/my tools/stsd-daemon\"".to_owned();
        assert_eq!(differing, [(&ours, &theirs)]);
    }

    #[test]
    fn another_port_takes_the_place_of_the_units_own() {
        let files = files("/usr/bin/stsd-daemon", 7883);
        let (name, text) = &files[3];
        assert_eq!(*name, "stsd-endpoint.socket.d/port.conf");
        assert!(text.ends_with("edited.\n[Socket]\nListenStream=\nListenStream=127.0.0.1:7883\n"));
    }

    #[test]
    fn nothing_in_a_path_has_a_meaning() {
        for (path, word) in [
            ("/usr/bin/stsd-daemon", "/usr/bin/stsd-daemon"),
            ("/home/日本/x", "/home/日本/x"),
            ("/a b/x", "\"/a b/x\""),
            ("/50%/x", "/50%%/x"),
            ("/$HOME/x", "\"/$HOME/x\""),
        ] {
            assert_eq!(quoted(path), word);
            assert!(!is_refused(path));
        }
        assert!(is_refused("/it's/x") && is_refused("/a\\b/x"));
    }
}
