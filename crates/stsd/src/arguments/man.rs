//! `man/stsd.1`, made from the same definition as `--help`: every command with its options in one page,
//! and behind them what no definition knows, from `man.roff`.

use std::path::Path;
use std::{env, fs};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::Arguments;

fn page() -> String {
    let mut stsd = Arguments::command().disable_help_subcommand(true);
    stsd.build();
    let mut page = format!(".TH STSD 1 {DATE} \"stsd {}\"\n", env!("CARGO_PKG_VERSION"));
    page += ".SH NAME\nstsd \\- one MFA code a day, and every AWS tool has fresh credentials\n";
    page += ".SH SYNOPSIS\n\\fBstsd\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]\n";
    page += DESCRIPTION;
    page += ".SH COMMANDS\n";
    for command in stsd.get_subcommands() {
        describe(command, "stsd", &mut page);
    }
    page + include_str!("man.roff")
}

/// A command and those below it, each under its usage.
fn describe(command: &Command, parent: &str, page: &mut String) {
    if command.is_hide_set() {
        return;
    }
    let name = format!("{parent} {}", command.get_name());
    if command.has_subcommands() {
        for below in command.get_subcommands() {
            describe(below, &name, page);
        }
        return;
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").replace('-', "\\-");
    *page += &format!(".SS \"{}\"\n", usage.replace('"', "\\(dq"));
    let about = command.get_long_about().or(command.get_about());
    *page += &plain(&about.map(ToString::to_string).unwrap_or_default());
    let mut options = Vec::new();
    Man::new(command.clone()).render_options_section(&mut options).unwrap();
    // The apostrophe is a string that the page's head would have to define, and breaks beside blank
    // lines do nothing.
    let options = String::from_utf8(options).unwrap();
    let options = options.replace("\\*(Aq", "\\(aq").replace("\n.br\n", "\n");
    // `--help` stands in every command; once, in `man.roff`, is enough.
    let kept: Vec<&str> = options
        .split(".TP\n")
        .filter(|option| !option.starts_with(r"\fB\-h\fR") && !option.starts_with(r"\fB\-V\fR"))
        .skip(1)
        .collect();
    *page += &kept.iter().map(|option| format!(".TP\n{option}")).collect::<String>();
}

/// Text in which nothing has a meaning for roff.
fn plain(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    let line = |line: &str| {
        let guard = if line.starts_with('.') { "\\&" } else { "" };
        format!("{guard}{line}\n")
    };
    escaped.lines().map(line).collect()
}

/// Of the words that stand here and in `man.roff`.
const DATE: &str = "2026-11-22";

const DESCRIPTION: &str = r#".SH DESCRIPTION
stsd is to AWS credentials what ssh\-agent is to keys. A token code a day, typed into
.BR "stsd unlock" ,
starts a session; from then on every AWS tool that has stsd's environment variables gets temporary
credentials, for the default identity and for every role profile of the AWS configuration, until
.BR "stsd lock"
or the end of the session. No AWS secret is written to disk.
.PP
.BR stsd\-daemon (1)
holds the sessions; this program asks it. A profile is a word or stands behind
.BR \-p .
Without one it is
.BR $STSD_PROFILE ,
else
.BR $AWS_PROFILE ,
else the configured default, else
.BR default ;
for
.B lock
and
.BR refresh ,
everything.
"#;

#[test]
fn man_page_says_what_help_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../man/stsd.1");
    if env::var_os("STSD_MAN").is_some_and(|word| word == "write") {
        fs::write(&file, page()).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == page(),
        "man/stsd.1 is not what `stsd --help` says; write it anew:\n\
         STSD_MAN=write cargo test -p stsd -p stsd-daemon -p stsd-gateway man_page"
    );
}

#[test]
fn man_page_has_every_command_and_every_exit_code() {
    let page = page();
    for command in Arguments::command().get_subcommands() {
        let name = command.get_name().replace('-', "\\-");
        assert!(page.contains(&format!("\n.SS \"stsd {name}")), "{name}");
    }
    let exit_codes = super::EXIT_CODES.split_once("Exit codes:").unwrap().1;
    for code in exit_codes.split(|c: char| !c.is_ascii_digit()).filter(|code| !code.is_empty()) {
        let stands = [format!("\n.B {code}\n"), format!("BR {code} "), format!(", \" {code}\n")];
        assert!(stands.iter().any(|stands| page.contains(stands)), "{code}");
    }
}
