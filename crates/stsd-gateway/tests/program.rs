//! The program: frames on a socket that is its standard input, and what it does with anything else.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

mod common;

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use common::program::Program;
use common::{Home, KEYS, plan_operation, target};
use sts_emulator::Emulator;
use stsd_protocol::frame::{self, REQUEST_LIMIT};
use stsd_protocol::gateway::{Base, LongTermKeys, Operation, Outcome, Settings, WhoamiRequest};

fn home() -> Home {
    Home::new("[default]\nregion = eu-central-1\n", &format!("[default]\n{KEYS}"))
}

fn whoami(url: &str) -> Operation {
    let (base, target) = (Base::LongTerm(common::keys()), target(Some(url)));
    Operation::Whoami(WhoamiRequest { base, target, clock_offset: 0 })
}

#[test]
fn answers_by_id_and_leaves_quietly_when_the_daemon_does() {
    let home = home();
    let mut program = Program::start(&home, &[]);
    program.send(1, plan_operation());
    program.send(2, plan_operation());
    let mut ids = [program.receive().id, program.receive().id];
    ids.sort_unstable();
    assert_eq!(ids, [1, 2]);
    let output = program.end();
    assert!(
        output.status.success() && output.stderr.is_empty() && output.stdout.is_empty(),
        "{output:?}"
    );
}

#[test]
fn a_call_that_hangs_delays_no_other_and_not_the_end() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = home();
    let mut program = Program::start(&home, &[]);
    // The kernel connects; nobody ever answers.
    program.send(1, whoami(&format!("http://{}", silent.local_addr().unwrap())));
    program.send(2, plan_operation());
    assert_eq!(program.receive().id, 2);
    for _ in 0..2 {
        program.socket.write_all(&frame::SIGN_OF_LIFE).unwrap();
        let mut sign = [1; frame::HEADER];
        program.socket.read_exact(&mut sign).unwrap();
        assert_eq!(sign, frame::SIGN_OF_LIFE, "whoever asks hears that it lives");
    }
    assert!(program.end().status.success());
}

#[test]
fn a_file_that_cannot_be_read_for_long_keeps_it_neither_from_a_sign_of_life_nor_from_the_end() {
    let home = home();
    let roots = home.0.path().join("roots.pem");
    assert!(Command::new("mkfifo").arg(&roots).status().unwrap().success());
    let mut program = Program::start(&home, &[]);
    let ca_bundle = roots.to_str().map(str::to_owned);
    let settings = Settings { ca_bundle, ..Settings::default() };
    program.send_with(1, settings, whoami("https://127.0.0.1:1"));
    // It reads the roots, or will soon, and nobody writes them.
    let reading = File::options().write(true).open(&roots).unwrap();
    program.socket.write_all(&frame::SIGN_OF_LIFE).unwrap();
    let mut sign = [1; frame::HEADER];
    program.socket.read_exact(&mut sign).unwrap();
    assert_eq!(sign, frame::SIGN_OF_LIFE);
    assert!(program.end().status.success());
    drop(reading);
}

#[test]
fn it_hears_the_daemon_out_while_the_daemon_reads_nothing() {
    let mut program = Program::start(&home(), &[]);
    program.send(1, plan_operation());
    program.receive();
    program.socket.set_write_timeout(Some(Duration::from_secs(30))).unwrap();
    // More than both sockets hold.
    let questions = 4000;
    for _ in 0..questions {
        program.socket.write_all(&frame::SIGN_OF_LIFE).unwrap();
    }
    let mut signs = vec![1; frame::HEADER * questions];
    program.socket.read_exact(&mut signs).unwrap();
    assert!(signs.iter().all(|byte| *byte == 0));
    assert!(program.end().status.success());
}

#[test]
fn ends_at_anything_that_is_no_request_and_does_not_repeat_it() {
    let oversize =
        frame::header(REQUEST_LIMIT, REQUEST_LIMIT).map(|_| (70_000_u32).to_le_bytes()).unwrap();
    for sent in [
        b"zzzz".to_vec(),
        oversize.to_vec(),
        b"\x06\0\0\0secret".to_vec(),
        b"\x02\0\0\0{}".to_vec(),
    ] {
        let mut program = Program::start(&home(), &[]);
        program.socket.write_all(&sent).unwrap();
        let mut rest = Vec::new();
        program.socket.read_to_end(&mut rest).unwrap_or_default();
        let output = program.end();
        assert_eq!(output.status.code(), Some(76), "{output:?}");
        let says = String::from_utf8(output.stderr).unwrap();
        assert!(
            says.starts_with("stsd-gateway: error: a frame ") && !says.contains("secret"),
            "{says}"
        );
        assert!(rest.is_empty());
    }
}

#[test]
fn half_a_frame_is_a_broken_socket() {
    let mut program = Program::start(&home(), &[]);
    program.socket.write_all(b"\x10\0\0\0half").unwrap();
    let output = program.end();
    assert_eq!(output.status.code(), Some(76), "{output:?}");
}

