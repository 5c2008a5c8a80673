//! What a gateway must be able to read, known from the first request: its settings are those of every
//! request that the process will get. Everything else can be closed to it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use stsd_protocol::gateway::{Operation, Request};

use crate::{files, profiles};

/// The folders and files. What is not there may be among them.
///
/// An `inspect` names files of its own, and others may follow: whoever asks for one is the user's client,
/// whose gateway may read all files but those of the kernel.
pub fn readable(first: &Request, home: Option<&Path>) -> Vec<PathBuf> {
    if matches!(first.op, Operation::Inspect(_)) {
        return everything();
    }
    let mut readable: BTreeSet<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    readable.extend(NAMES.iter().filter_map(|file| folder(Path::new(file))));
    // The folder, since files are replaced; and what stands behind a link, without its neighbours.
    readable.extend(home.map(|home| home.join(".aws")));
    if let Ok(places) = files::places(&first.settings, home) {
        readable.extend(places.map(PathBuf::from));
    }
    readable.extend(first.settings.ca_bundle.as_ref().map(PathBuf::from));
    readable.extend(profiles::ca_bundles(&first.settings, home).map(PathBuf::from));
    readable.into_iter().collect()
}

/// Where a file really is.
fn folder(file: &Path) -> Option<PathBuf> {
    let folder = fs::canonicalize(file).ok()?.parent()?.to_owned();
    // Not everything, because of a link into the uppermost folder.
    (folder != Path::new("/")).then_some(folder)
}

/// All folders of the machine but those that the kernel makes up: in /proc stand other processes.
fn everything() -> Vec<PathBuf> {
    let all = fs::read_dir("/").map(|all| all.flatten().map(|entry| entry.path()).collect());
    let mut all: Vec<_> = all.unwrap_or_default();
    all.retain(|path| !KERNEL.iter().any(|kernel| path == Path::new(kernel)));
    all
}

/// Libraries for looking names up, the settings of that, and the roots of TLS. The last are the places of
/// distributions that keep one of these elsewhere; `rustls-native-certs` knows where OpenSSL looks.
const SYSTEM: &[&str] = &[
    "/etc",
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/gnu/store",
    "/run/current-system",
    "/run/systemd/resolve",
    "/run/NetworkManager",
    "/run/resolvconf",
    "/run/netconfig",
    "/var/lib/ca-certificates",
    "/var/ssl",
    "/opt/etc/ssl",
    "/sys/devices/system/cpu",
    "/dev/null",
    "/dev/urandom",
];

/// Often links to where another program writes them.
const NAMES: &[&str] =
    &["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf"];

const KERNEL: &[&str] = &["/proc", "/sys", "/dev"];

#[cfg(test)]
mod tests {
    use super::readable;
    use std::path::{Path, PathBuf};
    use stsd_protocol::VERSION;
    use stsd_protocol::gateway::{InspectRequest, Operation, PlanRequest, Request, Settings};

    fn request(settings: Settings, op: Operation) -> Request {
        Request { v: VERSION.to_owned(), id: 1, settings, op }
    }

    fn plan() -> Operation {
        Operation::Plan(PlanRequest { client_program: "/stsd".to_owned() })
    }

    fn has(paths: &[PathBuf], path: &str) -> bool {
        paths.iter().any(|readable| Path::new(path).starts_with(readable))
    }

    #[test]
    fn the_home_is_closed_but_for_what_the_settings_name() {
        let settings = Settings {
            aws_config_file: Some("/home/a/work/aws-config".to_owned()),
            ca_bundle: Some("/home/a/roots.pem".to_owned()),
            ..Settings::default()
        };
        let paths = readable(&request(settings, plan()), Some(Path::new("/home/a")));
        for open in [
            "/home/a/work/aws-config",
            "/home/a/roots.pem",
            "/home/a/.aws/credentials",
            "/etc/ssl/certs",
            "/etc/resolv.conf",
        ] {
            assert!(has(&paths, open), "{open} is closed");
        }
        for closed in [
            "/home/a/.ssh/id",
            "/home/a/work/other",
            "/home/a",
            "/tmp/x",
            "/proc/1/mem",
            "/run/user",
            "/root/.aws",
        ] {
            assert!(!has(&paths, closed), "{closed} is open");
        }
    }

    #[test]
    fn a_bundle_that_a_profile_names_can_be_read() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        let config = "[profile a]\nca_bundle = ~/corp.pem\n[profile b]\nca_bundle = /srv/b.pem\n";
        std::fs::write(home.path().join(".aws/config"), config).unwrap();
        let paths = readable(&request(Settings::default(), plan()), Some(home.path()));
        assert!(has(&paths, home.path().join("corp.pem").to_str().unwrap()));
        assert!(has(&paths, "/srv/b.pem") && !has(&paths, "/srv/c.pem"));
    }

    #[test]
    fn who_inspects_names_files_anywhere_but_the_kernels() {
        let inspect = InspectRequest { config_file: None, credentials_file: None };
        let paths = readable(&request(Settings::default(), Operation::Inspect(inspect)), None);
        assert!(has(&paths, "/tmp/x") && has(&paths, "/etc/passwd"));
        assert!(!has(&paths, "/proc/1/environ") && !has(&paths, "/dev/mem"));
    }
}
