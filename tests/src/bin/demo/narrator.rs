//! How the story looks: steps, sentences, what is typed and what comes.

use std::env;
use std::io::{self, IsTerminal, Write};

/// Writes on standard output; bold and dim on a terminal that wants it.
pub(crate) struct Narrator {
    styled: bool,
}

impl Narrator {
    pub(crate) fn new() -> Self {
        let unset = |name: &str| env::var_os(name).is_none_or(|value| value.is_empty());
        let able = env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self { styled: io::stdout().is_terminal() && able && unset("NO_COLOR") }
    }

    /// A new part, with a sentence that says what happens in it.
    pub(crate) fn step(&self, text: &str) -> io::Result<()> {
        self.line("")?;
        text.lines().try_for_each(|line| self.styled_line(BOLD, line))
    }

    /// A sentence.
    pub(crate) fn says(&self, text: &str) -> io::Result<()> {
        text.lines().try_for_each(|line| self.line(line))
    }

    /// What somebody types.
    pub(crate) fn types(&self, command: &str) -> io::Result<()> {
        for (place, line) in command.lines().enumerate() {
            let prompt = if place == 0 { "$" } else { " " };
            self.styled_line(CYAN, &format!("  {prompt} {line}"))?;
        }
        Ok(())
    }

    /// What comes.
    pub(crate) fn shows(&self, output: &str) -> io::Result<()> {
        output.trim_end().lines().try_for_each(|line| self.line(format!("    {line}").trim_end()))
    }

    fn styled_line(&self, style: &str, line: &str) -> io::Result<()> {
        if self.styled { self.line(&format!("{style}{line}\u{1b}[0m")) } else { self.line(line) }
    }

    fn line(&self, line: &str) -> io::Result<()> {
        let mut output = io::stdout().lock();
        writeln!(output, "{line}")?;
        // The next line may be seconds away.
        output.flush()
    }
}

const BOLD: &str = "\u{1b}[1m";
const CYAN: &str = "\u{1b}[36m";
