//! Two hundred pairs of files that somebody made to hang, to crash or to run something: each is planned
//! in bounded time, and none starts a program. Prints the slowest.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

mod common;

use std::fmt::Write;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use stsd_gateway::Gateway;
use stsd_protocol::gateway::{Operation, Outcome, PlanRequest, Settings};

use common::{Home, request};

#[tokio::test]
async fn two_hundred_hostile_files_take_bounded_time_and_run_nothing() {
    let mut slowest = (Duration::ZERO, "", 0);
    let mut files = 0;
    for (name, make) in KINDS {
        for size in SIZES {
            let home = Home::new("", KEYS);
            let canary = home.path().unwrap().join("ran");
            let mut text = String::new();
            let mut number = 0;
            while text.len() < size {
                make(&mut text, number, size);
                number += 1;
            }
            let text = text.replace("CANARY", canary.to_str().unwrap());
            home.write("config", text.as_bytes());
            let took = planned(&home).await;
            assert!(!canary.exists(), "{name} of {size} bytes ran a program");
            assert!(took < LIMIT, "{name} of {size} bytes took {took:?}");
            if took > slowest.0 {
                slowest = (took, name, size);
            }
            files += 1;
        }
    }
    let (took, name, size) = slowest;
    println!("{files} hostile files, the slowest ({name}, {size} bytes) took {took:?}");
    assert!(files >= 200, "{files}");
}

/// Plans, and says how much of a processor that took: other tests run beside this one.
async fn planned(home: &Home) -> Duration {
    let spent = || Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap());
    let plan = PlanRequest { client_program: "/usr/bin/stsd".to_owned() };
    let gateway = Gateway::new(home.path());
    let began = spent();
    let response = gateway.handle(request(Settings::default(), Operation::Plan(plan))).await;
    let took = spent() - began;
    assert!(matches!(response.outcome, Outcome::Plan(_)), "no plan");
    took
}

/// What optimised code may take; without optimisation it is about ten times slower.
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1000 } else { 100 });

/// Up to a little more than the gateway reads.
const SIZES: [usize; 8] =
    [100, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 19, (1 << 20) - (1 << 15), 1 << 20];

const KEYS: &str = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
                    aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n";

const ROLE: &str = "role_arn = arn:aws:iam::444455556666:role/x";

/// What a file repeats until it is as long as wanted.
type Kind = fn(&mut String, usize, usize);

#[rustfmt::skip]
const KINDS: [(&str, Kind); 26] = [
    ("one chain", |t, n, _| { let _ = writeln!(t, "[profile p{n}]\n{ROLE}\nsource_profile = p{}", n + 1); }),
    ("one chain, long names", |t, n, _| { let _ = writeln!(t, "[profile {0}{n}]\n{ROLE}\nsource_profile = {0}{1}", "x".repeat(200), n + 1); }),
    ("one circle", |t, n, size| { let _ = writeln!(t, "[profile p{n}]\n{ROLE}\nsource_profile = p{}", (n + 1) % (size / 90).max(1)); }),
    ("circles of sixteen", |t, n, _| { let _ = writeln!(t, "[profile p{n}]\n{ROLE}\nsource_profile = p{}", n / 16 * 16 + (n + 1) % 16); }),
    ("all on themselves", |t, n, _| { let _ = writeln!(t, "[profile p{n}]\n{ROLE}\nsource_profile = p{n}"); }),
    ("all on default", |t, n, _| { let _ = writeln!(t, "[profile p{n}]\n{ROLE}\nsource_profile = default\nmfa_serial = arn:aws:iam::111122223333:mfa/d{n}"); }),
    ("fifteen deep on default", |t, n, _| { let s = if n.is_multiple_of(15) { "default".to_owned() } else { format!("p{}", n - 1) }; let _ = writeln!(t, "[profile p{n}]\n{ROLE}\nsource_profile = {s}"); }),
    ("one key, many holders", |t, n, _| { let _ = writeln!(t, "[profile p{n}]\n{}", &KEYS[10..]); }),
    ("a key for each", |t, n, _| { let _ = writeln!(t, "[profile p{n}]\naws_access_key_id = AKIA{n}\naws_secret_access_key = fake{n:08}"); }),
    ("empty profiles", |t, n, _| { let _ = writeln!(t, "[profile {n}]"); }),
    ("one profile again and again", |t, n, _| { let _ = writeln!(t, "[profile p]\nk{n} = 1\nregion = x"); }),
    ("many keys", |t, n, _| { let _ = writeln!(t, "{}k{n} = 1", if n == 0 { "[default]\n" } else { "" }); }),
    ("one key again and again", |t, n, _| { let _ = writeln!(t, "{}k = {n}", if n == 0 { "[default]\n" } else { "" }); }),
    ("many indented lines", |t, n, _| { let _ = writeln!(t, "{}  k{n} = 1", if n == 0 { "[default]\ns3 =\n" } else { "" }); }),
    ("one line", |t, n, _| { let _ = write!(t, "{}", if n == 0 { "[default]\nregion = " } else { "xxxxxxxxxxxxxxxx" }); }),
    ("one name", |t, n, _| { let _ = write!(t, "{}", if n == 0 { "[profile " } else { "xxxxxxxxxxxxxxxx" }); }),
    ("brackets", |t, _, _| t.push_str("[[[[[[[[]]]]]]]]\n")),
    ("zeros", |t, _, _| t.push_str("\0\0\0\0\0\0\0\0\n")),
    ("bare returns", |t, n, _| { let _ = write!(t, "[profile p{n}]\rcredential_process = touch CANARY\r"); }),
    ("programs", |t, n, _| { let _ = writeln!(t, "[profile p{n}]\ncredential_process = touch CANARY\nmfa_process = touch CANARY"); }),
    ("programs in a shell", |t, n, _| { let _ = writeln!(t, "[profile $(touch CANARY){n}]\nregion = `touch CANARY`\nendpoint_url = https://x/$(touch CANARY)"); }),
    ("services", |t, n, _| { let _ = writeln!(t, "[services s{n}]\nsts =\n  endpoint_url = https://x\n[profile p{n}]\nservices = s{}\n{ROLE}", n + 1); }),
    ("one service for all", |t, n, size| { let _ = writeln!(t, "{}", if n == 0 { format!("[services s]\n{}", format!("sts =\n  endpoint_url = https://{}\n", "x".repeat(size / 500)).repeat(240)) } else { format!("[profile p{n}]\nservices = s\n{ROLE}") }); }),
    ("secrets that begin alike", |t, n, _| { let _ = writeln!(t, "[profile p{n}]\naws_secret_access_key = aaaaaaaaaaaaaaaa{n}\nx = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"); }),
    ("names of one form", |t, n, _| { let _ = writeln!(t, "[profile {}]", char::from_u32(0x4e00 + n as u32 % 20_000).unwrap_or('x').to_string().repeat(n % 7 + 1)); }),
    ("mistakes", |t, n, _| { let _ = writeln!(t, "[profile p{n}]\nrole_arn = x\nduration_seconds = -\nexternal_id = \nmfa_serial = !\nregion = !\nno equals\n= x"); }),
];
