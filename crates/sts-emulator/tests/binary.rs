//! The binary, as a person and as a script use it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

/// A running binary; it is killed when the test ends.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sts-emulator"));
        let mut child = command
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let announced: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let url = announced["url"].as_str().expect("a URL").to_owned();
        Self { child, url }
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        emulator(&[arguments, &["--url", &self.url]].concat())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn emulator(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sts-emulator"));
    command.args(arguments).env_remove("STS_EMULATOR_URL").output().expect("it runs")
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[test]
fn answers_its_subcommands() {
    let running = Running::start(&[]);
    let code = stdout(&running.ask(&["code", "arn:aws:iam::111122223333:mfa/alice"]));
    assert_eq!(code.trim_end().len(), 6);
    assert!(code.trim_end().bytes().all(|byte| byte.is_ascii_digit()));
    assert!(stdout(&running.ask(&["advance", "1h 30m"])).ends_with("Z\n"));
    assert!(
        stdout(&running.ask(&["fault", "slow=2s", "--action", "AssumeRole", "--times", "3"]))
            .contains("\"times\": 3")
    );
    assert_eq!(stdout(&running.ask(&["fault", "clear"])), "{}\n");
    assert!(stdout(&running.ask(&["journal"])).contains("\"entries\": []"));
}

#[test]
fn says_what_is_wrong_and_fails() {
    let running = Running::start(&[]);
    let output = running.ask(&["code", "arn:aws:iam::111122223333:mfa/nobody"]);
    assert_eq!(output.status.code(), Some(1));
    let expected =
        "sts-emulator: error: no user has the MFA device arn:aws:iam::111122223333:mfa/nobody\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
    let output = emulator(&["--listen", "192.0.2.1:0"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("loopback addresses alone"));
}

#[test]
fn serves_the_world_of_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("world.toml");
    let world = "[[account]]\nid = \"111122223333\"\n[[account.user]]\nname = \"zoe\"\n\
                 mfa_device = [{ serial = \"arn:aws:iam::111122223333:mfa/zoe\", seed = \"GEZDGNBVGY3TQOJQ\" }]\n";
    std::fs::write(&path, world).expect("written");
    let running = Running::start(&["--world", path.to_str().expect("text")]);
    assert_eq!(
        stdout(&running.ask(&["code", "arn:aws:iam::111122223333:mfa/zoe"])).trim_end().len(),
        6
    );

    std::fs::write(&path, "[[account]]\nid = \"1\"\n").expect("written");
    let output = emulator(&["--world", path.to_str().expect("text")]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("an id is twelve digits"));
}

#[test]
fn prints_a_config_and_credentials_that_fit_the_world() {
    let config = stdout(&emulator(&["config", "--url", "http://127.0.0.1:1"]));
    assert!(
        config.contains("[profile prod]\n")
            && config.contains("endpoint_url = http://127.0.0.1:1\n")
    );
    assert!(stdout(&emulator(&["credentials"])).contains("[bob]\n"));
}

#[test]
fn ends_cleanly_when_it_is_told_to() {
    let mut running = Running::start(&[]);
    let told = Command::new("kill")
        .args(["-INT", &running.child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(told.success());
    assert!(running.child.wait().expect("it ends").success());
}
