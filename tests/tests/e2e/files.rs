//! What the daemon leaves on disk, and who may read it.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;

use stsd_tests::{Fixture, secrets};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_authorization_token_is_one_line_without_an_end_and_survives_restarts() {
    let mut stsd = Fixture::start();
    let first = stsd.authorization();
    assert_eq!(mode(&stsd.places().authorization_token()), 0o600);
    assert!(
        first.len() >= 43 && first.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    );
    drop(stsd.take_daemon());
    stsd.start_daemon();
    assert_eq!(stsd.authorization(), first);
}

#[test]
fn the_view_is_read_only_has_no_secret_and_leads_to_stsd() {
    let stsd = Fixture::start();
    let (view, credentials) = (stsd.places().config_view(), stsd.places().credentials_view());
    assert_eq!((mode(&view), mode(&credentials)), (0o400, 0o400));
    assert_eq!(fs::read_to_string(&credentials).unwrap(), "");
    let text = fs::read_to_string(&view).unwrap();
    for (_, id, secret) in secrets() {
        assert!(!text.contains(&id) && !text.contains(&secret));
    }
    let client = stsd.programs.path("stsd");
    let line = format!("credential_process = {} credential-process", client.display());
    assert!(
        text.contains(&format!("{line}\n")) && text.contains(&format!("{line} prod\n")),
        "{text}"
    );
    for started in ["role_arn", "source_profile", "mfa_serial"] {
        assert!(!text.contains(started), "{started} would start another provider");
    }
}

#[test]
fn the_users_own_files_are_not_touched() {
    let stsd = Fixture::start();
    let stamp = |name: &str| {
        let metadata = fs::metadata(stsd.home.path().join(name)).unwrap();
        (metadata.ino(), metadata.mtime_nsec(), metadata.mode())
    };
    let before = [stamp(".aws/config"), stamp(".aws/credentials")];
    stsd.unlock();
    stsd.get("/creds/prod");
    stsd.stsd(&["lock"]).well();
    assert_eq!([stamp(".aws/config"), stamp(".aws/credentials")], before);
}

#[test]
fn the_sockets_are_the_users_alone_in_a_folder_of_their_own() {
    let stsd = Fixture::start();
    let places = stsd.places();
    assert_eq!(mode(&places.runtime), 0o700);
    assert_eq!(mode(&places.state), 0o700);
    for socket in [places.control_socket(), places.credentials_socket()] {
        assert!(fs::metadata(&socket).unwrap().file_type().is_socket());
        assert_eq!(mode(&socket), 0o600);
    }
    let recorded = fs::read_to_string(places.socket_record()).unwrap();
    assert_eq!(recorded.trim_end(), places.control_socket().to_str().unwrap());
}

#[test]
fn a_client_without_the_runtime_variable_finds_the_socket_by_the_state_directory() {
    let stsd = Fixture::start();
    let mut command = stsd.command(&["status"]);
    command.env_remove("XDG_RUNTIME_DIR");
    stsd_tests::Ran::of(command).well();
}

#[test]
fn port_0_is_not_recorded() {
    let stsd = Fixture::start();
    assert!(!stsd.places().port().exists());
}

#[test]
fn env_works_from_the_state_directory_when_no_daemon_runs() {
    let mut stsd = Fixture::builder().no_daemon().start();
    stsd.start_daemon();
    drop(stsd.take_daemon());
    // As it is where the port is the user's own, and not any that was free.
    fs::write(stsd.places().port(), "7873\n").unwrap();
    let variables = stsd.stsd(&["env", "prod", "--format", "json"]).json();
    assert_eq!(variables["STSD_PROFILE"], "prod");
    let uri = "http://127.0.0.1:7873/creds/prod";
    assert_eq!(variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"], uri);
    assert_eq!(variables["AWS_CONFIG_FILE"], stsd.places().config_view().to_str().unwrap());
}
