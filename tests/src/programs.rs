//! The programs under test. `cargo test` and `cargo run` do not build the binaries of other packages,
//! so they are built here first, by the same cargo, into the same target directory and profile.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// `stsd`, `stsd-daemon`, `stsd-gateway` and the others, side by side in one folder.
#[derive(Clone, Debug)]
pub struct Programs {
    folder: PathBuf,
}

/// Why there are no programs.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// cargo itself.
    #[error("cannot run {}", cargo.to_string_lossy())]
    Cargo {
        /// As it was called.
        cargo: OsString,
        /// Why.
        source: io::Error,
    },
    /// What it built.
    #[error("`cargo build --workspace --bins` failed{0}")]
    Build(String),
    /// It built something else.
    #[error("`cargo build --workspace --bins` made no stsd-daemon")]
    NoDaemon,
}

impl Programs {
    /// Builds them, once in a process.
    ///
    /// # Errors
    /// What cargo says.
    pub fn built() -> Result<&'static Self, &'static BuildError> {
        static BUILT: OnceLock<Result<Programs, BuildError>> = OnceLock::new();
        BUILT.get_or_init(|| build(Stdio::piped())).as_ref()
    }

    /// Builds them, and lets a person see how it goes on.
    ///
    /// # Errors
    /// What cargo has not said on standard error.
    pub fn built_in_sight() -> Result<Self, BuildError> {
        build(Stdio::inherit())
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// One of them.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The same programs in another folder, where a test may put another gateway beside the daemon.
    /// The daemon is a copy, since it looks for the others beside its own executable; those are links.
    ///
    /// `cp` makes it: a file that this process has written cannot be run for as long as a child of
    /// another thread, between fork and exec, has it open too.
    ///
    /// # Errors
    /// What the system says.
    pub fn copied_to(&self, folder: &Path) -> io::Result<Self> {
        let copied = Command::new("cp").arg(self.path("stsd-daemon")).arg(folder).status()?;
        if !copied.success() {
            return Err(io::Error::other("cp failed"));
        }
        for name in ["stsd", "stsd-gateway"] {
            std::os::unix::fs::symlink(self.path(name), folder.join(name))?;
        }
        Ok(Self { folder: folder.to_owned() })
    }
}

fn build(progress: Stdio) -> Result<Programs, BuildError> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(&cargo);
    command
        .args(["build", "--workspace", "--bins", "--message-format=json-render-diagnostics"])
        .args(same_place())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stderr(progress);
    // What cargo has told us of this package is none of the nested build's business: ring's build
    // script looks at it, and all that is built on ring would be built anew each time.
    for (name, _) in env::vars_os() {
        if OF_THIS_PACKAGE.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    let output = command.output().map_err(|source| BuildError::Cargo { cargo, source })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = if said.is_empty() { "; see above".to_owned() } else { format!(":\n{said}") };
        return Err(BuildError::Build(said));
    }
    let daemon = executable(&String::from_utf8_lossy(&output.stdout), "stsd-daemon");
    let folder = daemon.and_then(|daemon| Some(daemon.parent()?.to_owned()));
    folder.map(|folder| Programs { folder }).ok_or(BuildError::NoDaemon)
}

/// The profile and the target directory of the program that runs now, as cargo lays them out:
/// `TARGET[/TRIPLE]/PROFILE[/deps]/PROGRAM`, and a tag in `TARGET`.
fn same_place() -> Vec<OsString> {
    let Ok(program) = env::current_exe() else { return Vec::new() };
    let folder = program.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    let profile = folder.and_then(Path::file_name).map_or("debug".into(), |name| name.to_owned());
    let profile = if profile == "debug" { "dev".into() } else { profile };
    let mut arguments = vec!["--profile".into(), profile];
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    if let Some(target) = target {
        arguments.extend(["--target-dir".into(), target.into()]);
    }
    arguments
}

/// Where cargo put a program, by its own messages.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut found = messages
        .filter(|message| message["target"]["name"] == name)
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    found.next()
}

/// The variables that `cargo run` and `cargo test` set for one package.
const OF_THIS_PACKAGE: &[&str] = &["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
