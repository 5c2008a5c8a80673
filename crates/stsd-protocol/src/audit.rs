//! The audit: one record for each thing that somebody had of stsd or was refused, a line of JSON each.
//! The daemon writes them, `stsd log` reads them, and scripts may: a name that stands here keeps its
//! meaning, and a change of meaning changes [`VERSION`].
//!
//! No record holds a secret access key, a session token, a token code or an authorization token, nor
//! anything of a request as it came: an access key id, a date and a name that stsd knows are all.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{RefusalCode, Timestamp};

/// What [`Record::version`] says today.
pub const VERSION: u8 = 1;

/// The most bytes that a record takes, its newline included. Each field that could be longer is
/// [`bounded`] to its share.
pub const LONGEST: usize = 1024;

/// One line of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// [`VERSION`] of whoever wrote it.
    pub version: u8,
    /// When it happened; for several, when the first of them did. By the local clock.
    pub time: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// The profile as the user wrote it. Null where everything is meant, or none, or one that the
    /// configuration does not have: what stands there may be no name, but something that is secret.
    pub profile: Option<String>,
    /// Why it was refused; null for what was done.
    pub code: Option<RefusalCode>,
    /// `control`, `creds.sock`, `127.0.0.1` or `[::1]`; null for what nobody asked for.
    pub door: Option<Cow<'static, str>>,
    /// Who asked; null for what nobody asked for, and where the kernel does not even say the uid.
    pub caller: Option<Caller>,
    /// The name of the authorization token that was shown: `own`, or one of `stsd token`. Null where
    /// none was, or a wrong one.
    pub authorization_token: Option<String>,
    /// How many times. A flood of the same is one record at once and then one in a while.
    pub count: u64,
    /// When the last of several happened.
    pub until: Option<Timestamp>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Credentials were handed out.
    Credentials {
        /// `ASIA…`, as CloudTrail shows it.
        access_key_id: String,
        /// Their end at AWS.
        expiration: Timestamp,
        /// Twelve digits, where known.
        account_id: Option<String>,
        /// The role, or the user's ARN for a user's own session, where known.
        role_arn: Option<String>,
    },
    /// A request was refused.
    RequestRefused {
        /// The path as stsd knows it, without a profile; null where it is none of stsd's.
        request: Option<Cow<'static, str>>,
    },
    /// A connection was ended before a byte of it was read.
    NotAdmitted {
        /// Why.
        reason: Reason,
    },
    /// Somebody asked for a session.
    Unlock {
        /// The long-term access key id of the session that there is now.
        identity: Option<String>,
        /// Its end at AWS.
        expiration: Option<Timestamp>,
    },
    /// Somebody had sessions forgotten.
    Lock {
        /// How many identities are locked by it.
        identities: usize,
    },
    /// Somebody asked for new credentials by `stsd refresh`.
    RefreshRequested,
    /// The daemon got a session's or a role's credentials of STS, or did not.
    Refresh {
        /// The long-term access key id whose session it is; null for a role's.
        identity: Option<String>,
        /// `ASIA…`; null if there are none.
        access_key_id: Option<String>,
        /// Their end at AWS.
        expiration: Option<Timestamp>,
        /// The error's code as STS said it, such as `AccessDenied`.
        error: Option<String>,
    },
    /// A session reached its end.
    SessionEnded {
        /// Its long-term access key id.
        identity: String,
    },
    /// An authorization token was made; `authorization_token` is its name.
    TokenCreated {
        /// Until when it opens anything; null for ever.
        expiration: Option<Timestamp>,
    },
    /// An authorization token was revoked; `authorization_token` is its name.
    TokenRevoked,
    /// The daemon serves.
    Started {
        /// Its process id.
        pid: u32,
        /// Its version.
        stsd: String,
    },
    /// The daemon ends.
    Stopped,
    /// So many records as `count` says are missing before this one: the disk did not take them, or more
    /// came than could be written.
    RecordsDropped,
}

/// Why a connection was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Another user's, root's included; the uid is the caller's.
    OtherUser,
    /// Not from this machine.
    NotLoopback,
    /// The kernel knows no such connection.
    Unknown,
    /// The caller had closed its socket, and with that nobody owns it.
    Closed,
    /// The kernel gave no answer.
    Unanswered,
    /// It has shown too many wrong authorization tokens lately.
    WrongTokens,
}

/// Who asked, as far as the kernel told. What it did not tell is null, and never guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The user.
    pub uid: u32,
    /// The process; null if it had left before it was found.
    pub pid: Option<u32>,
    /// An absolute path as the kernel knows it. A bare name is what the process calls itself, where the
    /// kernel shows no path of it.
    pub program: Option<String>,
    /// The systemd unit or scope.
    pub unit: Option<String>,
    /// For whom `stsd` itself asks: the process that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
}

/// The process that started a client of stsd's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The process.
    pub pid: u32,
    /// As [`Caller::program`].
    pub program: Option<String>,
}

