//! A desktop notice: two short texts that say what they seem to say, whatever a profile is called and
//! whatever STS has answered.

use stsd_protocol::{Refusal, RefusalCode};

use super::session::{Session, quoted};

/// What the user is shown. No text has a character that steers the desktop which shows it, and no
/// title begins with a dash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Begins with `stsd`: not every desktop says who sent a notice.
    pub title: String,
    /// What to do.
    pub body: String,
}

impl Notice {
    fn new(title: &str, body: &str) -> Self {
        Self { title: harmless(title, LONGEST_TITLE), body: harmless(body, LONGEST_BODY) }
    }

    /// A program was refused a profile.
    pub(super) fn refused(profile: &str, refusal: &Refusal) -> Self {
        let profile = harmless(&quoted(profile), LONGEST_NAME);
        if refusal.code != RefusalCode::Locked {
            let title = format!("stsd has no credentials for profile {profile}");
            return Self::new(&title, &refusal.one_line());
        }
        let message = &refusal.message;
        let title = match message.starts_with("stsd") {
            true => message.clone(),
            false => format!("stsd: {message}"),
        };
        Self::new(&title, &format!("{}: a program asked for profile {profile}", refusal.hint))
    }

    /// A session comes to its end.
    pub(super) fn ending(session: &Session, minutes: u64) -> Self {
        let unit = if minutes == 1 { "minute" } else { "minutes" };
        Self::new(
            &format!("stsd: {} ends in {minutes} {unit}", called(session)),
            &format!("run `{}` to go on without a gap", session.unlock_command()),
        )
    }

    /// A session has ended while these profiles were in use.
    pub(super) fn ended(session: &Session, in_use: &[String]) -> Self {
        let names: Vec<_> = in_use.iter().map(|name| quoted(name)).collect();
        Self::new(
            &format!("stsd: {} has ended", called(session)),
            &format!("run `{}`: {} in use", session.unlock_command(), names.join(", ")),
        )
    }
}

fn called(session: &Session) -> String {
    if session.is_default {
        return "the session".to_owned();
    }
    let name = quoted(&session.planned.keys.source_profile);
    format!("the session of {}", harmless(&name, LONGEST_NAME))
}

/// The text in at most so many characters, none of which is a control character, turns the direction
/// of what follows, or is markup where a desktop reads notices as such: an `<img>` is fetched by some.
fn harmless(text: &str, most: usize) -> String {
    let plain = |c: char| match c {
        '<' => '‹',
        '>' => '›',
        '&' => '＆',
        c if c.is_control() || is_invisible(c) => ' ',
        c => c,
    };
    let mut short: String = text.chars().take(most).map(plain).collect();
    if text.chars().nth(most).is_some() {
        short.pop();
        short.push('…');
    }
    short
}

/// Line and paragraph separators, and the characters that only tell others where to stand.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

const LONGEST_TITLE: usize = 100;
const LONGEST_NAME: usize = 40;
const LONGEST_BODY: usize = 300;

#[cfg(test)]
mod tests {
    use stsd_protocol::{Refusal, RefusalCode};

    use super::{LONGEST_BODY, LONGEST_TITLE, Notice};

    #[test]
    fn locked_names_the_command_and_the_profile() {
        let locked = Refusal::new(RefusalCode::Locked, "stsd is locked");
        let Notice { title, body } = Notice::refused("prod", &locked);
        assert_eq!(title, "stsd is locked");
        assert_eq!(body, "run `stsd unlock`: a program asked for profile prod");
        let ended = Refusal::new(RefusalCode::Locked, "the session has ended");
        assert_eq!(Notice::refused("prod", &ended).title, "stsd: the session has ended");
    }

    #[test]
    fn every_other_refusal_says_its_own_sentence() {
        let denied = Refusal::new(RefusalCode::Denied, "STS denied profile prod: AccessDenied");
        let Notice { title, body } = Notice::refused("prod", &denied);
        assert_eq!(title, "stsd has no credentials for profile prod");
        assert_eq!(body, denied.one_line());
    }

    #[test]
    fn no_name_steers_the_desktop_that_shows_it() {
        for name in [
            "-e",
            "--help",
            "<img src=\"http://evil.example/\">",
            "a\nb\u{1b}]0;c\u{7}",
            "&lt;",
            "\" & (do shell script \"id\") & \"",
            "\u{202e}dorp",
            "日本",
        ] {
            for code in [RefusalCode::Locked, RefusalCode::UnknownProfile] {
                let refusal = Refusal::new(code, format!("there is no profile {name}"));
                let Notice { title, body } = Notice::refused(name, &refusal);
                assert!(title.starts_with("stsd"), "{title}");
                let steers = |c: char| c.is_control() || "<>&\u{202e}".contains(c);
                assert!(!title.contains(steers) && !body.contains(steers), "{title:?} {body:?}");
            }
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let name = "x".repeat(8000);
        let refusal = Refusal::new(RefusalCode::UnknownProfile, format!("no profile {name}"));
        let Notice { title, body } = Notice::refused(&name, &refusal);
        assert!(title.chars().count() <= LONGEST_TITLE && title.ends_with('…'), "{title}");
        assert!(body.chars().count() == LONGEST_BODY && body.ends_with('…'), "{body}");
    }
}
