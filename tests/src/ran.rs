//! A program that has run to its end.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::said;

/// What it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The exit code; 128 and the signal's number where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Runs it with nothing on its standard input, and in the background of the terminal that the
    /// tests may have: it must not ask there.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn of(mut command: Command) -> Self {
        let output = command.stdin(Stdio::null()).process_group(0).output();
        let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        said::ran(&command, "", &output);
        output.into()
    }

    /// Runs it with this on its standard input.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn with_input(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        if let Some(mut stdin) = child.stdin.take() {
            // One that does not read to the end is judged by what it says.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().expect("it is our own child");
        said::ran(&command, input, &output);
        output.into()
    }

    /// What a child of this command leaves.
    ///
    /// # Panics
    /// If it is none of ours.
    pub fn of_child(command: &Command, child: Child) -> Self {
        let output = child.wait_with_output().expect("it is our own child");
        said::ran(command, "", &output);
        output.into()
    }

    /// Itself, made sure that all went well.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn well(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self
    }

    /// Standard error, made sure that it failed with this code and left standard output empty.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{}", self.stderr);
        self.stderr
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn json(self) -> Value {
        let ran = self.well();
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error} in {ran:?}"))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let by_signal = || 128 + output.status.signal().unwrap_or(0);
        Self {
            code: output.status.code().unwrap_or_else(by_signal),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}
