//! What the service managers are told: systemd's user units and the launchd agent. `.ci/run` lets
//! systemd itself look at the units, where there is one; this holds what would weaken the daemon
//! without a word from systemd.

use std::fs;
use std::path::{Path, PathBuf};

use plist::{Dictionary, Value};
use stsd_daemon::listeners::{DEFAULT_PORT, LAUNCHD_SOCKETS};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The directives of a unit, without comments and headings.
fn directives(unit: &str) -> Vec<(String, String)> {
    let path = repository().join("systemd").join(unit);
    let text = fs::read_to_string(&path).expect("the unit is there");
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with(['#', '[']))
        .map(|line| {
            let (key, value) = line.split_once('=').expect("a unit holds nothing else");
            (key.to_owned(), value.to_owned())
        })
        .collect()
}

fn values<'a>(directives: &'a [(String, String)], key: &str) -> Vec<&'a str> {
    directives.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str()).collect()
}

fn agent() -> Dictionary {
    let value = Value::from_file(repository().join("launchd/stsd.daemon.plist"));
    value.expect("the agent is a plist").into_dictionary().expect("and a dictionary")
}

#[test]
fn no_directive_makes_a_user_namespace_in_which_the_memory_could_be_read() {
    // From systemd 254 on all of these imply PrivateUsers= in a user unit.
    const FORBIDDEN: [&str; 8] = [
        "PrivateUsers",
        "PrivateTmp",
        "PrivateNetwork",
        "PrivateIPC",
        "PrivateMounts",
        "Protect",
        "ReadOnlyPaths",
        "InaccessiblePaths",
    ];
    for (key, _) in directives("stsd.service") {
        assert!(!FORBIDDEN.iter().any(|forbidden| key.starts_with(forbidden)), "{key}");
    }
}

#[test]
fn the_service_tells_when_it_is_ready_and_leaves_no_core() {
    let service = directives("stsd.service");
    let expected = [
        ("Type", "notify"),
        ("ExecStart", "%h/.cargo/bin/stsd-daemon"),
        ("LimitCORE", "0"),
        ("UMask", "0077"),
        ("NoNewPrivileges", "yes"),
        // The gateway has 1.5 seconds to answer what was asked before the stop.
        ("KillMode", "mixed"),
        // A second daemon, and wrong configuration: see StartError::exit_code.
        ("RestartPreventExitStatus", "64 75 78"),
    ];
    for (key, value) in expected {
        assert_eq!(values(&service, key), [value], "{key}");
    }
    // inet_diag says who is calling; without it the daemon serves no TCP at all.
    let families = values(&service, "RestrictAddressFamilies").join(" ");
    assert!(families.contains("AF_NETLINK"), "{families}");
}

#[test]
fn the_sockets_are_those_that_the_daemon_looks_for_and_closed_to_others() {
    let sockets = directives("stsd.socket");
    let paths = values(&sockets, "ListenStream");
    assert_eq!(paths, ["%t/stsd/stsd.sock", "%t/stsd/creds.sock"]);
    assert_eq!(values(&sockets, "SocketMode"), ["0600"]);
    assert_eq!(values(&sockets, "DirectoryMode"), ["0700"]);
}

#[test]
fn the_endpoint_stays_on_loopback() {
    let endpoint = directives("stsd-endpoint.socket");
    assert_eq!(values(&endpoint, "ListenStream"), ["127.0.0.1:7873"]);
    assert_eq!(values(&endpoint, "BindToDevice"), ["lo"]);
    assert_eq!(values(&endpoint, "Service"), ["stsd.service"]);
}

#[test]
fn the_agent_becomes_the_daemon_and_comes_back_after_a_crash_alone() {
    let agent = agent();
    assert_eq!(agent["Label"].as_string(), Some("stsd.daemon"));
    let words = agent["ProgramArguments"].as_array().unwrap();
    let words: Vec<_> = words.iter().filter_map(Value::as_string).collect();
    assert_eq!(words[..2], ["/bin/sh", "-c"]);
    assert!(words[2].starts_with("exec \"$HOME/.cargo/bin/stsd-daemon\" 2>>"), "{}", words[2]);
    let keep_alive = agent["KeepAlive"].as_dictionary().unwrap();
    assert_eq!(keep_alive["SuccessfulExit"].as_boolean(), Some(false));
}

#[test]
fn the_agent_holds_the_sockets_that_the_daemon_asks_for_and_closes_them_to_others() {
    let agent = agent();
    let sockets = agent["Sockets"].as_dictionary().unwrap();
    let names: Vec<_> = sockets.keys().map(String::as_str).collect();
    assert_eq!(names, LAUNCHD_SOCKETS.map(|name| name.to_str().unwrap()));
    // As `Places` has it on a Mac.
    let folder = "HOME_DIRECTORY/Library/Application Support/stsd/s";
    for (name, file) in [("Control", "stsd.sock"), ("Credentials", "creds.sock")] {
        let socket = sockets[name].as_dictionary().unwrap();
        let path = socket["SockPathName"].as_string().unwrap();
        assert_eq!(path, format!("{folder}/{file}"));
        assert_eq!(socket["SockPathMode"].as_signed_integer(), Some(0o600));
        let longest = path.replace("HOME_DIRECTORY", &format!("/Users/{}", "a".repeat(40)));
        assert!(longest.len() < 104, "{longest}");
    }
    let endpoint = sockets["Endpoint"].as_dictionary().unwrap();
    let value = |key: &str| endpoint[key].as_string().unwrap();
    assert_eq!(value("SockNodeName"), "127.0.0.1");
    assert_eq!(value("SockServiceName"), DEFAULT_PORT.to_string());
    assert_eq!((value("SockFamily"), value("SockType")), ("IPv4", "stream"));
}

#[test]
fn the_agent_leaves_no_core_and_closes_its_files_to_others() {
    let agent = agent();
    for limits in ["SoftResourceLimits", "HardResourceLimits"] {
        let limits = agent[limits].as_dictionary().unwrap();
        assert_eq!(limits["Core"].as_signed_integer(), Some(0));
    }
    assert_eq!(agent["Umask"].as_signed_integer(), Some(0o077));
}
