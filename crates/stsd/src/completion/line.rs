//! A command line of bash up to the cursor, as bash itself reads it: which words it has, and which part
//! of the last one readline will replace. Read here, and not by bash, since only `eval` could do it there.

/// The words so far, unquoted, and how the last one is to be continued.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The last is the one at the cursor, and may be empty.
    pub(crate) words: Vec<String>,
    /// How much of the last word stands before the part that readline replaces, unquoted.
    kept: usize,
    quote: Option<char>,
}

impl Line {
    /// Reads it. `breaks` is bash's `COMP_WORDBREAKS`: readline replaces what stands behind the last of
    /// these, or behind a quote that is still open.
    pub(crate) fn read(text: &str, breaks: &str) -> Self {
        let mut line = Self { words: vec![String::new()], kept: 0, quote: None };
        let mut word_began = false;
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match (line.quote, character) {
                (None, ' ' | '\t' | '\n') => {
                    if word_began {
                        line.words.push(String::new());
                        line.kept = 0;
                    }
                    word_began = false;
                    continue;
                }
                (None, '\'' | '"') => {
                    line.quote = Some(character);
                    line.kept = line.current().len();
                }
                (Some(open), close) if open == close => {
                    line.quote = None;
                    line.kept = line.current().len();
                }
                (None, '\\') => line.push(characters.next()),
                (Some('"'), '\\') => match characters.next() {
                    Some(next @ ('$' | '`' | '"' | '\\')) => line.push(Some(next)),
                    next => {
                        line.push(Some('\\'));
                        line.push(next);
                    }
                },
                (quote, plain) => {
                    line.push(Some(plain));
                    if quote.is_none() && breaks.contains(plain) {
                        line.kept = line.current().len();
                    }
                }
            }
            word_began = true;
        }
        line
    }

    /// What readline is to put in place of its part of the last word, so that it becomes this one;
    /// nothing if it cannot become it.
    pub(crate) fn replacement(&self, word: &str) -> Option<String> {
        let rest = word.starts_with(self.current()).then(|| &word[self.kept..])?;
        Some(match self.quote {
            None => escaped(rest, |c| !c.is_alphanumeric() && !"_-./:@%+,=".contains(c)),
            // readline closes the quotes, but takes a quote at the end for the closing one. No escape
            // keeps `!` from the history within double quotes.
            Some('"') => escaped(rest, |c| "$`\"\\".contains(c)).replace('!', r#""'!'""#) + "\"",
            Some(_) => rest.replace('\'', r"'\''") + "'",
        })
    }

    fn current(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }

    fn push(&mut self, character: Option<char>) {
        if let Some(word) = self.words.last_mut() {
            word.extend(character);
        }
    }
}

fn escaped(text: &str, needs_it: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if needs_it(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::Line;

    const BREAKS: &str = " \t\n\"'@><=;|&(:";

    #[test]
    fn words_are_read_as_bash_reads_them() {
        for (text, words) in [
            ("", &[""][..]),
            ("stsd", &["stsd"]),
            ("stsd ", &["stsd", ""]),
            ("stsd  env my\\ pr", &["stsd", "env", "my pr"]),
            ("stsd env 'my pr", &["stsd", "env", "my pr"]),
            ("stsd env \"a\\\"\\$\\x", &["stsd", "env", "a\"$\\x"]),
            ("stsd env '' ", &["stsd", "env", "", ""]),
            ("stsd env a'b'\"c\"", &["stsd", "env", "abc"]),
            ("stsd env 日\\", &["stsd", "env", "日"]),
        ] {
            assert_eq!(Line::read(text, BREAKS).words, words, "{text}");
        }
    }

    #[test]
    fn a_word_goes_on_in_the_quotes_that_it_began_in() {
        let hostile = "it's $(touch x)";
        for (text, word, replacement) in [
            ("stsd env ", hostile, Some(r"it\'s\ \$\(touch\ x\)")),
            ("stsd env 'it", hostile, Some(r"it'\''s $(touch x)'")),
            ("stsd env \"it", hostile, Some("it's \\$(touch x)\"")),
            ("stsd env \"n", "n!!", Some(r#"n"'!'""'!'"""#)),
            (r"stsd env it\'s\ ", hostile, Some(r"it\'s\ \$\(touch\ x\)")),
            ("stsd env pr", hostile, None),
            ("stsd env ", "prod", Some("prod")),
            ("stsd env 日", "日本", Some("日本")),
        ] {
            let found = Line::read(text, BREAKS).replacement(word);
            assert_eq!(found.as_deref(), replacement, "{text}");
        }
    }

    #[test]
    fn what_stands_before_a_break_is_not_repeated() {
        for (text, word, replacement) in [
            ("stsd env team:", "team:prod", "prod"),
            ("stsd env a@b:c", "a@b:cd", "cd"),
            ("stsd env --format=fi", "--format=fish", "fish"),
            ("stsd env 'team:p", "team:prod", "team:prod'"),
            ("stsd env 'te'am", "team", "am"),
        ] {
            let found = Line::read(text, BREAKS).replacement(word);
            assert_eq!(found.as_deref(), Some(replacement), "{text}");
        }
        let whole = Line::read("stsd env team:", " \t\n").replacement("team:prod");
        assert_eq!(whole.as_deref(), Some("team:prod"));
    }
}
