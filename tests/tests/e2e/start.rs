//! Starting: a second daemon, a taken port, no daemon at all, a configuration that cannot be used.

use std::net::TcpListener;

use stsd_tests::{Daemon, Fixture, Ran, Terminal};

#[test]
fn without_a_daemon_every_command_says_how_to_start_one() {
    let stsd = Fixture::builder().no_daemon().start();
    for words in [
        &["status"][..],
        &["unlock", "123456"],
        &["lock"],
        &["whoami"],
        &["profiles"],
        &["refresh"],
    ] {
        let said = stsd.stsd(words).failed(69);
        assert!(said.contains("stsd: hint: start it: `stsd service start`"), "{said}");
    }
    let said = stsd.stsd(&["credential-process"]).failed(69);
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_daemon_in_a_terminal_says_that_it_is_ready_and_ends_by_ctrl_c() {
    let stsd = Fixture::builder().no_daemon().start();
    let mut command = Daemon::command(&stsd.programs, &stsd.home);
    // As a person starts it: with no wish for what only developers read.
    command.args(["--listen", "127.0.0.1:0"]).env_remove("STSD_LOG");
    let mut terminal = Terminal::running(&command);
    let before = terminal.shows("stsd-daemon: ready on http://127.0.0.1:");
    assert!(
        before.lines().all(|line| line.starts_with("20")),
        "no line but the log's own: {before}"
    );
    assert!(!before.contains('\u{1b}'), "{before:?}");
    terminal.types("\u{3}");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
}

#[test]
fn a_second_daemon_says_so_and_the_first_goes_on() {
    let stsd = Fixture::start();
    stsd.unlock();
    let mut second = Daemon::command(&stsd.programs, &stsd.home);
    second.args(["--listen", "127.0.0.1:0"]);
    let said = Ran::of(second).failed(75);
    let pid = stsd.daemon().pid();
    assert!(
        said.contains(&format!("error: another stsd-daemon is running (process {pid})")),
        "{said}"
    );
    assert!(said.contains("hint: use that one"), "{said}");
    assert_eq!(stsd.get("/creds").status, 200);
    stsd.stsd(&["status"]).well();
}

#[test]
fn a_taken_port_is_an_alarm_that_names_its_owner_and_the_sockets_go_on() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut stsd = Fixture::builder().no_daemon().start();
    let mut command = Daemon::command(&stsd.programs, &stsd.home);
    command.args(["--listen", &format!("127.0.0.1:{port}")]);
    let daemon = Daemon::ready(command).unwrap();
    let line = daemon.says_after(0, "is taken");
    let owner = format!("127.0.0.1:{port} is taken by ");
    assert!(line.contains(&owner), "{line}");
    assert!(line.contains(&std::process::id().to_string()), "{line}");
    stsd.adopt(daemon);
    stsd.unlock();
    let status = stsd.status();
    assert!(status["endpoint"].is_null(), "{status}");
    let said = stsd.stsd(&["status"]).well().stdout;
    assert!(said.contains("no endpoint: its port is taken") && said.contains(&owner), "{said}");
    stsd.stsd(&["credential-process", "prod"]).well();
    let env = stsd.stsd(&["env"]);
    assert!(env.code == 0 && env.stderr.contains("the endpoint's port is not stsd's"), "{env:?}");
    assert!(env.stdout.contains("unset AWS_CONTAINER_CREDENTIALS_FULL_URI\n"), "{env:?}");
}

#[test]
fn a_configuration_with_an_unknown_key_is_named_with_its_line() {
    let stsd =
        Fixture::builder().no_daemon().configuration("\ndefualt_profile = \"prod\"\n").start();
    let said = Ran::of(Daemon::command(&stsd.programs, &stsd.home)).failed(78);
    assert!(said.contains("config.toml: ") && said.contains("line 2"), "{said}");
    assert!(said.contains("defualt_profile") && said.contains("hint: "), "{said}");
}

#[test]
fn the_configured_default_profile_is_what_no_name_means() {
    let stsd = Fixture::builder()
        .configuration("default_profile = \"prod\"\nsession_duration = \"1h\"\n")
        .start();
    stsd.unlock();
    assert_eq!(stsd.get("/creds").json()["RoleArn"], "arn:aws:iam::444455556666:role/prod");
    let asked = stsd.emulator.journal();
    let session = asked.iter().find(|entry| entry.asked.action == "GetSessionToken").unwrap();
    assert_eq!(session.asked.duration_seconds, Some(3600));
}

#[test]
fn a_runtime_folder_that_others_can_enter_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let stsd = Fixture::builder().no_daemon().start();
    let runtime = stsd.places().runtime;
    std::fs::create_dir_all(&runtime).unwrap();
    std::fs::set_permissions(&runtime, std::fs::Permissions::from_mode(0o777)).unwrap();
    let said = Ran::of(Daemon::command(&stsd.programs, &stsd.home)).failed(78);
    assert!(said.contains("chmod 700"), "{said}");
}

#[test]
fn a_runtime_directory_that_is_removed_comes_back_and_no_session_is_lost() {
    let stsd = Fixture::start();
    stsd.unlock();
    // All at once: the daemon may be making its socket there again.
    let runtime = stsd.places().runtime;
    let away = runtime.with_file_name("away");
    std::fs::rename(&runtime, &away).unwrap();
    std::fs::remove_dir_all(&away).unwrap();
    let status = stsd.until(|stsd| stsd.stsd(&["status"]), |status| status.code == 0);
    assert!(status.stdout.contains("default  unlocked"), "{}", status.stdout);
    // The other door may be a moment later.
    let asked = |stsd: &Fixture| stsd.stsd(&["credential-process", "prod"]);
    stsd.until(asked, |said| said.code == 0);
    stsd.until(|stsd| stsd.places().credentials_socket().exists(), |there| *there);
    let log = stsd.daemon().log().text();
    assert!(log.contains("the socket's file was removed"), "{log}");
}
