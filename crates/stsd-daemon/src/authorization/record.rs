//! The form in which authorization tokens last: JSON with a version. No I/O.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stsd_protocol::Timestamp;
use stsd_secret::Secret;

use super::grant::Scope;
use super::issued::{End, Token};
use crate::clock::Now;

/// The text of a record. `boot` tells this start of the machine from others.
pub(super) fn text(tokens: &[Token], boot: Option<&str>) -> String {
    let tokens = tokens.iter().map(|token| entry(token, boot)).collect();
    let record = Record { version: VERSION, tokens };
    let text = serde_json::to_string_pretty(&record);
    debug_assert!(text.is_ok(), "strings and numbers always have a JSON form");
    text.map(|text| text + "\n").unwrap_or_default()
}

/// Reads a record. What is wrong is not said in the parser's words: they quote what they could not
/// read.
pub(super) fn read(text: &str, now: Now, boot: Option<&str>) -> Result<Vec<Token>, String> {
    let place = |error: serde_json::Error| {
        format!("it does not read at line {} column {}", error.line(), error.column())
    };
    let Version { version } = serde_json::from_str(text).map_err(place)?;
    if version != VERSION {
        return Err(format!("its version is {version}, and not {VERSION}"));
    }
    let record: Record = serde_json::from_str(text).map_err(place)?;
    Ok(record.tokens.into_iter().map(|entry| token(entry, now, boot)).collect())
}

fn entry(token: &Token, boot: Option<&str>) -> Entry {
    let end = token.end.map(|end| RecordedEnd {
        date: end.date,
        boot: boot.map(|id| Boot { id: id.to_owned(), seconds: end.boot.as_secs() }),
    });
    let profiles = match &token.scope {
        Scope::Everything => None,
        Scope::Profiles(names) => Some(names.to_vec()),
    };
    let name = token.name.to_string();
    let authorization_token = token.secret.clone();
    Entry { name, authorization_token, profiles, created: token.created, end }
}

fn token(entry: Entry, now: Now, boot: Option<&str>) -> Token {
    let end = entry.end.map(|end| match end.boot {
        Some(recorded) if boot == Some(&recorded.id) => {
            End { date: end.date, boot: Duration::from_secs(recorded.seconds) }
        }
        _ => End::restored(end.date, entry.created, now),
    });
    Token {
        name: entry.name.into(),
        secret: entry.authorization_token,
        scope: entry.profiles.map_or(Scope::Everything, |names| Scope::Profiles(names.into())),
        created: entry.created,
        end,
        last_used: None,
    }
}

/// Read before the rest, which may have another form under another version.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    version: u32,
    tokens: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(serialize_with = "Secret::expose_to_wire")]
    authorization_token: Secret,
    /// `null` is every profile, and must be said.
    #[serde(deserialize_with = "Option::deserialize")]
    profiles: Option<Vec<String>>,
    created: Timestamp,
    /// `null` is none, and must be said.
    #[serde(deserialize_with = "Option::deserialize")]
    end: Option<RecordedEnd>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedEnd {
    date: Timestamp,
    boot: Option<Boot>,
}

/// The same moment by the clock of one boot.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Boot {
    id: String,
    seconds: u64,
}

const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use stsd_secret::Secret;

    use super::{read, text};
    use crate::authorization::grant::Scope;
    use crate::authorization::issued::{End, Token};
    use crate::clock::Now;
    use crate::clock::test::at;

    const HOUR: Duration = Duration::from_secs(3600);

    fn tokens() -> Vec<Token> {
        let now = at(Duration::ZERO);
        let token = |name: &str, scope, end| Token {
            name: name.into(),
            secret: Secret::new("fake-authorization-token"),
            scope,
            created: now.date(),
            end,
            last_used: None,
        };
        let scope = Scope::Profiles(["my prod".to_owned()].into());
        vec![token("all", Scope::Everything, None), token("ci", scope, Some(End::after(HOUR, now)))]
    }

    #[test]
    fn a_record_reads_back_as_itself_within_one_boot_however_the_clock_is_set() {
        let record = text(&tokens(), Some("boot"));
        let back = Now { wall: at(HOUR).wall - HOUR * 900, ..at(HOUR / 2) };
        let read = read(&record, back, Some("boot")).unwrap();
        for (was, is) in tokens().iter().zip(&read) {
            assert_eq!((&was.name, &was.scope, was.end), (&is.name, &is.scope, is.end));
            assert_eq!(was.secret.expose(), is.secret.expose());
        }
    }

    #[test]
    fn after_another_boot_the_wall_clock_says_what_is_left() {
        let record = text(&tokens(), Some("boot"));
        // A machine that has just started: its boot clock began anew.
        let now = Now { boot: Duration::from_secs(20), ..at(HOUR / 4) };
        for boot in [Some("another"), None] {
            let ends = read(&record, now, boot).unwrap();
            assert_eq!(ends[1].end.unwrap().boot, now.boot + HOUR / 4 * 3);
        }
    }

    /// The first token's end is left out.
    fn without_an_end(good: &str) -> String {
        let mut record: serde_json::Value = serde_json::from_str(good).unwrap();
        let end = record["tokens"][0].as_object_mut().unwrap().remove("end");
        assert_eq!(end, Some(serde_json::Value::Null));
        record.to_string()
    }

    #[test]
    fn what_is_not_a_record_of_this_version_is_refused_and_not_quoted() {
        let good = text(&tokens(), None);
        let now = at(Duration::ZERO);
        assert!(read(&good, now, None).is_ok());
        assert!(good.contains("\"profiles\": null,"));
        for bad in [
            "".to_owned(),
            "fake-authorization-token".to_owned(),
            good.replace("\"version\": 1", "\"version\": 2"),
            good.replace("\"name\"", "\"nom\""),
            good[..good.len() / 2].to_owned(),
            format!("{good}x"),
            // What is missing is no limit less.
            good.replacen("\"profiles\": null,", "", 1),
            without_an_end(&good),
        ] {
            let why = read(&bad, now, None).unwrap_err();
            assert!(!why.contains("fake"), "{why}");
        }
    }
}
