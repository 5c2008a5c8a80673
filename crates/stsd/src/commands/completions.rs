//! `stsd completions`: a script for a shell, and the answers that the script asks for.

use clap::CommandFactory;

use crate::arguments::{Arguments, CompletionsArguments, Shell};
use crate::completion::{self, Line};
use crate::failure::Failure;
use crate::show::{print, printable};

pub(crate) fn run(arguments: &CompletionsArguments) -> Result<(), Failure> {
    let words: Vec<String> =
        arguments.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    match (arguments.shell, words.as_slice()) {
        (Shell::Bash, []) => print(include_str!("../completion/stsd.bash")),
        (Shell::Zsh, []) => print(include_str!("../completion/stsd.zsh")),
        (Shell::Fish, []) => print(include_str!("../completion/stsd.fish")),
        (Shell::Bash, [breaks, line]) => print(&for_bash(&Line::read(line, breaks))),
        (Shell::Bash, _) => Ok(()),
        (Shell::Zsh | Shell::Fish, words) => print(&lines(words)),
    }
}

fn candidates(words: &[String]) -> Vec<completion::Candidate> {
    let mut stsd = Arguments::command();
    stsd.build();
    completion::candidates(&stsd, words, completion::names)
}

/// A word and its meaning on each line; the shell chooses and quotes.
fn lines(words: &[String]) -> String {
    let line = |candidate: completion::Candidate| match candidate.meaning.as_str() {
        "" => format!("{}\n", candidate.word),
        meaning => format!("{}\t{}\n", candidate.word, printable(meaning)),
    };
    candidates(words).into_iter().map(line).collect()
}

/// What readline is to insert, a line each.
fn for_bash(line: &Line) -> String {
    // The first word is the program.
    let found = candidates(line.words.get(1..).unwrap_or_default());
    let inserted = found.into_iter().filter_map(|candidate| line.replacement(&candidate.word));
    inserted.map(|word| word + "\n").collect()
}
