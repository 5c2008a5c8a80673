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
/// The port's own file, beside the unit.
pub(super) const PORT: &str = "stsd-endpoint.socket.d/port.conf";

/// The port that the unit names.
pub(super) const DEFAULT_PORT: u16 = 7873;

/// The files, by their names below the folder of user units.
pub(super) fn files(program: &str, port: u16) -> Vec<(&'static str, String)> {
    let mut files = vec![
        (SOCKET, include_str!("../../../../../systemd/stsd.socket").to_owned()),
        (ENDPOINT, include_str!("../../../../../systemd/stsd-endpoint.socket").to_owned()),
        (SERVICE, service(program)),
    ];
    files.extend(port_file(port));
    files
}

/// The file for another port than the unit has.
pub(super) fn port_file(port: u16) -> Option<(&'static str, String)> {
    let text = format!(
        "# Written by stsd: the port of the endpoint.\n[Socket]\nListenStream=\n\
         ListenStream=127.0.0.1:{port}\n"
    );
    (port != DEFAULT_PORT).then_some((PORT, text))
}

fn service(program: &str) -> String {
    const TEXT: &str = include_str!("../../../../../systemd/stsd.service");
    let line = |line: &str| match line.starts_with("ExecStart=") {
        true => format!("ExecStart={}\n", quoted(program)),
        false => format!("{line}\n"),
    };
    TEXT.lines().map(line).collect()
}

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
        let text = &files[2].1;
        let original = include_str!("../../../../../systemd/stsd.service");
        let differing: Vec<_> =
            text.lines().zip(original.lines()).filter(|(ours, its)| ours != its).collect();
        let theirs = "ExecStart=%h/.cargo/bin/stsd-daemon";
        assert_eq!(differing, [("ExecStart=\"/opt/my tools/stsd-daemon\"", theirs)]);
    }

    #[test]
    fn another_port_takes_the_place_of_the_units_own() {
        let files = files("/usr/bin/stsd-daemon", 7883);
        let (name, text) = &files[3];
        assert_eq!(*name, "stsd-endpoint.socket.d/port.conf");
        assert!(text.ends_with("[Socket]\nListenStream=\nListenStream=127.0.0.1:7883\n"));
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
