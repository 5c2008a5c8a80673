//! A user for one run: a folder with the AWS files, an emulator to ask, and daemons that serve. All
//! of it ends with the value that holds it.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Lines};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::load::{Address, Target, body_of};

/// A process that is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> io::Result<Self> {
        let path = env::temp_dir().join(format!("stsd-bench-{}-{name}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is in the folder for such things.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The emulator, and where the programs are.
#[derive(Debug)]
pub(crate) struct Stage {
    programs: PathBuf,
    pub(crate) url: String,
    _emulator: Running,
}

impl Stage {
    pub(crate) fn new(programs: PathBuf) -> io::Result<Self> {
        let mut emulator = Command::new(programs.join("sts-emulator"))
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()?;
        let line = first_line(emulator.stdout.take())?;
        let url = line.split('"').nth(3).ok_or_else(|| io::Error::other("no url"))?.to_owned();
        Ok(Self { programs, url, _emulator: Running(emulator) })
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// What a subcommand of the emulator prints.
    pub(crate) fn emulator(&self, words: &[&str]) -> io::Result<String> {
        let mut command = Command::new(self.program("sts-emulator"));
        command.args(words).env("STS_EMULATOR_URL", &self.url);
        Ok(String::from_utf8_lossy(&checked(&mut command)?.stdout).into_owned())
    }

    /// How often a role was assumed so far, by the emulator's journal.
    pub(crate) fn assumed(&self, role: &str) -> io::Result<usize> {
        let journal = self.emulator(&["journal"])?;
        Ok(journal.matches(&format!("{role}\"")).count())
    }

    /// A daemon of a user of its own, whose config has `more` at its end, unlocked with a code.
    pub(crate) fn daemon(&self, name: &str, more: &str) -> io::Result<Daemon> {
        let folder = Folder::new(name)?;
        fs::create_dir(folder.0.join(".aws"))?;
        let config = self.emulator(&["config"])? + more;
        fs::write(folder.0.join(".aws/config"), config)?;
        fs::write(folder.0.join(".aws/credentials"), self.emulator(&["credentials"])?)?;
        let daemon = Daemon::start(self, folder)?;
        let code = self.emulator(&["code", ALICES_DEVICE])?;
        daemon.client(self, &["unlock", code.trim()])?;
        Ok(daemon)
    }
}

/// A daemon and its user's folder.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) pid: u32,
    /// From the start of the process to the line that says that every door answers.
    pub(crate) time_to_ready: Duration,
    pub(crate) log: Lines<BufReader<ChildStderr>>,
    port: u16,
    token: String,
    /// Ends before its folder goes: a daemon that lives brings its sockets back.
    _process: Running,
    folder: Folder,
}

impl Daemon {
    fn start(stage: &Stage, folder: Folder) -> io::Result<Self> {
        let start = Instant::now();
        let mut child = in_home(&stage.program("stsd-daemon"), &folder.0)
            .args(["--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let process = Running(child);
        let mut log = BufReader::new(stderr).lines();
        let port = loop {
            let line = log.next().ok_or_else(|| io::Error::other("the daemon left"))??;
            if let Some((_, port)) = line.split_once("ready on http://127.0.0.1:") {
                break port.parse().map_err(io::Error::other)?;
            }
        };
        let time_to_ready = start.elapsed();
        let token = fs::read_to_string(folder.0.join(".local/state/stsd/authorization-token"))?;
        let pid = process.0.id();
        Ok(Self { pid, time_to_ready, log, port, token, _process: process, folder })
    }

    /// The same user's next daemon, locked.
    pub(crate) fn restarted(self, stage: &Stage) -> io::Result<Self> {
        let Self { folder, _process, .. } = self;
        drop(_process);
        Self::start(stage, folder)
    }

    /// Runs `stsd` for this user.
    pub(crate) fn client(&self, stage: &Stage, words: &[&str]) -> io::Result<Output> {
        checked(self.command(&stage.program("stsd")).args(words))
    }

    /// A program with this user's environment.
    pub(crate) fn command(&self, program: &Path) -> Command {
        in_home(program, &self.folder.0)
    }

    pub(crate) fn socket(&self, name: &str) -> PathBuf {
        self.folder.0.join("stsd").join(name)
    }

    pub(crate) fn tcp(&self) -> Address {
        Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)))
    }

    /// What an SDK sends.
    pub(crate) fn request(&self, profile: &str) -> Vec<u8> {
        format!(
            "GET /creds/{profile} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAccept: application/json\r\n\
             User-Agent: Boto3/1.44.5 ua/2.1 os/linux#6.18 md/arch#x86_64 lang/python#3.11.7\r\n\
             Authorization: {}\r\n\r\n",
            self.port, self.token
        )
        .into_bytes()
    }

    /// The endpoint at `address` as a target, with what it answers for this profile now.
    pub(crate) fn target(&self, profile: &str, address: Address) -> io::Result<Target> {
        let request = self.request(profile);
        let mut reply = Vec::new();
        address.ask(&request, &mut reply)?;
        let success = b"{\"Code\":\"Success\",";
        let body = body_of(&reply).filter(|body| body.starts_with(success));
        let body = body.ok_or_else(|| io::Error::other("no credentials"))?.to_vec();
        Ok(Target { name: "stsd", address, request, body, pid: self.pid })
    }
}

/// The first line of a program that goes on.
pub(crate) fn first_line(output: Option<impl io::Read>) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(output.ok_or(io::ErrorKind::BrokenPipe)?).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

/// Runs it to a good end.
fn checked(command: &mut Command) -> io::Result<Output> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{:?}: {said}", command.get_program())))
}

fn in_home(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("HOME", home).env("XDG_RUNTIME_DIR", home);
    command
}

const ALICES_DEVICE: &str = "arn:aws:iam::111122223333:mfa/alice";
