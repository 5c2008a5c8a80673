//! What a person can type against it, in the words of the shell that they use.

use crate::chains::Shell;
use crate::quote;

/// Connects the shell, to the profile that it has.
pub(super) fn connect(shell: &Shell) -> String {
    connect_to(shell, None)
}

/// Connects the shell to a profile.
pub(super) fn connect_to(shell: &Shell, profile: Option<&str>) -> String {
    let profile = profile.map_or(String::new(), |name| format!(" {}", word(name)));
    match is_fish(shell) {
        true => format!("stsd env{profile} --format fish | source"),
        false => format!("eval \"$(stsd env{profile})\""),
    }
}

/// Takes variables out.
pub(super) fn unset<'a>(shell: &Shell, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    match is_fish(shell) {
        true => format!("set -e {}", names.join(" ")),
        false => format!("unset {}", names.join(" ")),
    }
}

/// Sets variables.
pub(super) fn export(shell: &Shell, pairs: &[(&str, &str)]) -> String {
    let one = |(name, value): &(&str, &str)| match is_fish(shell) {
        true => format!("set -gx {name} {}", fish_word(value)),
        false => format!("{name}={}", word(value)),
    };
    let all: Vec<_> = pairs.iter().map(one).collect();
    match is_fish(shell) {
        true => all.join("; "),
        false => format!("export {}", all.join(" ")),
    }
}

/// `stsd unlock` for a profile.
pub(super) fn unlock(profile: &str) -> String {
    match profile {
        "default" => "stsd unlock".to_owned(),
        name => format!("stsd unlock {}", word(name)),
    }
}

/// Names the program at a port.
pub(super) fn who_listens(port: u16) -> String {
    match cfg!(target_os = "macos") {
        true => format!("lsof -nP -iTCP:{port} -sTCP:LISTEN"),
        false => format!("ss -ltnp sport = :{port}"),
    }
}

/// A value as one word of sh; plain ones stay plain.
pub(super) fn word(value: &str) -> String {
    if is_plain(value) { value.to_owned() } else { quote::sh(value) }
}

fn fish_word(value: &str) -> String {
    if is_plain(value) { value.to_owned() } else { quote::fish(value) }
}

fn is_plain(value: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,@%+=".contains(c);
    !value.is_empty() && !value.starts_with('-') && value.chars().all(plain)
}

fn is_fish(shell: &Shell) -> bool {
    shell.filled("SHELL").is_some_and(|program| program.ends_with("/fish"))
}

pub(super) const START: &str = "stsd service start";
pub(super) const RESTART: &str = "stsd service restart";
pub(super) const INSTALL: &str = "stsd service install";
pub(super) const STATUS: &str = "stsd status";

#[cfg(test)]
mod tests {
    use super::{connect_to, export, unset, word};
    use crate::chains::Shell;

    fn shell(program: &str) -> Shell {
        let variables = [("SHELL".to_owned(), program.to_owned())].into();
        Shell { variables, ..Shell::default() }
    }

    #[test]
    fn what_is_typed_is_in_the_words_of_the_shell() {
        let (sh, fish) = (shell("/bin/zsh"), shell("/usr/bin/fish"));
        assert_eq!(connect_to(&sh, Some("my prod")), "eval \"$(stsd env 'my prod')\"");
        assert_eq!(connect_to(&fish, None), "stsd env --format fish | source");
        assert_eq!(unset(&sh, ["A", "B"]), "unset A B");
        assert_eq!(unset(&fish, ["A"]), "set -e A");
        assert_eq!(export(&sh, &[("A", "1"), ("B", "x y")]), "export A=1 B='x y'");
        assert_eq!(export(&fish, &[("A", "1"), ("B", "it's")]), "set -gx A 1; set -gx B 'it\\'s'");
    }

    #[test]
    fn a_word_that_a_shell_would_read_otherwise_is_quoted() {
        for (value, quoted) in [
            ("prod", "prod"),
            ("/home/a.b/c", "/home/a.b/c"),
            ("", "''"),
            ("-x", "'-x'"),
            ("$(touch x)", "'$(touch x)'"),
        ] {
            assert_eq!(word(value), quoted);
        }
    }
}
