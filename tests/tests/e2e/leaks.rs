//! Known secrets are planted, everything runs at the most talkative level, and then every place is
//! searched that should hold none of them. Each search is first shown that it finds something.

use std::fs;
use std::path::Path;

use sts_emulator::Fault;
use stsd_tests::leaks::{Planted, assert_clean};
use stsd_tests::processes::children;
use stsd_tests::{ALICE_DEVICE, BOB_DEVICE, Fixture, secrets};

/// Everything that was said, and every code that was typed.
#[derive(Default)]
struct Day {
    said: String,
    codes: Vec<String>,
    processes: Vec<u8>,
}

impl Day {
    fn runs(&mut self, stsd: &Fixture, words: &[&str]) {
        let ran = stsd.stsd(words);
        self.said += &ran.stderr;
        // These two are there to print credentials.
        if words[0] != "credential-process" {
            self.said += &ran.stdout;
        }
        self.looks_at_processes(stsd);
    }

    fn unlocks(&mut self, stsd: &Fixture, words: &[&str], device: &str) {
        let code = stsd.code(device);
        self.runs(stsd, &[words, &[code.as_str()]].concat());
        self.codes.push(code);
    }

    /// The daemon's and the gateway's environment and command line.
    fn looks_at_processes(&mut self, stsd: &Fixture) {
        let daemon = stsd.daemon().pid();
        for id in children(daemon).into_iter().chain([daemon]) {
            for file in ["environ", "cmdline"] {
                self.processes.extend(fs::read(format!("/proc/{id}/{file}")).unwrap_or_default());
            }
        }
    }
}

fn the_day_of(stsd: &Fixture) -> Day {
    let mut day = Day::default();
    day.runs(stsd, &["unlock", "000000"]);
    day.unlocks(stsd, &["unlock"], ALICE_DEVICE);
    day.unlocks(stsd, &["unlock", "bob"], BOB_DEVICE);
    for path in
        ["/creds", "/creds/prod", "/creds/deep", "/creds/ci", "/creds/deploy", "/creds/nobody"]
    {
        stsd.get(path);
    }
    // Somebody puts it into the wrong place.
    stsd.get(&format!("/creds/{}", stsd.authorization()));
    for words in [
        &["status"][..],
        &["status", "--json"],
        &["profiles"],
        &["whoami", "prod"],
        &["env", "prod"],
        &["credential-process", "prod"],
        &["credential-process", "nobody"],
        &["refresh"],
    ] {
        day.runs(stsd, words);
    }
    for fault in [
        Fault::garbage(),
        Fault::cut_off(),
        Fault::deny(),
        Fault::throttle(),
        Fault::server_error(500),
    ] {
        stsd.emulator.fault(fault.times(1));
        day.runs(stsd, &["refresh", "prod"]);
    }
    stsd.emulator.fault(Fault::garbage().on("GetSessionToken").times(1));
    day.unlocks(stsd, &["unlock"], ALICE_DEVICE);
    day.runs(stsd, &["lock"]);
    day.runs(stsd, &["whoami"]);
    day
}

fn planted(stsd: &Fixture, day: &Day) -> Vec<Planted> {
    let keys = secrets().into_iter();
    let keys =
        keys.map(|(profile, _, secret)| Planted::new(format!("the key of {profile}"), &secret));
    let issued = stsd.emulator.issued_secrets();
    let issued = issued.iter().map(|secret| Planted::new("what STS issued", secret));
    keys.chain(issued).chain(codes(day)).chain([authorization(stsd)]).collect()
}

fn codes(day: &Day) -> Vec<Planted> {
    day.codes.iter().map(|code| Planted::new("a token code", code)).collect()
}

fn authorization(stsd: &Fixture) -> Planted {
    Planted::new("the authorization token", &stsd.authorization())
}

/// Every file below a folder, but for the one that is there to hold the authorization token.
fn files(folder: &Path, stsd: &Fixture, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, stsd, found);
        } else if path.is_file() && path != stsd.places().authorization_token() {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn no_secret_is_in_a_log_a_message_a_file_an_environment_or_a_command_line() {
    let stsd = Fixture::builder().variable("STSD_LOG", "trace").start();
    let day = the_day_of(&stsd);
    assert_eq!(day.codes.len(), 3);
    let planted = planted(&stsd, &day);
    assert!(planted.len() > 15, "the day has issued many: {}", planted.len());
    let log = stsd.daemon().log().text();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log talks");
    let mut places = vec![
        ("the daemon's log".to_owned(), without_numbers(&log)),
        ("what the client said".to_owned(), without_numbers(&day.said)),
        ("the processes".to_owned(), day.processes.clone()),
    ];
    files(&stsd.places().state, &stsd, &mut places);
    assert!(places.iter().any(|(place, _)| place.ends_with("aws/config")), "the view is searched");
    let audit = places.iter_mut().find(|(place, _)| place.ends_with("audit/log.jsonl"));
    let (_, audit) = audit.expect("the audit is searched");
    let text = String::from_utf8_lossy(audit).into_owned();
    assert!(text.contains("\"event\":\"credentials\"") && text.contains("StsdWrongCode"), "{text}");
    *audit = without_numbers(&text);
    for (place, bytes) in &places {
        assert_clean(place, bytes, &planted);
    }
}

#[test]
fn each_search_finds_what_is_there() {
    let stsd = Fixture::builder()
        .variable("STSD_LOG", "trace")
        .variable("PLANTED", "wJalrXUtnFEMI")
        .start();
    let mut day = Day::default();
    day.unlocks(&stsd, &["unlock"], ALICE_DEVICE);
    let found =
        |text: &str, bytes: &[u8]| Planted::new("it", text).found_in(bytes) == Some("plain");
    assert!(found("stsd-daemon: ready on ", &without_numbers(&stsd.daemon().log().text())));
    assert!(found("unlocked default (account ", &without_numbers(&day.said)));
    assert!(found("--listen", &day.processes));
    assert!(
        found("PLANTED=wJalrXUtnFEMI", &day.processes),
        "the daemon's environment, as root or its owner"
    );
    let mut places = Vec::new();
    files(&stsd.places().state, &stsd, &mut places);
    assert!(places.iter().any(|(_, bytes)| found("credential-process prod", bytes)));
    let code = &codes(&day)[0];
    assert_eq!(code.found_in(format!("code={}", day.codes[0]).as_bytes()), Some("plain"));
    let issued = stsd.emulator.issued_secrets();
    let reply = stsd.get("/creds");
    let session = issued
        .iter()
        .find(|secret| Planted::new("it", secret).found_in(reply.body.as_bytes()).is_some());
    assert!(session.is_some(), "an answer of the endpoint holds one");
    let _ = authorization(&stsd);
}

/// The text without what has many digits by nature, among which six of a code could stand by chance:
/// times of the log, account ids, ports and process ids.
fn without_numbers(text: &str) -> Vec<u8> {
    let words = text.split_inclusive(|c: char| c.is_whitespace() || "=\"/:,()".contains(c));
    let kept = words.filter(|word| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        // A code alone has six, and nothing else in its word.
        digits < 7 || !word.trim_end().chars().all(|c| c.is_ascii_digit() || "TZ-.:".contains(c))
    });
    kept.collect::<String>().into_bytes()
}
