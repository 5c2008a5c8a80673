//! The requests that every case begins with: as real clients send them, at each door, each of them
//! answered with credentials.

use stsd_protocol::VERSION;
use stsd_protocol::control::CREDENTIALS;
use stsd_tests::Fixture;
use stsd_tests::leaks::Planted;

use crate::doors::{Door, Outcome, Pace};
use crate::request::Request;
use crate::verdict::{Must, judge};

/// A good request at one door.
#[derive(Clone, Debug)]
pub(crate) struct Seed {
    pub(crate) name: &'static str,
    pub(crate) door: Door,
    pub(crate) request: Request,
    port: u16,
    authorization: String,
}

impl Seed {
    pub(crate) fn is_control(&self) -> bool {
        matches!(self.door, Door::Control(_))
    }

    pub(crate) fn is_tcp(&self) -> bool {
        matches!(self.door, Door::V4(_) | Door::V6(_))
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn authorization(&self) -> &str {
        &self.authorization
    }

    /// A text of a table, with the port and the authorization token in the places of their names.
    pub(crate) fn fill(&self, text: &str) -> Vec<u8> {
        let text = text.replace("PORT", &self.port.to_string());
        text.replace("TOKEN", &self.authorization).into_bytes()
    }

    /// Sends the good request itself.
    pub(crate) fn good(&self) -> Result<Outcome, String> {
        let bytes = self.request.bytes();
        let outcome = self.door.exchange(&bytes, &Pace::default());
        judge(&outcome, &[Must::Served], bytes.len(), &[])?;
        let has_key = outcome.answer.windows(20).any(|window| window.starts_with(b"ASIA"));
        if has_key { Ok(outcome) } else { Err("a 200 without an access key id".to_owned()) }
    }
}

/// All seeds of an unlocked daemon.
pub(crate) fn all(stsd: &Fixture) -> Vec<Seed> {
    let port = stsd.daemon().endpoint().rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let port: u16 = port.expect("the endpoint has a port");
    let credentials = Door::Credentials(stsd.places().credentials_socket());
    let control = Door::Control(stsd.places().control_socket());
    let mut seeds = Vec::new();
    for (door, host, clients) in [
        (Door::V4(port), format!("127.0.0.1:{port}"), 0..CLIENTS.len()),
        (Door::V6(port), format!("[::1]:{port}"), 0..1),
        (credentials, "localhost".to_owned(), 1..2),
    ] {
        for (name, target, fields) in &CLIENTS[clients] {
            let mut seed = Seed {
                name,
                door: door.clone(),
                request: Request::new("GET", target, &[], ""),
                port,
                authorization: stsd.authorization(),
            };
            let fill =
                |field: &&str| String::from_utf8_lossy(&seed.fill(field)).replace("HOST", &host);
            let fields: Vec<String> = fields.iter().map(fill).collect();
            seed.request = Request::new("GET", target, &fields, "");
            seeds.push(seed);
        }
    }
    seeds.push(Seed {
        name: "stsd credential-process",
        door: control,
        request: asked(r#"{"profile":"prod"}"#),
        port,
        authorization: stsd.authorization(),
    });
    seeds
}

fn asked(body: &str) -> Request {
    let fields = [
        "Host: stsd".to_owned(),
        format!("Stsd-Version: {VERSION}"),
        format!("Content-Length: {}", body.len()),
    ];
    Request::new("POST", CREDENTIALS, &fields, body)
}

/// What no answer to anything else may hold: everything that STS has issued, and the ids that the good
/// answers name.
pub(crate) fn secrets(stsd: &Fixture, seeds: &[Seed]) -> Vec<Planted> {
    let issued = stsd.emulator.issued_secrets();
    let mut secrets: Vec<_> =
        issued.iter().map(|secret| Planted::new("a secret that STS has issued", secret)).collect();
    for seed in seeds {
        let answer = seed.good().unwrap_or_else(|why| panic!("{}: {why}", seed.name)).answer;
        let text = String::from_utf8_lossy(&answer).into_owned();
        let id = text.find("ASIA").map(|at| &text[at..at + 20]);
        secrets.push(Planted::new("an access key id", id.expect("good() has seen one")));
        let known = secrets.iter().any(|secret| secret.found_in(&answer).is_some());
        assert!(known, "the search finds what a good answer holds");
    }
    secrets
}

/// Name, target, and fields as these clients send them.
const CLIENTS: [(&str, &str, &[&str]); 4] = [
    (
        "curl",
        "/creds/prod",
        &["Host: HOST", "User-Agent: curl/8.5.0", "Accept: */*", "Authorization: TOKEN"],
    ),
    (
        "botocore",
        "/creds",
        &[
            "Host: HOST",
            "User-Agent: Botocore/1.40.0 Python/3.13.0 Linux/6.12",
            "Accept: application/json",
            "Accept-Encoding: identity",
            "Authorization: TOKEN",
            "Connection: close",
        ],
    ),
    (
        "the CRT",
        "/creds/staging",
        &["Authorization: Bearer TOKEN", "Accept: application/json", "Host: localhost"],
    ),
    (
        "Go",
        "/creds/deep",
        &[
            "Host: HOST",
            "User-Agent: aws-sdk-go-v2/1.39.0 ua/2.1 os/linux lang/go#1.25",
            "Accept: application/json",
            "Amz-Sdk-Invocation-Id: 7b2b1d2e-0000-4000-8000-example",
            "Amz-Sdk-Request: attempt=1; max=3",
            "Authorization: TOKEN",
            "Accept-Encoding: gzip",
        ],
    ),
];
