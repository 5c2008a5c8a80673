//! What the fuzz target of the client does with its bytes: see fuzz/README.md. A program has no library
//! that a target could use, so the target takes this file and those it needs as its own modules.

use crate::{quote, show, token_code};

/// Reads the bytes as words of `stsd unlock`, and as a value that a shell shall have. The first byte
/// chooses.
pub(crate) fn arguments(bytes: &[u8]) {
    let Some((choice, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    match choice % 3 {
        0 => code(text),
        1 => quoted(text),
        _ => shown(text),
    }
}

/// A code is six digits of what was typed, and is never taken for a profile.
fn code(text: &str) {
    if let Some(code) = token_code::parse(text) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(code.expose(), digits);
        assert_eq!(digits.len(), 6);
        let alone = token_code::words(Some(text), None);
        assert_eq!((alone.profile, alone.code.as_deref()), (None, Some(text)));
    }
    let mut words = text.splitn(2, ',');
    let (first, second) = (words.next(), words.next());
    let told = token_code::words(first, second);
    let code = told.code.as_deref().and_then(token_code::parse);
    assert!(told.profile.is_none() || told.profile == first);
    if let (None, Some(_), Some(code)) = (told.profile, second, code) {
        let both = format!("{}{}", first.unwrap_or_default(), second.unwrap_or_default());
        assert_eq!(token_code::parse(&both).as_ref().map(|c| c.expose()), Some(code.expose()));
    }
}

/// Each shell reads back what was quoted for it, as one word.
fn quoted(value: &str) {
    // No variable holds a NUL.
    if value.contains('\0') {
        return;
    }
    assert_eq!(sh(&quote::sh(value)).as_deref(), Some(value));
    assert_eq!(fish(&quote::fish(value)).as_deref(), Some(value));
    assert!(!quote::fish(value).contains('\n'));
    assert_eq!(powershell(&quote::powershell(value)).as_deref(), Some(value));
    assert!(!quote::powershell(value).contains(['\n', '\r']));
    if let Some(value) = quote::cmd(value) {
        assert!(!value.contains(['"', '%', '!', '\n', '\r']), "{value:?}");
    }
}

/// What a person is shown steers no terminal.
fn shown(text: &str) {
    let shown = show::printable(text);
    assert!(!shown.contains(char::is_control));
    assert_eq!(shown.chars().count(), text.chars().count());
    assert_eq!(show::printable(&shown), shown);
}

/// POSIX: between single quotes nothing has a meaning, and outside of them a backslash keeps one sign.
fn sh(word: &str) -> Option<String> {
    let mut value = String::new();
    let mut rest = word.chars();
    while let Some(sign) = rest.next() {
        match sign {
            '\'' => loop {
                match rest.next()? {
                    '\'' => break,
                    other => value.push(other),
                }
            },
            '\\' => value.push(rest.next()?),
            _ => return None,
        }
    }
    Some(value)
}

/// fish: between single quotes a backslash keeps itself and the quote; outside, `\n` is a newline.
fn fish(word: &str) -> Option<String> {
    let mut value = String::new();
    let mut rest = word.chars().peekable();
    while let Some(sign) = rest.next() {
        match sign {
            '\'' => loop {
                match rest.next()? {
                    '\'' => break,
                    '\\' => value.push(rest.next_if(|c| "\\'".contains(*c)).unwrap_or('\\')),
                    other => value.push(other),
                }
            },
            '\\' => value.push(Some('\n').filter(|_| rest.next() == Some('n'))?),
            _ => return None,
        }
    }
    Some(value)
}

/// PowerShell: any single quote ends a string, two are one; strings and characters are added up.
fn powershell(expression: &str) -> Option<String> {
    let is_quote = |c: &char| matches!(c, '\'' | '\u{2018}'..='\u{201b}');
    let mut value = String::new();
    let mut rest = expression.chars().peekable();
    rest.next_if_eq(&'\'')?;
    loop {
        while let Some(sign) = rest.next() {
            if !is_quote(&sign) {
                value.push(sign);
            } else {
                let Some(second) = rest.next_if(is_quote) else { break };
                value.push(second);
            }
        }
        if rest.peek().is_none() {
            return Some(value);
        }
        // Up to the quote that opens the next string.
        let between: String = rest.by_ref().take_while(|c| *c != '\'').collect();
        let number = between.strip_prefix(" + [char]")?.strip_suffix(" + ")?;
        value.push(char::from_u32(number.parse().ok()?)?);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_input_of_the_corpus_keeps_the_promises() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/arguments");
        let mut inputs = 0;
        for input in std::fs::read_dir(&folder).unwrap() {
            let path = input.unwrap().path();
            // Shown with a failure alone.
            println!("{}", path.display());
            super::arguments(&std::fs::read(path).unwrap());
            inputs += 1;
        }
        assert!(inputs >= 10, "{inputs} inputs");
    }
}
