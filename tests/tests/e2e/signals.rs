//! How the daemon ends, also without being asked.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use sts_emulator::Fault;
use stsd_tests::processes::children;
use stsd_tests::{ALICE, ALICE_DEVICE, Daemon, Fixture, Terminal, config, count};

#[test]
fn a_termination_signal_ends_it_soon_and_removes_the_sockets() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut stsd = Fixture::start();
        stsd.unlock();
        let daemon = stsd.take_daemon();
        let start = Instant::now();
        daemon.signal(signal);
        assert!(daemon.ended_within(Duration::from_secs(10)).success());
        // Two seconds by the design; more is a loaded machine's.
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        let places = stsd.places();
        assert!(!places.control_socket().exists() && !places.credentials_socket().exists());
        let said = stsd.stsd(&["status"]).failed(69);
        assert!(said.contains("stsd: hint: start it: "), "{said}");
    }
}

#[test]
fn ctrl_c_at_its_terminal_is_for_the_daemon_alone_and_the_gateway_ends_with_it() {
    let stsd = Fixture::builder().no_daemon().start();
    let mut command = Daemon::command(&stsd.programs, &stsd.home);
    command.args(["--listen", "127.0.0.1:0"]);
    let mut terminal = Terminal::running(&command);
    terminal.shows("stsd-daemon: ready on http://");
    let daemon = u32::try_from(stsd.status()["pid"].as_u64().unwrap()).unwrap();
    // An answer that does not come keeps it there.
    stsd.emulator.fault(Fault::hang().on("GetSessionToken"));
    let code = stsd.code(ALICE_DEVICE);
    let mut said = String::new();
    let (stsd, screen) = (&stsd, &mut terminal);
    thread::scope(|scope| {
        let unlock = scope.spawn(|| stsd.stsd(&["unlock", &code]));
        stsd.journal_when(|asked| count(asked, "GetSessionToken") > 0);
        let gateways = children(daemon);
        let groups: Vec<_> = gateways.iter().filter_map(|gateway| group(*gateway)).collect();
        assert!(!groups.is_empty(), "one waits for the answer");
        assert!(!groups.contains(&group(daemon).unwrap()), "what ctrl-C is sent to");
        screen.types("\u{3}");
        said = screen.shows("stopping");
        unlock.join().unwrap();
        let gone = || gateways.iter().all(|gateway| group(*gateway).is_none());
        stsd.until(|_| gone(), |gone| *gone);
    });
    said.push_str(&terminal.ends().0);
    assert!(!said.contains("lost the gateway"), "{said}");
}

/// The process group of one that lives. Behind the name, which may hold anything, stand state, parent and
/// group.
fn group(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let words: Vec<_> = stat.rsplit_once(") ")?.1.split(' ').collect();
    (words[0] != "Z").then(|| words[2].to_owned())
}

#[test]
fn an_open_connection_does_not_keep_it_alive() {
    let mut stsd = Fixture::start();
    let address = stsd.daemon().endpoint().trim_start_matches("http://").to_owned();
    let _silent = std::net::TcpStream::connect(address).unwrap();
    let daemon = stsd.take_daemon();
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.ended_within(Duration::from_secs(10)).success());
}

#[test]
fn hangup_reads_the_files_again() {
    let stsd = Fixture::start();
    let mark = stsd.daemon().log().mark();
    stsd.daemon().signal(Signal::SIGHUP);
    stsd.daemon().says_after(mark, "read the AWS configuration");
}

#[test]
fn the_first_user_signal_locks() {
    let stsd = Fixture::start();
    stsd.unlock();
    let mark = stsd.daemon().log().mark();
    stsd.daemon().signal(Signal::SIGUSR1);
    stsd.daemon().says_after(mark, "locked");
    assert_eq!(stsd.session(ALICE)["state"], "locked");
    assert_eq!(stsd.get("/creds").status, 403);
    let log = |stsd: &Fixture| stsd.stsd(&["log", "--json"]).well().stdout;
    let log = stsd.until(log, |log| log.contains(r#""event":"lock""#));
    assert_eq!(log.matches(r#""event":"lock""#).count(), 1, "{log}");
}

#[test]
fn killed_while_unlocked_it_leaves_nothing_half_written_and_starts_again() {
    let mut stsd = Fixture::start();
    stsd.unlock();
    stsd.get("/creds/prod");
    let places = stsd.places();
    let before = stsd.authorization();
    let daemon = stsd.take_daemon();
    daemon.signal(Signal::SIGKILL);
    daemon.ended_within(Duration::from_secs(10));
    for folder in [places.state.clone(), places.state.join("aws")] {
        for entry in fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.ends_with(".new~"), "{name} is half of a file");
        }
    }
    stsd.stsd(&["status"]).failed(69);
    stsd.start_daemon();
    assert_eq!(stsd.authorization(), before);
    assert_eq!(stsd.session(ALICE)["state"], "locked");
    let in_use = fs::read_to_string(places.profiles_in_use()).unwrap();
    assert!(in_use.lines().any(|line| line == "prod"), "{in_use}");
    stsd.unlock();
    assert_eq!(stsd.get("/creds/prod").status, 200);
}

#[test]
fn a_config_that_is_being_written_does_not_end_a_session() {
    let stsd = Fixture::start();
    stsd.unlock();
    let mark = stsd.daemon().log().mark();
    stsd.home.write_config("").unwrap();
    stsd.home.write_credentials("").unwrap();
    stsd.daemon().signal(Signal::SIGHUP);
    stsd.daemon().says_after(mark, "read the AWS configuration");
    let mark = stsd.daemon().log().mark();
    stsd.home.write_config(&config(&stsd.emulator.url())).unwrap();
    stsd.home.write_credentials(&stsd_tests::credentials()).unwrap();
    stsd.daemon().signal(Signal::SIGHUP);
    stsd.daemon().says_after(mark, "read the AWS configuration");
    stsd.until(|stsd| stsd.get("/creds"), |reply| reply.status == 200);
    assert_eq!(stsd.asked("GetSessionToken"), 1);
}