/// The text, cut where it would take more than so many bytes in a JSON string; `…` stands for the rest.
pub fn bounded(text: &str, bytes: usize) -> String {
    if written(text) <= bytes {
        return text.to_owned();
    }
    let mut left = bytes.saturating_sub('…'.len_utf8());
    let fits = |c: &char| {
        let room = left.checked_sub(width(*c));
        left = room.unwrap_or(left);
        room.is_some()
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// The same with the end kept: of a path that says more.
pub fn bounded_end(text: &str, bytes: usize) -> String {
    if written(text) <= bytes {
        return text.to_owned();
    }
    let backwards: String = text.chars().rev().collect();
    bounded(&backwards, bytes).chars().rev().collect()
}

/// How many bytes a text takes between the quotes of a JSON string.
fn written(text: &str) -> usize {
    text.chars().map(width).sum()
}

fn width(c: char) -> usize {
    match c {
        '"' | '\\' => 2,
        '\0'..='\u{1f}' => 6,
        c => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Caller, Event, LONGEST, Parent, Reason, Record, bounded, bounded_end};
    use crate::{RefusalCode, Timestamp};

    fn record(event: Event) -> Record {
        Record {
            version: super::VERSION,
            time: Timestamp::from_unix(1_800_000_000),
            event,
            profile: Some("prod".to_owned()),
            code: None,
            door: Some("127.0.0.1".into()),
            caller: Some(Caller {
                uid: 1001,
                pid: Some(4711),
                program: Some("/usr/bin/python3.11".to_owned()),
                unit: Some("app-shell.scope".to_owned()),
                parent: None,
            }),
            authorization_token: Some("own".to_owned()),
            count: 1,
            until: None,
        }
    }

    #[test]
    fn the_line_of_credentials_is_pinned() {
        let event = Event::Credentials {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
            expiration: Timestamp::from_unix(1_800_003_600),
            account_id: Some("111122223333".to_owned()),
            role_arn: None,
        };
        let line = serde_json::to_string(&record(event)).unwrap();
        assert_eq!(
            line,
            "{\"version\":1,\"time\":\"2027-01-15T08:00:00Z\",\"event\":\"credentials\",\
             \"access_key_id\":\"ASIAIOSFODNN7EXAMPLE\",\"expiration\":\"2027-01-15T09:00:00Z\",\
             \"account_id\":\"111122223333\",\"role_arn\":null,\"profile\":\"prod\",\"code\":null,\
             \"door\":\"127.0.0.1\",\"caller\":{\"uid\":1001,\"pid\":4711,\
             \"program\":\"/usr/bin/python3.11\",\"unit\":\"app-shell.scope\"},\
             \"authorization_token\":\"own\",\"count\":1,\"until\":null}"
        );
    }

    #[test]
    fn every_kind_reads_back_as_itself() {
        let moment = Timestamp::from_unix(1_800_000_000);
        let identity = || "AKIAIOSFODNN7EXAMPLE".to_owned();
        for event in [
            Event::RequestRefused { request: Some("/creds".into()) },
            Event::NotAdmitted { reason: Reason::OtherUser },
            Event::Unlock { identity: Some(identity()), expiration: Some(moment) },
            Event::Lock { identities: 2 },
            Event::RefreshRequested,
            Event::Refresh {
                identity: None,
                access_key_id: None,
                expiration: None,
                error: Some("AccessDenied".to_owned()),
            },
            Event::SessionEnded { identity: identity() },
            Event::TokenCreated { expiration: None },
            Event::TokenRevoked,
            Event::Started { pid: 1, stsd: "0.1.0".to_owned() },
            Event::Stopped,
            Event::RecordsDropped,
        ] {
            let mut record = record(event);
            record.code = Some(RefusalCode::Locked);
            record.until = Some(moment);
            let parent = Parent { pid: 1, program: None };
            record.caller = record.caller.map(|caller| Caller { parent: Some(parent), ..caller });
            let line = serde_json::to_string(&record).unwrap();
            assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record, "{line}");
            assert!(line.len() < LONGEST);
        }
    }

    #[test]
    fn what_is_cut_takes_no_more_than_its_share_of_the_line() {
        for text in ["", "prod", &"x".repeat(999), &"\u{1b}".repeat(99), &"é\"".repeat(99)] {
            for bytes in [3, 4, 20, 500] {
                for cut in [bounded(text, bytes), bounded_end(text, bytes)] {
                    let line = serde_json::to_string(&cut).unwrap();
                    assert!(line.len() - 2 <= bytes, "{line} in {bytes}");
                }
            }
        }
        assert_eq!(bounded("/usr/bin/python3.11", 10), "/usr/bi…");
        assert_eq!(bounded_end("/usr/bin/python3.11", 10), "…hon3.11");
        assert_eq!(bounded_end("prod", 4), "prod");
    }
}