#[test]
fn the_environment_changes_nothing() {
    let emulator = Emulator::example().unwrap();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let elsewhere = format!("http://{}", proxy.local_addr().unwrap());
    let other = Home::new(
        "[default]\nregion = us-west-2\n",
        "[default]\naws_access_key_id = AKIAEVIL\naws_secret_access_key = evilevilevil\n",
    );
    let file = |name: &str| other.file(name).to_str().unwrap().to_owned();
    let mut planted: Vec<(&str, String)> =
        PLANTED.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    planted.extend(TO_ELSEWHERE.iter().map(|name| (*name, elsewhere.clone())));
    planted.extend([
        ("AWS_CONFIG_FILE", file("config")),
        ("AWS_SHARED_CREDENTIALS_FILE", file("credentials")),
    ]);

    let home = home();
    let mut seen = Vec::new();
    for environment in [&[][..], &planted] {
        emulator.clear_journal();
        let mut program = Program::start(&home, environment);
        program.send(1, plan_operation());
        let Outcome::Plan(plan) = program.receive().outcome else { panic!("no plan") };
        program.send(2, whoami(&emulator.url()));
        let Outcome::Caller(caller) = program.receive().outcome else { panic!("no caller") };
        assert!(program.end().stderr.is_empty());
        let asked: Vec<_> =
            emulator.journal().into_iter().map(|entry| (entry.asked, entry.outcome)).collect();
        assert_eq!(asked.len(), 1);
        seen.push((plan, caller, format!("{asked:?}")));
    }
    assert_eq!(seen[0], seen[1]);
    assert!(proxy.accept().is_err(), "somebody asked the proxy");
}

#[test]
fn the_users_programs_end_with_it_however_it_ends() {
    let home = Home::new(
        "[profile tool]\ncredential_process = exec 9>fifo; echo up >&9; (sleep 20; echo lives >&9) & sleep 20; echo lives >&9\n",
        "",
    );
    let fifo = home.0.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for killed in [false, true] {
        let mut program = Program::start(&home, &[]);
        let allow_programs = vec!["tool".to_owned()];
        let path = vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
        let settings =
            Settings { allow_programs, program_environment: path, ..Settings::default() };
        let keys =
            LongTermKeys { source_profile: "tool".to_owned(), identity: "process:tool".to_owned() };
        let (base, target) = (Base::LongTerm(keys), target(None));
        let whoami = WhoamiRequest { base, target, clock_offset: 0 };
        program.send_with(1, settings, Operation::Whoami(whoami));
        let mut fifo = when_up(fifo.clone());
        if killed {
            program.child.kill().unwrap();
        }
        program.end();
        // The end of the stream comes when the last process that holds it has died.
        assert_eq!(fifo.read(&mut [0]).unwrap(), 0);
    }
}

/// The reading end of a FIFO, as soon as a program has opened the other and said a word.
fn when_up(fifo: PathBuf) -> File {
    let (sender, opened) = mpsc::channel();
    std::thread::spawn(move || {
        let mut fifo = File::open(fifo).unwrap();
        fifo.read_exact(&mut [0; 3]).unwrap();
        sender.send(fifo).unwrap();
    });
    opened.recv_timeout(Duration::from_secs(30)).expect("the program was not started")
}

#[test]
fn a_person_is_told_who_starts_it() {
    let run = |arguments: &[&str], stdin: Stdio| {
        Command::new(env!("CARGO_BIN_EXE_stsd-gateway"))
            .args(arguments)
            .stdin(stdin)
            .output()
            .unwrap()
    };
    for argument in ["--version", "--help"] {
        let output = run(&[argument], Stdio::null());
        assert!(output.status.success() && output.stderr.is_empty());
        let says = String::from_utf8(output.stdout).unwrap();
        assert!(
            says.starts_with(concat!(
                "stsd-gateway ",
                env!("CARGO_PKG_VERSION"),
                ": stsd-daemon starts this program"
            )),
            "{says}"
        );
    }
    for (arguments, stdin) in
        [(&[][..], Stdio::null()), (&[][..], Stdio::piped()), (&["plan"][..], Stdio::null())]
    {
        let output = run(arguments, stdin);
        assert_eq!(output.status.code(), Some(64));
        assert!(output.stdout.is_empty());
        let says = String::from_utf8(output.stderr).unwrap();
        assert!(says.starts_with("stsd-gateway: error: stsd-daemon starts this program"), "{says}");
    }
}

const PLANTED: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "AKIAEVIL"),
    ("AWS_SECRET_ACCESS_KEY", "evilevilevil"),
    ("AWS_SESSION_TOKEN", "evil"),
    ("AWS_PROFILE", "evil"),
    ("AWS_DEFAULT_PROFILE", "evil"),
    ("AWS_REGION", "us-west-2"),
    ("AWS_DEFAULT_REGION", "us-west-2"),
    ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/evil"),
    ("AWS_ROLE_SESSION_NAME", "evil"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "/evil"),
    ("AWS_CA_BUNDLE", "/evil"),
    ("AWS_EXECUTION_ENV", "evil"),
    ("AWS_SDK_UA_APP_ID", "evil"),
    ("AWS_USE_FIPS_ENDPOINT", "true"),
    ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
    ("AWS_STS_REGIONAL_ENDPOINTS", "legacy"),
    ("AWS_MAX_ATTEMPTS", "9"),
    ("AWS_RETRY_MODE", "adaptive"),
    ("AWS_SIGV4A_SIGNING_REGION_SET", "*"),
    ("AWS_AUTH_SCHEME_PREFERENCE", "sigv4a"),
    ("NO_PROXY", ""),
    ("no_proxy", ""),
];
const TO_ELSEWHERE: &[&str] = &[
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
];
