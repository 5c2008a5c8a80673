//! The start file of the user's shell, and the one line in it that connects every new shell. Pure,
//! but for a look at which file is there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::changes::{Content, MARK, Wish};
use crate::quote;

/// What is known of the user's shell.
pub(super) struct Shell<'a> {
    /// `$SHELL`.
    pub(super) program: Option<OsString>,
    /// `$ZDOTDIR`.
    pub(super) zdotdir: Option<PathBuf>,
    pub(super) home: &'a Path,
    /// `$XDG_CONFIG_HOME`, or what stands for it.
    pub(super) configuration: &'a Path,
    /// How the line calls this program: by its name, or by its path where the name finds none or
    /// another.
    pub(super) client: Option<&'a str>,
    pub(super) is_macos: bool,
}

impl Shell<'_> {
    /// What its start file should say; nothing for a shell whose files are not known.
    pub(super) fn wish(&self) -> Option<Wish> {
        let program = self.program.as_deref().map(Path::new)?;
        let line = |path: PathBuf| Wish {
            path,
            of_service: false,
            mode: 0o644,
            content: Content::Line { line: self.posix_line(), does: "stsd env" },
        };
        match program.file_name()?.to_str()? {
            "bash" => Some(line(self.bash_file())),
            "zsh" => Some(line(self.zdotdir.as_deref().unwrap_or(self.home).join(".zshrc"))),
            "fish" => Some(Wish {
                path: self.configuration.join("fish/conf.d/stsd.fish"),
                of_service: false,
                mode: 0o644,
                content: Content::Whole(self.fish_file()),
            }),
            _ => None,
        }
    }

    /// For a person to add by hand.
    pub(super) fn posix_line(&self) -> String {
        match self.client {
            None => format!(
                "if command -v stsd >/dev/null 2>&1; then eval \"$(stsd env 2>/dev/null)\"; fi {MARK}"
            ),
            Some(path) => {
                let path = quote::sh(path);
                format!("if [ -x {path} ]; then eval \"$({path} env 2>/dev/null)\"; fi {MARK}")
            }
        }
    }

    fn fish_file(&self) -> String {
        let (test, client) = match self.client {
            None => ("type -q stsd".to_owned(), "stsd".to_owned()),
            Some(path) => (format!("test -x {}", quote::fish(path)), quote::fish(path)),
        };
        format!("{MARK}\nif {test}\n    {client} env --format fish 2>/dev/null | source\nend\n")
    }

    /// Terminals on a Mac start login shells, which read the first of three files and no `.bashrc`.
    fn bash_file(&self) -> PathBuf {
        if !self.is_macos {
            return self.home.join(".bashrc");
        }
        let login = [".bash_profile", ".bash_login", ".profile"].map(|name| self.home.join(name));
        let first = login.iter().find(|path| path.exists());
        first.unwrap_or(&login[0]).clone()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Shell;

    fn shell(program: &str) -> Shell<'static> {
        Shell {
            program: Some(program.into()),
            zdotdir: None,
            home: Path::new("/nonexistent"),
            configuration: Path::new("/nonexistent/.config"),
            client: None,
            is_macos: false,
        }
    }

    fn file(shell: &Shell<'_>) -> String {
        shell.wish().unwrap().path.to_str().unwrap().to_owned()
    }

    #[test]
    fn each_shell_has_its_own_file() {
        assert_eq!(file(&shell("/bin/bash")), "/nonexistent/.bashrc");
        assert_eq!(file(&shell("/usr/bin/zsh")), "/nonexistent/.zshrc");
        let zsh = Shell { zdotdir: Some("/z".into()), ..shell("zsh") };
        assert_eq!(file(&zsh), "/z/.zshrc");
        assert_eq!(file(&shell("/usr/bin/fish")), "/nonexistent/.config/fish/conf.d/stsd.fish");
        assert!(shell("/bin/dash").wish().is_none());
        assert!(Shell { program: None, ..shell("") }.wish().is_none());
    }

    #[test]
    fn bash_on_a_mac_reads_the_first_of_three_files() {
        let home = tempfile::tempdir().unwrap();
        let mac = Shell { home: home.path(), is_macos: true, ..shell("bash") };
        assert!(file(&mac).ends_with("/.bash_profile"));
        // A new .bash_profile would hide it.
        std::fs::write(home.path().join(".profile"), "").unwrap();
        assert!(file(&mac).ends_with("/.profile"));
    }

    #[test]
    fn a_program_that_the_name_does_not_find_is_called_by_its_path() {
        let odd = Shell { client: Some("/it's $here/stsd"), ..shell("bash") };
        let path = r"'/it'\''s $here/stsd'";
        let line = odd.posix_line();
        assert!(line.starts_with(&format!("if [ -x {path} ]; then eval \"$({path} env")), "{line}");
    }
}
