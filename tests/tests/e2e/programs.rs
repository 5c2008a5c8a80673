//! The user's programs: token codes and keys that nobody types, from the configuration to STS.

use std::fs::{self, File};
use std::io::Write;
use std::process::Command;
use std::time::Duration;

use sts_emulator::Fault;
use stsd_tests::{ALICE, ALICE_DEVICE, Builder, Fixture, Ran, config, count, secrets};

/// Alice has an `mfa_process` that says what comes through `~/code`, and writes down that it was run.
fn with_program() -> Builder {
    Fixture::builder()
        .config(|url| {
            let script = "echo >> ~/runs; env >> ~/seen; read -r code < ~/code; echo $code";
            let program = format!("mfa_process = sh -c '{script}'");
            config(url).replacen("[default]\n", &format!("[default]\n{program}\n"), 1)
        })
        .variable("PATH", "/usr/bin:/bin")
        .variable("SSH_AUTH_SOCK", "/run/agent")
        .variable("AWS_PROFILE", "elsewhere")
        .variable("HTTPS_PROXY", "http://proxy.invalid:1")
}

fn allowed() -> Builder {
    with_program().configuration("allow_programs = [\"default\"]\n")
}

/// Where the program reads. Open in both directions, so that nobody waits to open it, and a program
/// that is early waits for the code.
fn pipe(stsd: &Fixture) -> File {
    let path = stsd.home.path().join("code");
    let mut make = Command::new("mkfifo");
    make.arg(&path);
    Ran::of(make).well();
    File::options().read(true).write(true).open(path).unwrap()
}

/// The program's next code is one that STS takes.
fn says_a_code(mut pipe: &File, stsd: &Fixture) {
    writeln!(pipe, "{}", stsd.code(ALICE_DEVICE)).unwrap();
}

fn runs(stsd: &Fixture) -> usize {
    fs::read_to_string(stsd.home.path().join("runs")).unwrap_or_default().lines().count()
}

#[test]
fn an_allowed_program_says_the_code_and_nobody_types() {
    let stsd = allowed().start();
    let pipe = pipe(&stsd);
    assert_eq!(runs(&stsd), 0, "it is not run at the start");
    assert_eq!(stsd.get("/creds/prod").status, 403);
    assert_eq!(runs(&stsd), 0, "nor for a tool");
    says_a_code(&pipe, &stsd);
    stsd.stsd(&["unlock"]).well();
    assert_eq!(runs(&stsd), 1);
    assert_eq!(stsd.get("/creds/prod").status, 200);
    let seen = fs::read_to_string(stsd.home.path().join("seen")).unwrap();
    assert!(seen.contains("SSH_AUTH_SOCK=/run/agent"), "{seen}");
    assert!(!seen.contains("AWS_") && !seen.contains("PROXY"), "{seen}");
    let said = stsd.stsd(&["unlock"]).failed(1);
    assert!(said.contains("the token code that mfa_process says now was used already"), "{said}");
    assert_eq!(runs(&stsd), 1);
}

#[test]
fn a_program_that_nobody_has_allowed_is_not_run() {
    let stsd = with_program().start();
    let _pipe = pipe(&stsd);
    let said = stsd.stsd(&["unlock"]).failed(64);
    assert!(said.contains("there is no terminal to ask on"), "{said}");
    stsd.unlock();
    assert_eq!(runs(&stsd), 0);
}

#[test]
fn a_session_is_renewed_before_its_end_by_its_program() {
    let stsd = allowed().start();
    let pipe = pipe(&stsd);
    stsd.emulator.fault(Fault::short_lived(Duration::from_secs(4)).times(1).on("GetSessionToken"));
    stsd.unlock();
    says_a_code(&pipe, &stsd);
    stsd.journal_when(|entries| count(entries, "GetSessionToken") == 2);
    let renewed = |stsd: &Fixture| stsd.session(ALICE)["remaining_seconds"].as_u64();
    stsd.until(renewed, |left| left.is_some_and(|left| left > 11 * 3600));
    assert_eq!(runs(&stsd), 1);
    assert_eq!(stsd.get("/creds").status, 200);
}

#[test]
fn keys_that_a_program_says_are_served_on_demand() {
    let (_, id, secret) = secrets().into_iter().find(|(profile, ..)| *profile == "ci").unwrap();
    let says =
        format!("{{\"Version\": 1, \"AccessKeyId\": \"{id}\", \"SecretAccessKey\": \"{secret}\"}}");
    let stsd = Fixture::builder()
        .config(|url| {
            let program = "credential_process = sh -c 'echo >> ~/runs; cat ~/keys.json'";
            let common = format!("region = us-west-2\nendpoint_url = {url}\n");
            let role =
                "role_arn = arn:aws:iam::123456789012:role/deploy\nsource_profile = vendor\n";
            config(url)
                + &format!("[profile vendor]\n{common}{program}\n[profile far]\n{common}{role}")
        })
        .variable("PATH", "/usr/bin:/bin")
        .configuration("allow_programs = [\"vendor\"]\n")
        .start();
    fs::write(stsd.home.path().join("keys.json"), says).unwrap();
    for profile in ["far", "vendor"] {
        assert_eq!(stsd.get(&format!("/creds/{profile}")).status, 200);
        assert_eq!(stsd.profile(profile)["state"], "ready");
    }
    assert_eq!(runs(&stsd), 1, "it is run for the session alone");
    stsd.stsd(&["refresh", "far"]).well();
    assert_eq!(runs(&stsd), 1);
    stsd.stsd(&["lock"]).well();
    let reply = stsd.get("/creds/vendor");
    assert_eq!(reply.reason, "stsd is locked - run `stsd unlock vendor`");
    stsd.stsd(&["unlock", "vendor"]).well();
    assert_eq!(stsd.get("/creds/vendor").status, 200);
}
