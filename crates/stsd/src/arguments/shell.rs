//! The arguments of what shells and commands need: `env`, `exec` and `completions`.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

use super::ProfileArguments;

#[derive(Debug, Args)]
pub(crate) struct EnvArguments {
    #[command(flatten)]
    pub(crate) profile: ProfileArguments,
    /// What to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Env)]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Only the endpoint, for programs that stop at a `credential_process`
    #[arg(long)]
    pub(crate) no_view: bool,
    /// The credentials themselves, for tools that know neither endpoint nor profiles; they are not
    /// renewed, and `lock` does not reach them
    #[arg(long = "static", conflicts_with = "no_view")]
    pub(crate) is_static: bool,
    /// Take back what `env` changed in this shell
    #[arg(long, conflicts_with_all = ["word", "flag", "no_view", "is_static"])]
    pub(crate) undo: bool,
}

impl EnvArguments {
    /// What to print.
    pub(crate) fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// The AWS CLI's words for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// `export` and `unset` lines for sh, bash and zsh
    Env,
    /// Assignments alone
    EnvNoExport,
    /// For fish: stsd env --format fish | source
    Fish,
    /// For PowerShell: stsd env --format powershell | Invoke-Expression
    Powershell,
    /// `set` lines for cmd
    WindowsCmd,
    /// One object; null means: unset it
    Json,
    /// With --static: what a `credential_process` prints
    Process,
}

#[derive(Debug, Args)]
#[command(override_usage = "stsd exec [OPTIONS] [PROFILE] -- CMD...")]
pub(crate) struct ExecArguments {
    #[command(flatten)]
    pub(crate) profile: ProfileArguments,
    /// Only the endpoint, for programs that stop at a `credential_process`
    #[arg(long)]
    pub(crate) no_view: bool,
    /// The command and its arguments, after `--`
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell that evaluates the script
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
    /// What the script asks: the words so far
    #[arg(last = true, hide = true, value_name = "WORD")]
    pub(crate) words: Vec<OsString>,
}

/// The shells that complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// eval "$(stsd completions bash)" in ~/.bashrc
    Bash,
    /// eval "$(stsd completions zsh)" in ~/.zshrc, after compinit
    Zsh,
    /// stsd completions fish > ~/.config/fish/completions/stsd.fish
    Fish,
}
