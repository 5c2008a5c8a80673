//! What could come next on a command line of stsd, by the same definition that parses it. Profiles are
//! looked up while the person waits for the key, so they come from the daemon within a moment, or from
//! the view.
//!
//! Not by clap_complete: its static scripts know no profiles, and its engine for live values is unstable
//! and hands names to bash as they are, where `$(…)` in one is expanded.

mod line;
mod profiles;
mod tokens;

use clap::{Arg, Command};

pub(crate) use line::Line;

/// A word that could come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) word: String,
    /// One line, or nothing.
    pub(crate) meaning: String,
}

/// What could stand in place of the last word; those before it are the arguments of `stsd` so far.
/// `names` looks up what a value of this name can be, and is asked only where one can stand.
pub(crate) fn candidates(
    stsd: &Command,
    words: &[String],
    names: impl Fn(&str) -> Option<Vec<Candidate>>,
) -> Vec<Candidate> {
    let Some((current, before)) = words.split_last() else { return Vec::new() };
    let Some(place) = Place::after(stsd, before) else { return Vec::new() };
    if let Some(option) = place.awaiting {
        return values(option, &names);
    }
    if !place.options_ended && current.starts_with('-') {
        return place.options(current, &names);
    }
    let mut found: Vec<Candidate> =
        place.command.get_subcommands().filter_map(subcommand).collect();
    if let Some(argument) = place.argument() {
        found.extend(values(argument, &names));
        // Such a one needs two dashes before it, and is rare.
        found.retain(|candidate| place.options_ended || !candidate.word.starts_with('-'));
    }
    if !place.options_ended && place.command.get_positionals().any(is_command) {
        let meaning = "the command follows".to_owned();
        found.push(Candidate { word: "--".to_owned(), meaning });
    }
    found
}

/// The profiles, or the authorization tokens, that there are.
pub(crate) fn names(value: &str) -> Option<Vec<Candidate>> {
    match value {
        "PROFILE" => Some(profiles::all()),
        "TOKEN" => Some(tokens::all()),
        _ => None,
    }
}

/// Where on the command line the last word stands.
struct Place<'a> {
    command: &'a Command,
    /// The option whose value it is.
    awaiting: Option<&'a Arg>,
    positionals: usize,
    options_ended: bool,
}

impl<'a> Place<'a> {
    fn after(stsd: &'a Command, words: &[String]) -> Option<Self> {
        let mut place =
            Self { command: stsd, awaiting: None, positionals: 0, options_ended: false };
        for word in words {
            if place.awaiting.take().is_some() {
            } else if place.options_ended || word == "-" || !word.starts_with('-') {
                if place.command.has_subcommands() {
                    place.command = place.command.find_subcommand(word)?;
                } else {
                    place.positionals += 1;
                }
            } else if word == "--" {
                place.options_ended = true;
            } else {
                place.awaiting = place.option(word);
            }
        }
        Some(place)
    }

    /// The option of this word, if its value is the word after it.
    fn option(&self, word: &str) -> Option<&'a Arg> {
        let found = match word.strip_prefix("--") {
            Some(long) => self.long(long),
            None => {
                self.command.get_opts().find(|option| option.get_short() == word.chars().last())
            }
        };
        found.filter(|option| option.get_action().takes_values())
    }

    fn long(&self, name: &str) -> Option<&'a Arg> {
        self.command.get_opts().find(|option| {
            option.get_long_and_visible_aliases().is_some_and(|names| names.contains(&name))
        })
    }

    fn argument(&self) -> Option<&'a Arg> {
        let plain = |argument: &&Arg| !argument.is_last_set() && !argument.is_hide_set();
        self.command.get_positionals().filter(plain).nth(self.positionals)
    }

    /// Every option, or every value of the one in `--option=`.
    fn options(
        &self,
        current: &str,
        names: &impl Fn(&str) -> Option<Vec<Candidate>>,
    ) -> Vec<Candidate> {
        let with_value = current.strip_prefix("--").and_then(|option| option.split_once('='));
        if let Some((name, _)) = with_value {
            let mut found = self.long(name).map_or(Vec::new(), |option| values(option, names));
            for candidate in &mut found {
                candidate.word = format!("--{name}={}", candidate.word);
            }
            return found;
        }
        let shown = self.command.get_arguments().filter(|option| !option.is_hide_set());
        let mut found: Vec<_> = shown.filter_map(option).collect();
        let help = Candidate { word: "--help".to_owned(), meaning: "Print help".to_owned() };
        found.push(help);
        found
    }
}

/// Whether it is what stands behind two dashes.
fn is_command(argument: &Arg) -> bool {
    argument.is_last_set() && !argument.is_hide_set()
}

fn subcommand(command: &Command) -> Option<Candidate> {
    let meaning = command.get_about().map(ToString::to_string).unwrap_or_default();
    let word = command.get_name().to_owned();
    (!command.is_hide_set()).then_some(Candidate { word, meaning })
}

fn option(argument: &Arg) -> Option<Candidate> {
    let meaning = argument.get_help().map(ToString::to_string).unwrap_or_default();
    Some(Candidate { word: format!("--{}", argument.get_long()?), meaning })
}

fn values(argument: &Arg, look_up: &impl Fn(&str) -> Option<Vec<Candidate>>) -> Vec<Candidate> {
    let named = argument.get_value_names().and_then(|names| names.first());
    if let Some(found) = named.and_then(|name| look_up(name.as_str())) {
        return found;
    }
    let shown = argument.get_possible_values().into_iter().filter(|value| !value.is_hide_set());
    shown
        .map(|value| Candidate {
            word: value.get_name().to_owned(),
            meaning: value.get_help().map(ToString::to_string).unwrap_or_default(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
